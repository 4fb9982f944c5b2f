"""``lianjing report``: papers of the duty room and the chief's office."""

from datetime import datetime, timedelta
from pathlib import Path

import click

from services.cli.feed_known import moment

_KINDS = ("handover", "brief", "week", "month")
_FORMATS = ("pdf", "docx", "json")


@click.command("report")
@click.argument("paper", type=click.Choice(_KINDS))
@click.option("--lane", default="live", show_default=True, help="通道。 Lane.")
@click.option(
    "--at",
    default=None,
    callback=moment,
    help="截至时刻（带时区），缺省为通道时钟。 End of the period, default the lane's clock.",
)
@click.option(
    "--hours",
    default=None,
    type=click.FloatRange(1, 24 * 366),
    help="期长（小时），缺省按种类。 Length, default by kind.",
)
@click.option(
    "--out",
    default=Path(),
    type=click.Path(file_okay=False, path_type=Path),
    help="写入的文件夹，缺省为当前。 Folder to write to, default here.",
)
@click.option(
    "--format",
    "formats",
    multiple=True,
    type=click.Choice(_FORMATS),
    default=("pdf", "docx"),
    show_default=True,
    help="格式，可多次给出。 Formats.",
)
def command(
    paper: str, lane: str, at: datetime | None, hours: float | None, out: Path, formats: tuple[str, ...]
) -> None:
    """交接班单、值班快报、周报、月报。 PAPER is handover (12 h), brief (24 h), week or month: as PDF and as an editable Word file.

    The paper says what was known at its end, also when that is long ago.

    \b
    Example:  lianjing report handover
              lianjing report week --at 2026-11-23T08:00:00+08:00 --out reports
    Exit codes: 0 written, 1 no Chinese font, 2 wrong use, 3 the database is away.
    """
    from collections.abc import Callable, Mapping

    import msgspec

    from services.cli.database_question import ask
    from services.console.papers.papers import LENGTHS, PAPERS
    from services.console.papers.source import known, lane_now
    from services.console.papers.words import CHINA
    from services.runtime.document import Document, as_pdf, as_word

    until = at or lane_now(ask, lane)
    document = PAPERS[paper](known(ask, lane, until - (timedelta(hours=hours) if hours else LENGTHS[paper]), until))
    out.mkdir(parents=True, exist_ok=True)
    stem = f"{paper}-{lane.replace(':', '-')}-{until.astimezone(CHINA):%Y%m%d-%H%M}"
    writers: Mapping[str, Callable[[Document], bytes]] = {"pdf": as_pdf, "docx": as_word, "json": msgspec.json.encode}
    for name in dict.fromkeys(formats):
        file = out / f"{stem}.{name}"
        file.write_bytes(writers[name](document))
        click.echo(f"已写入 written: {file}")
