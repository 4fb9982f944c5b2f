"""``lianjing alert acknowledge``, ``close``, ``approve`` and ``act``: a person's word on an episode."""

from collections.abc import Callable
from typing import Any

import click

from services.cli.alert.look import json_option, lane_option

_SCOPES = {"private": "Private", "restricted": "Restricted", "public": "Public"}


def _spoken(function: Callable[..., Any]) -> Callable[..., Any]:
    """The argument and options of every word on an episode."""
    reason = click.option("--reason", required=True, help="缘由，写入审计。 Why, or what was found; it is kept.")
    for option in (json_option, lane_option, reason, click.argument("episode")):
        function = option(function)
    return function


@click.command("acknowledge")
@_spoken
@click.option(
    "--hours", default=8.0, show_default=True, help="几小时内由我负责。 In hand for so many hours of lane time."
)
def acknowledge(episode: str, reason: str, lane: str, as_json: bool, hours: float) -> None:
    """确认接手；到期未解除会再次提醒，升级则作废。 Say that you have it in hand. It is told again when the hours are over.

    \b
    Example:  lianjing alert acknowledge ep-0123 --hours 4 --reason "已联系铁路调度 called the railway"
    Exit codes: 0 obeyed, 1 sent but not yet obeyed, 2 wrong use, 3 the broker is away.
    """
    from datetime import timedelta

    from services.cli.alert.topics import lane_now

    until = lane_now(lane) + timedelta(hours=hours)
    _say("alert.acknowledge", episode, reason, lane, as_json, until=until.isoformat())


@click.command("close")
@_spoken
def close(episode: str, reason: str, lane: str, as_json: bool) -> None:
    """同意解除；须有新鲜可信的观测证实才会关闭，再升级则作废。 Agree to close. It closes once fresh, trusted observations bear it out.

    \b
    Example:  lianjing alert close ep-0123 --reason "现场核实库存已恢复 stock verified on site"
    Exit codes: 0 obeyed, 1 sent but not yet obeyed, 2 wrong use, 3 the broker is away.
    """
    _say("alert.close", episode, reason, lane, as_json)


@click.command("approve")
@_spoken
@click.option(
    "--scope",
    type=click.Choice(list(_SCOPES)),
    default="restricted",
    show_default=True,
    help="发布范围。 Who may read it.",
)
def approve(episode: str, reason: str, lane: str, as_json: bool, scope: str) -> None:
    """审批发布：把系统研判的当前等级作为正式预警；公开发布须两人。 Approve the present level as an official warning. Public needs two persons.

    \b
    Example:  lianjing alert approve ep-0123 --scope restricted --reason "会商意见 鄂煤保〔2026〕3号"
    Exit codes: 0 obeyed, 1 sent but not yet obeyed, 2 wrong use, 3 the broker is away.
    """
    _say("alert.approve", episode, reason, lane, as_json, scope=_SCOPES[scope])


@click.command("act")
@_spoken
def act(episode: str, reason: str, lane: str, as_json: bool) -> None:
    """记录处置；若断链因此避免，台账据此记“处置后避免”。 Note what was done (as the reason). An averted break is credited to it in the ledger.

    \b
    Example:  lianjing alert act ep-0123 --reason "调浩吉线 3 列补库 three trains rerouted"
    Exit codes: 0 obeyed, 1 sent but not yet obeyed, 2 wrong use, 3 the broker is away.
    """
    _say("alert.act", episode, reason, lane, as_json)


def _say(kind: str, episode: str, reason: str, lane: str, as_json: bool, **arguments: str) -> None:
    import msgspec

    from schemas.alert import AlertState
    from services.cli.alert.topics import last_step, order
    from services.cli.alert.words import line
    from services.runtime.errors import InputError
    from services.runtime.settings import Settings

    settings = Settings.from_environment()
    last = last_step(settings, lane, episode)
    if last.state is AlertState.CLOSED:
        raise InputError(f"{last.episode}: 已关闭 is closed")
    command, step = order(settings, kind, {"episode": last.episode, **arguments}, reason, lane)
    if as_json:
        click.echo(msgspec.json.encode({"command": command, "step": step}).decode())
    elif step is not None:
        click.echo(f"已生效 done: {line(step)}")
    else:
        click.echo(
            f"已下令，预警环节尚未执行；可能被拒绝，请看其日志 sent, not yet obeyed or refused, see the log of alerting: {command.command_id}",
            err=True,
        )
    raise SystemExit(0 if step is not None else 1)
