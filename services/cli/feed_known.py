"""``lianjing feed as-known``."""

from datetime import datetime

import click


def moment(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> datetime | None:
    """A moment with its offset, for an option; None when it is not given. Raises BadParameter."""
    if value is None:
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError as error:
        raise click.BadParameter(f"{value!r} 不是时间，如 2026-11-22T18:00:00+08:00 / is no time") from error
    if found.tzinfo is None:
        raise click.BadParameter(f"{value!r} 缺少时区，如 {value}+08:00 / has no offset")
    return found


@click.command("as-known")
@click.option(
    "--at",
    required=True,
    callback=moment,
    help="时刻（带时区，按通道时钟）。 Moment by the lane's clock, with offset.",
)
@click.option("--lane", default="live", show_default=True, help="通道。 Lane.")
@click.option("--series", default=None, help="序列。 Only this series.")
@click.option(
    "--limit", default=200, show_default=True, help="至多几行（每序列从新到旧）。 At most so many rows, newest first."
)
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。 Print JSON.")
def command(at: datetime, lane: str, series: str | None, limit: int, as_json: bool) -> None:
    """当时所知：此刻之前已知的每个观测的最新修订。 What was known at a moment: of each observation the latest revision known by then.

    \b
    Example:  lianjing feed as-known --at 2026-11-22T18:00:00+08:00 --series stock.P_QHD.steam_coal
    Exit codes: 0 shown, 2 wrong use, 3 the database is away.
    """
    import msgspec

    from services.cli.database_question import ask

    query = "SELECT * FROM observation_as_known(%s, %s, %s) ORDER BY observed_at DESC, series LIMIT %s"
    found = ask(query, (lane, at, series, limit))
    if as_json:
        click.echo(msgspec.json.encode(found).decode())
        return
    for each in found:
        click.echo(
            f"{each['series']:<44} 观测 observed {each['observed_at']:%Y-%m-%d %H:%M}  "
            f"值 value {each['value']:g}  所知于 known {each['known_at']:%Y-%m-%d %H:%M}"
        )
    click.echo(f"共 {len(found)} 行 rows: {len(found)}")
