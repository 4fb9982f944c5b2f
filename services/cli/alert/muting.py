"""``lianjing alert mute``, ``unmute`` and ``mutes``: what is hidden on purpose, by whom, and what it hid."""

from datetime import datetime
from typing import TYPE_CHECKING

import click

from services.cli.alert.look import json_option, lane_option
from services.cli.feed_known import moment

if TYPE_CHECKING:
    from schemas.alert import Alert
    from services.alerting.mute import Standing
    from services.runtime.settings import Settings


@click.command("mute")
@click.option("--node", default="*", help="环节，可用 *。 Node, or a pattern.")
@click.option("--product", default="*", help="产品，可用 *。 Product, or a pattern.")
@click.option("--hazard", default="*", help="starved, blocked, silent, distrusted 或 or *.")
@click.option("--since", callback=moment, help="起（带时区），默认现在。 From; now by default.")
@click.option("--until", required=True, callback=moment, help="止（带时区），至多 13 天。 Until, at most 13 days.")
@click.option(
    "--up-to",
    type=click.Choice(["blue", "yellow", "orange", "red"]),
    default="orange",
    show_default=True,
    help="高于此等级照常打扰。 Higher levels come through.",
)
@click.option("--maintenance", is_flag=True, help="计划检修窗口。 A planned maintenance window.")
@click.option("--reason", required=True, help="缘由，写入审计。 Why; it is kept.")
@lane_option
@json_option
def mute(
    node: str,
    product: str,
    hazard: str,
    since: datetime | None,
    until: datetime,
    up_to: str,
    maintenance: bool,
    reason: str,
    lane: str,
    as_json: bool,
) -> None:
    """静默已知的问题或检修窗口；不影响研判，留痕，到期自动恢复。 Hide known trouble. Judging goes on; who and why is kept; it ends by itself.

    \b
    Example:  lianjing alert mute --node R_DQ --until 2026-04-20T18:00:00+08:00 --maintenance --reason "大秦线春检"
    Exit codes: 0 ordered, 2 wrong use, 3 the broker is away.
    """
    from datetime import UTC

    import msgspec

    from schemas.alert_command import Mute
    from schemas.level import Level
    from services.alerting.mute import problem_of
    from services.cli.archive.audit import note
    from services.runtime.errors import InputError
    from services.runtime.settings import Settings

    wanted = Mute(
        until=until,
        since=since,
        node=node,
        product=product,
        hazard=hazard,
        up_to=Level(up_to),
        is_maintenance=maintenance,
    )
    problem = problem_of(wanted, datetime.now(UTC))
    if problem or not reason.strip():
        raise InputError(problem or "--reason: 须写明原因 a reason is needed")
    arguments = {k: _text(v) for k, v in msgspec.to_builtins(wanted).items() if v is not None}
    command = note(Settings.from_environment(), "alert.mute", arguments, reason, lane=lane)
    click.echo(msgspec.json.encode(command).decode() if as_json else f"已下令静默 mute ordered: {command.command_id}")


@click.command("unmute")
@click.argument("mute_id")
@click.option("--reason", required=True, help="缘由，写入审计。 Why; it is kept.")
@lane_option
@json_option
def unmute(mute_id: str, reason: str, lane: str, as_json: bool) -> None:
    """取消静默；期间隐藏而仍未解除的预警随即补发。 End a mute. What it hid and still stands is told then.

    \b
    Example:  lianjing alert unmute 3f9c… --reason "检修提前结束 maintenance ended early"
    Exit codes: 0 ordered, 2 no such mute, 3 the broker is away.
    """
    import msgspec

    from services.cli.archive.audit import note
    from services.runtime.errors import InputError
    from services.runtime.settings import Settings

    settings = Settings.from_environment()
    known = [s.id for s in _standing(settings, lane) if s.id.startswith(mute_id)]
    if len(known) != 1:
        raise InputError(f"{mute_id}: 静默不存在或不唯一 fits {len(known)} mutes; 见 see lianjing alert mutes")
    command = note(settings, "alert.unmute", {"mute": known[0]}, reason, lane=lane)
    click.echo(msgspec.json.encode(command).decode() if as_json else f"已下令取消 ordered: {known[0]}")


@click.command("mutes")
@lane_option
@json_option
def mutes(lane: str, as_json: bool) -> None:
    """静默清单：谁、为何、何时起止、隐藏了哪些预警步骤。 All mutes of the last 14 days: who, why, when, and which steps each of them hid.

    \b
    Example:  lianjing alert mutes --json
    Exit codes: 0 shown, 3 the broker is away.
    """
    import msgspec

    from services.cli.alert.topics import read_alerts
    from services.cli.alert.words import line, stamp
    from services.runtime.settings import Settings

    settings = Settings.from_environment()
    hidden: dict[str, list[Alert]] = {}
    for alert in read_alerts(settings, lane):
        if alert.muted_by:
            hidden.setdefault(alert.muted_by, []).append(alert)
    standing = _standing(settings, lane)
    if as_json:
        found = [msgspec.to_builtins(s) | {"hid": msgspec.to_builtins(hidden.get(s.id, []))} for s in standing]
        click.echo(msgspec.json.encode(found).decode())
        return
    for s in standing:
        kind = "检修 maintenance" if s.mute.is_maintenance else "静默 mute"
        click.echo(f"■ {kind} {s.id}  {stamp(s.since)} – {stamp(s.until)}  {s.actor}: {s.reason}")
        click.echo(f"   范围 covers {s.mute.node} {s.mute.product} {s.mute.hazard}，至 up to {s.mute.up_to.value}")
        for alert in hidden.get(s.id, []):
            click.echo(f"   隐藏 hid {stamp(alert.as_of)} {line(alert)}")
    click.echo(f"共 {len(standing)} 项 mutes: {len(standing)}")


def _standing(settings: "Settings", lane: str) -> "list[Standing]":
    from services.alerting.commands import Commands
    from services.alerting.ledger import Ledger
    from services.alerting.policy import Policy
    from services.cli.alert.topics import read_commands

    ledger = Ledger(Policy())
    commands = Commands(ledger)
    for command in read_commands(settings, lane):
        commands.recall(command)
    return list(ledger.mutes.all())


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
