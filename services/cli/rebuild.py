"""``lianjing rebuild TABLE --from T``: read a table's topic again."""

import json
from datetime import datetime

import click


@click.command()
@click.argument("table")
@click.option(
    "--from", "since", required=True, help="起点 ISO time with offset (the broker's time of arrival), or 'beginning'."
)
@click.option("--reason", default="", help="原因 Why; kept in the audit.")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON Print one JSON object.")
def command(table: str, since: str, reason: str, as_json: bool) -> None:
    """重建投影表 Read a table's topic again; rows that are missing come back, the others stay as they are.

    Tables: observation, rejection, chain, series, provider, lane, command, score, assessment, answer, alert, outcome. Works while the stages run.

    \b
    Example:  lianjing rebuild observation --from 2026-11-01T00:00:00+08:00
              lianjing rebuild alert --from beginning
    """
    from rich.progress import Progress

    from services.cli.archive.again import read_again
    from services.cli.archive.audit import note
    from services.runtime.logs import configure_logs
    from services.runtime.settings import Settings

    moment = _moment(since)
    settings = Settings.from_environment()
    configure_logs("rebuild", settings.log_format, "warning")
    note(settings, "table.rebuild", {"table": table, "since": since}, reason)
    with Progress(transient=True, disable=as_json) as bar:
        task = bar.add_task(f"重读 {table}", total=None)
        count = read_again(settings, table, moment, lambda done, total: bar.update(task, completed=done, total=total))
    if as_json:
        click.echo(json.dumps({"table": table, "messages": count}))
    else:
        click.echo(f"已重读 read again: {table}, {count:,} 条消息 messages")


def _moment(text: str) -> datetime | None:
    if text == "beginning":
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(
            f"{text!r}: right is 2026-11-01T00:00:00+08:00 or beginning", param_hint="--from"
        ) from error
    if moment.tzinfo is None:
        raise click.BadParameter(f"{text!r} 缺少时区 has no UTC offset; right is {text}+08:00", param_hint="--from")
    return moment
