"""``lianjing playbook validate | list``: the operator's plans, checked."""

from pathlib import Path

import click

_JSON = click.option("--json", "as_json", is_flag=True, help="输出 JSON。 Print JSON.")
_FOUND_SOMETHING = 1


@click.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_JSON
def validate(files: tuple[Path, ...], as_json: bool) -> None:
    """检查预案、通讯录和值班表，逐行指出错误和改法。 Check plans, contacts and roster; every fault with its line and what would be right.

    Without FILES the configured folder is checked; a FILE is checked beside the configured plans and takes the place of one of the same name or plan.

    \b
    Example:  lianjing playbook validate
              lianjing playbook validate my-plan.yaml
    Exit codes: 0 all is well, 1 faults were found, 2 wrong use.
    """
    import msgspec

    from services.response.sheet import PlanFilesError
    from services.response.store import load_plans
    from services.runtime.assets import asset_path
    from services.runtime.settings import Settings

    config = Settings.from_environment().config or asset_path("deploy/config")
    try:
        plans = load_plans(config, files)
    except PlanFilesError as error:
        if as_json:
            click.echo(msgspec.json.encode(error.findings).decode())
        else:
            click.echo("\n".join(finding.sentence() for finding in error.findings))
            click.echo(f"共 {len(error.findings)} 处 in all")
        raise SystemExit(_FOUND_SOMETHING) from None
    if as_json:
        click.echo("[]")
    else:
        click.echo(
            f"{len(plans.playbooks)} 份预案、{len(plans.contacts)} 个角色、{len(plans.roster.duties)} 条值班无误。 All is well."
        )


@click.command("list")
@_JSON
def list_plans(as_json: bool) -> None:
    """预案目录：编号、版本、名称、启动方式。 The plans: id, version, name, what starts them.

    \b
    Example:  lianjing playbook list
    """
    import msgspec

    from services.response.store import load_plans
    from services.response.terms import STARTS
    from services.runtime.assets import asset_path
    from services.runtime.settings import Settings

    plans = load_plans(Settings.from_environment().config or asset_path("deploy/config"))
    if as_json:
        click.echo(msgspec.json.encode(plans.playbooks).decode())
        return
    words = {start: name for name, start in STARTS.items()}
    for plan in plans.playbooks:
        click.echo(
            f"{plan.id:<26} {plan.version:<14} {plan.name_zh}（{words[plan.trigger.start]}启动，{len(plan.steps)} 步） {plan.name_en}"
        )
