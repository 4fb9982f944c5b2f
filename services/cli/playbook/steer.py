"""``lianjing playbook start | undo | respond | lift | end``: what a person does to a run."""

import click

from services.cli.playbook.saying import run_of, say

_JSON = click.option("--json", "as_json", is_flag=True, help="输出 JSON。 Print JSON.")
_REASON = click.option("--reason", required=True, help="为什么，写入审计。 Why; it is kept.")
_LEVELS = {"I": "I", "II": "II", "III": "III", "IV": "IV", "none": ""}


@click.command()
@click.argument("playbook")
@click.option("--node", required=True, help="环节编号。 The place it is about.")
@click.option("--product", default="steam_coal", show_default=True, help="产品编号。 Product.")
@click.option(
    "--hazard", type=click.Choice(["starved", "blocked"]), default="starved", show_default=True, help="断供或胀库。"
)
@click.option(
    "--level",
    type=click.Choice(["blue", "yellow", "orange", "red"]),
    default="yellow",
    show_default=True,
    help="等级。 Colour.",
)
@click.option("--lane", default="live", show_default=True, help="线。 Lane.")
@_REASON
@_JSON
def start(
    playbook: str, node: str, product: str, hazard: str, level: str, lane: str, reason: str, as_json: bool
) -> None:
    """人工启动一份预案，如口岸关闭、疫情管控。 Start PLAYBOOK by hand, for what no figure shows.

    \b
    Example:  lianjing playbook start border-closure --node B_GQMD --product coking_coal --level orange --reason "口岸通知停止通关"
    Exit codes: 0 started, 1 not started, 2 wrong use, 3 a part is unreachable.
    """
    from services.response.store import load_plans
    from services.runtime.assets import asset_path
    from services.runtime.chain import chain_folder, load_chain
    from services.runtime.errors import InputError
    from services.runtime.settings import Settings

    settings = Settings.from_environment()
    plans = load_plans(settings.config or asset_path("deploy/config"))
    chain = load_chain(chain_folder(settings.config, settings.chain))
    found = next((p for p in plans.playbooks if playbook in (p.id, p.name_zh)), None)
    if found is None:
        raise InputError(
            f"没有预案 {playbook!r}，已有 no such plan; there are: {'、'.join(p.id for p in plans.playbooks)}"
        )
    if node not in {n.id for n in chain.nodes}:
        raise InputError(f"没有环节 {node!r}；lianjing chain show nodes / no node {node!r}")
    given = {
        "playbook": found.id,
        "node": node,
        "product": product,
        "hazard": hazard,
        "level": level,
        "chain": chain.id,
    }
    say("playbook.start", given, reason, lane=lane, as_json=as_json)


@click.command()
@click.argument("run")
@click.argument("step")
@_REASON
@_JSON
def undo(run: str, step: str, reason: str, as_json: bool) -> None:
    """撤销一个步骤；预案写明的补救随即派出。 Take STEP of RUN back; what the plan states for that is set going.

    \b
    Example:  lianjing playbook undo run-0123456789abcdef replan --reason "误报 false alarm"
    Exit codes: 0 it counts, 1 it does not (the reason is printed), 2 wrong use, 3 a part is unreachable.
    """
    say("playbook.undo", {"run": run, "step": step}, reason, lane=_lane(run), as_json=as_json)


@click.command()
@click.argument("run")
@click.argument("level", type=click.Choice(list(_LEVELS)))
@_REASON
@_JSON
def respond(run: str, level: str, reason: str, as_json: bool) -> None:
    """提请启动、调整或终止（none）响应；由预案写明的角色批准。 Propose response LEVEL; the role that the plan names decides.

    \b
    Example:  lianjing playbook respond run-0123456789abcdef II --reason "会商意见 as conferred"
    Exit codes: 0 proposed, 1 not possible (the reason is printed), 2 wrong use, 3 a part is unreachable.
    """
    say("playbook.respond", {"run": run, "level": _LEVELS[level]}, reason, lane=_lane(run), as_json=as_json)


@click.command()
@click.argument("run")
@_REASON
@_JSON
def lift(run: str, reason: str, as_json: bool) -> None:
    """提请解除正式预警、终止响应。 Propose to lift the official warning and to end the response.

    \b
    Example:  lianjing playbook lift run-0123456789abcdef --reason "库存恢复 stocks are back"
    Exit codes: 0 proposed, 1 not possible (the reason is printed), 2 wrong use, 3 a part is unreachable.
    """
    say("playbook.lift", {"run": run}, reason, lane=_lane(run), as_json=as_json)


@click.command()
@click.argument("run")
@_REASON
@_JSON
def end(run: str, reason: str, as_json: bool) -> None:
    """终止一次运行：步骤逐项撤销，生效的预警和响应提请解除。 End RUN by hand; steps are undone, what is in force is put to approval.

    \b
    Example:  lianjing playbook end run-0123456789abcdef --reason "误报 false alarm"
    Exit codes: 0 it counts, 1 it does not (the reason is printed), 2 wrong use, 3 a part is unreachable.
    """
    say("playbook.end", {"run": run}, reason, lane=_lane(run), as_json=as_json)


def _lane(run: str) -> str:
    return str(run_of(run)["lane"])
