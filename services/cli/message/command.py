"""The commands of ``lianjing message``."""

import sys

import click

_JSON = click.option("--json", "as_json", is_flag=True, help="输出 JSON。 Print JSON.")


@click.group()
def command() -> None:
    """消息与叫应。 Messages: test channels, see what waits, record who answered a call.

    \b
    Example:  lianjing message test --to zhang-san
              lianjing message show
              lianjing message answered call-0123456789abcdef --by 张三
    """


@command.command()
@click.option("--to", "person", required=True, help="通讯录中人员的编号。 A person's id in the contacts.")
@click.option("--channel", default="", help="只试这个渠道。 Only this channel, voice ones too.")
@_JSON
def test(person: str, channel: str, as_json: bool) -> None:
    """给某人的每个渠道发一条测试消息，说明各渠道的答复。 Send a test message by each channel of a person, and say what each answered.

    \b
    Example:  lianjing message test --to zhang-san --channel duty-dingtalk
    Exit code: 0 all went out, 1 some were refused, 3 some did not answer.
    """
    from services.cli.message.trial import exit_code, lines, try_person
    from services.runtime.settings import Settings

    trials = try_person(Settings.from_environment(), person, channel)
    if as_json:
        import msgspec

        click.echo(msgspec.json.encode(trials).decode())
    else:
        for line in lines(trials):
            click.echo(line)
    sys.exit(exit_code(trials))


@command.command()
@click.option("--lane", default="live", show_default=True, help="哪条线。 Which lane.")
@_JSON
def show(lane: str, as_json: bool) -> None:
    """未送达的消息和最近的叫应记录。 Messages that reached nobody yet, and the latest calls.

    \b
    Example:  lianjing message show
    Exit code: 1 when a message waits longer than a minute or nobody answers a call.
    """
    from services.cli.message.standing import standing

    found = standing(lane)
    if as_json:
        import msgspec

        click.echo(msgspec.json.encode(found).decode())
    else:
        for line in found.lines():
            click.echo(line)
    sys.exit(1 if found.needs_people else 0)


@command.command()
@click.argument("call")
@click.option("--by", "name", required=True, help="接听人姓名。 Who answered.")
@click.option("--note", default="", help="对方说了什么。 What was said.")
@click.option("--lane", default="live", show_default=True, help="哪条线。 Which lane.")
def answered(call: str, name: str, note: str, lane: str) -> None:
    """登记电话已由某人接听，叫应到此为止。 Record that a named person answered CALL; the calling ends.

    \b
    Example:  lianjing message answered call-0123456789abcdef --by 张三 --note 已知情，马上处理
    """
    from services.cli.archive.audit import note as publish
    from services.runtime.settings import Settings

    arguments = {"call": call, "name": name, "note": note}
    publish(Settings.from_environment(), "call.answered", arguments, note or "电话接听 answered", lane=lane)
    click.echo(f"✓ 已登记 {name} 接听 {call} recorded")
