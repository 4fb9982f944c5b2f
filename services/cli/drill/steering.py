"""Commands that speak to a running drill: of participants, evaluators and the organiser. Each travels as a Command in the drill's lane."""

import click

DRILL = click.argument("drill")
AS = click.option("--as", "actor", default=None, help="以谁的身份（参演代号） As whom: an id of the roster.")
_NOTE = click.option("--note", default="", help="说明 A note.")


def user() -> str:
    """The login's own name."""
    import getpass

    return getpass.getuser()


def say(drill: str, kind: str, arguments: dict[str, str], reason: str, actor: str | None) -> None:
    """Say something in the drill's lane; the running director hears it. Raises UnreachableError."""
    from services.cli.archive.audit import note
    from services.runtime.settings import Settings

    note(Settings.from_environment(), kind, arguments, reason, lane=f"drill:{drill}", actor=actor)
    click.echo(f"已送出 sent: {kind} → drill:{drill}")


@click.command("act")
@DRILL
@click.argument(
    "step", type=click.Choice(["detect", "acknowledge", "decide", "finish", "发现", "签收", "决定", "完成"])
)
@click.option(
    "--on", "subject", default="", help="对哪条注入；abort 为签收中止 Which inject; abort: the drill's abort."
)
@click.option("--for", "member", default="", help="代谁登记：参演者编号 On whose behalf: the id of a participant.")
@AS
@_NOTE
def act(drill: str, step: str, subject: str, member: str, actor: str | None, note: str) -> None:
    """参演者的一步 What a participant does: detect, acknowledge, decide, finish.

    \b
    例 Example: lianjing drill act daqin-1 acknowledge --on I2 --as duty --note "首报已送"
                lianjing drill act daqin-1 finish --on I2 --for duty --as director
    """
    given = {"step": step, "on": subject} | ({"member": member} if member else {})
    say(drill, "drill.record" if member else "drill.act", given, note, actor)


@click.command("mark")
@DRILL
@click.argument("objective")
@click.argument("rating", type=click.Choice(["P", "S", "M", "U"], case_sensitive=False))
@AS
@_NOTE
def mark(drill: str, objective: str, rating: str, actor: str | None, note: str) -> None:
    """评估员的评定 An evaluator's mark: P 圆满, S 基本, M 部分, U 未完成; during the drill or after it.

    \b
    例 Example: lianjing drill mark daqin-1 O2 M --as evaluator-1 --note "京唐港数据晚到"
    """
    from services.cli.drill.marks import mark_afterwards
    from services.runtime.settings import Settings

    with_arguments = {"objective": objective, "rating": rating.upper()}
    if not mark_afterwards(Settings.from_environment(), drill, with_arguments, actor or user(), note):
        say(drill, "drill.mark", with_arguments, note, actor)


@click.command("stop")
@DRILL
@click.option("--word", required=True, help="口令 The stop word.")
@AS
def stop(drill: str, word: str, actor: str | None) -> None:
    """口令停止 Stop a drill by its stop word; any participant may.

    \b
    例 Example: lianjing drill stop daqin-1 --word 停止演练 --as duty
    """
    say(drill, "drill.stop", {"word": word}, "", actor)


@click.command("give")
@DRILL
@click.argument("inject")
def give(drill: str, inject: str) -> None:
    """提前注入 Give an inject of the drill's list now.

    \b
    例 Example: lianjing drill give daqin-1 I5
    """
    say(drill, "drill.give", {"inject": inject}, "", None)


@click.command("abandon")
@DRILL
def abandon(drill: str) -> None:
    """收尾 Close lanes and log of a drill whose director's process has died.

    \b
    例 Example: lianjing drill abandon daqin-1
    """
    from services.cli.drill.building import abandon_drill, tools
    from services.runtime.settings import Settings

    with tools(Settings.from_environment()) as found:
        closed = abandon_drill(found, drill, user())
    click.echo(f"已收尾 closed: {drill}（{', '.join(closed) or '—'}）")


def _control(name: str, words: str, argument: str = "") -> click.Command:
    """A command of the organiser, with a number where it needs one."""

    def steer(drill: str, value: float | None = None) -> None:
        say(drill, f"drill.{name}", {argument: f"{value:g}"} if argument and value is not None else {}, "", None)

    example = f"\n\n\b\n例 Example: lianjing drill {name} daqin-1{' 60' if argument else ''}"
    value = [click.Argument(["value"], type=float)] if argument else []
    return click.Command(name, callback=steer, params=[click.Argument(["drill"]), *value], help=words + example)


STEERING: tuple[click.Command, ...] = (
    act,
    mark,
    stop,
    _control("pause", "暂停 Pause the drill's clock."),
    _control("resume", "继续 Go on."),
    _control("step", "单步（分钟） While paused, go VALUE minutes ahead.", "minutes"),
    _control("rewind", "倒回到第几分钟 Go back to minute VALUE, in a lane of its own.", "to"),
    _control("rate", "改倍速 Run VALUE times as fast as the clock.", "rate"),
    give,
    _control("end", "提前结束 End before the planned time."),
    abandon,
)
"""What steers a running drill, and what people do in it."""
