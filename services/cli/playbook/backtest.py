"""``lianjing playbook backtest``: what the plans would have done in a past."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from schemas.alert import Alert
    from services.response.hindsight import Account, Loss

_ALERTS = (
    "SELECT * FROM alert WHERE lane = %s AND as_of >= %s AND as_of < %s ORDER BY as_of, node, product, hazard, sequence"
)
_LOSSES = """
SELECT node, product, hazard, as_of AS at, expected_loss_cny AS cny FROM assessment
WHERE lane = %s AND as_of >= %s AND as_of < %s AND expected_loss_cny IS NOT NULL ORDER BY as_of
"""
_TAIL = timedelta(days=14)


@click.command()
@click.option(
    "--lane", default="live", show_default=True, help="哪条线的预警：live、replay:… Lane whose warnings are used."
)
@click.option(
    "--since", type=click.DateTime(["%Y-%m-%d"]), default="2000-01-01", help="自（线上时间）。 From, lane time."
)
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), default="2100-01-01", help="至。 Until.")
@click.option(
    "--alerts",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="改用文件：每行一条预警 JSON。 A file instead: one alert a line.",
)
@click.option(
    "--scenario",
    default="",
    help="改用情景：在本机走完研判和预警（几分钟）。 A scenario instead, judged and warned of here.",
)
@click.option("--seed", default=1, show_default=True, help="情景种子。 Seed of the scenario.")
@click.option("--plan", "chosen", default="", help="只看一份预案。 Only this plan.")
@click.option(
    "--react", default=60.0, show_default=True, help="假定人员多少分钟后办理。 Minutes until people act, assumed."
)
@click.option(
    "--effect",
    default=0.5,
    show_default=True,
    type=click.FloatRange(0, 1),
    help="假定及时处置避免的损失比例。 Share of the loss that help in time avoids.",
)
@click.option(
    "--lead",
    default=24.0,
    show_default=True,
    help="假定处置须早于断链多少小时。 Hours by which help must come before the break.",
)
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。 Print JSON.")
def command(
    lane: str,
    since: datetime,
    until: datetime,
    alerts: Path | None,
    scenario: str,
    seed: int,
    chosen: str,
    react: float,
    effect: float,
    lead: float,
    as_json: bool,
) -> None:
    """用历史预警重演预案：哪些步骤、何时、在所列假定下避免多少损失。 Live the plans through the warnings of a past; nothing leaves.

    Assumed: people act after --react minutes and approve; a remedy is found; help that comes --lead hours before the break avoids --effect of the
    loss expected then (assessment, 30 d) at all places of the incident, later help avoids nothing; an incident's loss is avoided once.

    \b
    Example:  lianjing playbook backtest --lane replay:yulin-2021 --plan coal-supply-guarantee
              lianjing playbook backtest --scenario daqin-stylised
              lianjing playbook backtest --alerts alerts.jsonl --effect 0.3
    Exit codes: 0 done, 1 no warning was found, 2 wrong use, 3 the database is away.
    """
    import msgspec

    from services.response.hindsight import Assumptions, accounts, avoided_by_all

    if scenario and alerts is not None:
        raise click.UsageError("--scenario 与 --alerts 只能给一个 one of --scenario and --alerts is right")
    if scenario:
        heard, losses = _from_scenario(scenario, seed)
    elif alerts is not None:
        heard, losses = _from_file(alerts), []
    else:
        heard, losses = _from_database(lane, since.replace(tzinfo=UTC), until.replace(tzinfo=UTC))
    if not heard:
        click.echo(f"{lane} 在此期间没有预警。 No warning in this time.", err=True)
        raise SystemExit(1)
    found = accounts(_play(heard, react), losses, Assumptions(effect, lead), heard)
    found = [account for account in found if chosen in ("", account.playbook, account.name_zh)]
    if as_json:
        whole = {
            "alerts": len(heard),
            "react_minutes": react,
            "effect": effect,
            "lead_h": lead,
            "avoided_cny": avoided_by_all(found),
            "runs": found,
        }
        click.echo(msgspec.json.encode(whole).decode())
    else:
        _print(found, len(heard), react, effect, lead)


def _from_scenario(name: str, seed: int) -> "tuple[list[Alert], list[Loss]]":
    from rich.console import Console

    from services.cli.backtest.skill.play import play
    from services.cli.backtest.skill.recording import recording_of
    from services.cli.backtest.skill.task import Task
    from services.response.hindsight import Loss
    from services.risk.app import read_rules
    from services.runtime.assets import asset_path
    from services.runtime.chain import chain_folder, load_chain
    from services.runtime.settings import Settings

    settings = Settings.from_environment()
    task = Task(name, seed, 0)
    with Console(stderr=True).status("播放并研判情景 playing and judging the scenario …"):
        chain = load_chain(chain_folder(settings.config, settings.chain))
        rules = read_rules(settings.config or asset_path("deploy/config"))
        played = play(task, chain, rules, recording_of(task, chain, settings.config, None), config=settings.config)
    losses = [
        Loss(node=node, product=product, hazard=hazard, at=found.as_of, cny=found.expected_loss_cny)
        for judged in played.assessments
        for (node, product, hazard), found in judged.items()
        if found.expected_loss_cny is not None
    ]
    return played.alerts, losses


def _from_file(file: Path) -> "list[Alert]":
    import msgspec

    from schemas.alert import Alert
    from services.runtime.errors import InputError

    try:
        return [msgspec.json.decode(line, type=Alert) for line in file.read_bytes().splitlines() if line.strip()]
    except msgspec.MsgspecError as error:
        raise InputError(
            f"{file}: 每行应为一条预警 JSON（lianjing schemas show alert）/ one alert a line is right: {error}"
        ) from error


def _from_database(lane: str, since: datetime, until: datetime) -> "tuple[list[Alert], list[Loss]]":
    import msgspec

    from schemas.alert import Alert
    from services.cli.database_question import ask
    from services.response.hindsight import Loss

    fields = set(Alert.__struct_fields__)
    alerts = [
        {k: v for k, v in row.items() if k in fields and v is not None} for row in ask(_ALERTS, (lane, since, until))
    ]
    return [msgspec.convert(row, Alert) for row in alerts], [Loss(**row) for row in ask(_LOSSES, (lane, since, until))]


def _play(alerts: "list[Alert]", react: float) -> Any:
    from services.response.rehearsal import People, Rehearsal
    from services.response.store import load_plans
    from services.runtime.assets import asset_path
    from services.runtime.chain import chain_folder, load_chain
    from services.runtime.settings import Settings

    settings = Settings.from_environment()
    plans = load_plans(settings.config or asset_path("deploy/config"))
    nodes = {node.id: node for node in load_chain(chain_folder(settings.config, settings.chain)).nodes}
    rehearsal = Rehearsal(plans, lambda _: nodes, People(minutes=react), max(a.as_of for a in alerts) + _TAIL)
    rehearsal.hear(alerts)
    return rehearsal.play()


def _print(found: "list[Account]", alerts: int, react: float, effect: float, lead: float) -> None:
    from services.response.hindsight import avoided_by_all
    from services.response.wording import stamp

    click.echo(
        f"假定 assumed：人员 {react:g} 分钟后办理并同意，有补链方案；断链前 {lead:g} 小时以上的处置避免损失的 {effect:.0%}。"
    )
    for account in found:
        response = f"，最高 {account.response}级响应" if account.response else ""
        help_zh = f"首项处置 {account.helped_h:.1f} h 后" if account.helped_h is not None else "无处置"
        left = f"，距断链 {account.left_h:.0f} h" if account.left_h is not None else ""
        loss = (
            f"，当时预期损失 {account.loss_cny / 1e4:,.0f} 万元，避免 {account.avoided_cny / 1e4:,.0f} 万元"
            if account.loss_cny is not None
            else ""
        )
        click.echo(
            f"{stamp(account.started_at)} {account.name_zh} {account.node} {account.product}：{help_zh}{left}{response}{loss}"
        )
        for step in account.steps:
            late = f"，逾期上报 {step.overdue} 次" if step.overdue else ""
            click.echo(f"    {step.minutes / 60:>7.1f} h  {step.step:<16} {step.outcome:<10} {step.text_zh}{late}")
    if all(account.loss_cny is None for account in found):
        click.echo(
            f"预警 {alerts} 条，运行 {len(found)} 次；没有研判记录，损失不明。 {alerts} warnings, {len(found)} runs; losses are not known."
        )
        return
    total = avoided_by_all(found)
    click.echo(
        f"预警 {alerts} 条，运行 {len(found)} 次，假定避免损失合计 {total / 1e4:,.0f} 万元。 {alerts} warnings, {len(found)} runs, CNY {total:,.0f}."
    )
