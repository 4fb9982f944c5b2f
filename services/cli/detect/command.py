"""The command ``lianjing detect``."""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from services.cli.detect.naming import detectors_option
from services.runtime.errors import InputError

if TYPE_CHECKING:  # slow to import: --help must not wait for them
    from zoneinfo import ZoneInfo

    from services.cli.detect.account import Account
    from services.cli.detect.judging import Judged
    from services.cli.detect.table import Table

_LENGTH_S = {"s": 1, "min": 60, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


@click.command()
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="文件夹 Write scores, defects and the page report.html here.",
)
@click.option(
    "--zone",
    default="Asia/Shanghai",
    show_default=True,
    help="时区 Zone of times that name none, and of what is shown.",
)
@click.option(
    "--alpha",
    type=click.FloatRange(0, 0.2, min_open=True),
    help="虚警率 False alarms per quiet row; without it as live, within the alarm budget.",
)
@detectors_option
@click.option(
    "--series",
    "patterns",
    multiple=True,
    metavar="NAME",
    help="只看序列 Only these series (* and ? allowed). Repeatable.",
)
@click.option("--cadence", metavar="1h", help="间隔 First average the values of each interval: 15min, 1h, 1d, 1w.")
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    metavar="NAME=stock",
    help="性质 What series measure: stock, rate, price, share, queue, category, other. Repeatable.",
)
@click.option("--time-column", metavar="NAME", help="时间列 The column of times, when it is not found.")
@click.option("--series-column", metavar="NAME", help="序列列 Of a long table: the column of names.")
@click.option("--value-column", metavar="NAME", help="数值列 The column of values, when others hold numbers too.")
@click.option("--time-format", metavar="FORMAT", help="时间格式 How times are written, as '%d/%m/%Y %H:%M'.")
@click.option(
    "--examples",
    type=click.Path(file_okay=False, path_type=Path),
    help="示例图 Instead of a file: draw into this folder what each detector sees and misses (docs/detectors).",
)
@click.option("--json", "as_json", is_flag=True, help="输出 JSON Print one JSON object and nothing else.")
def command(
    file: Path | None,
    out: Path | None,
    zone: str,
    alpha: float | None,
    detectors: str,
    patterns: tuple[str, ...],
    cadence: str | None,
    kinds: tuple[str, ...],
    time_column: str | None,
    series_column: str | None,
    value_column: str | None,
    time_format: str | None,
    examples: Path | None,
    as_json: bool,
) -> None:
    """异常检测 Judge the series of a CSV file as if they came live: what is unusual, since when, how sure, and what is wrong with the data.

    The file is wide (a column of times and one per series) or long (series, time, value); encoding, delimiter, heading and times are found out.

    \b
    Example:  lianjing detect stocks.csv --out found
              lianjing detect stocks.csv --series '*库存*' --alpha 1e-3 --json
              lianjing detect --examples docs/picture
    """
    if examples is not None:
        _draw_examples(examples)
        return
    if file is None:
        raise click.UsageError("缺少文件 a FILE is missing: lianjing detect stocks.csv")
    from services.cli.detect.account import accounts
    from services.cli.detect.bank import detectors_named
    from services.cli.detect.headings import Wanted
    from services.cli.detect.judging import judge_table
    from services.cli.detect.natures import natures_of
    from services.cli.detect.table import averaged, chosen, read_table
    from services.cli.history_report import progress
    from services.detection.configured import load_watch

    bank = detectors_named(detectors.split(","))
    wanted = Wanted(time_column, series_column, value_column, time_format)
    table = chosen(read_table(file, _zone(zone), wanted), patterns)
    if cadence:
        table = averaged(table, _length_us(cadence))
    natures = natures_of(table.series, kinds)
    level = alpha if alpha is not None else load_watch(None).alarm_level
    with progress("判断 judging（首次运行先编译 the first run compiles）", len(table), is_quiet=as_json) as advance:
        judged = judge_table(table, natures, bank, level, is_budgeted=alpha is None, on_rows=advance)
    found = accounts(table, judged)
    if out is not None:
        _write(out, table, judged, found, is_quiet=as_json)
    _print(table, judged, found, as_json=as_json, is_guessed=not kinds)


def _draw_examples(folder: Path) -> None:
    from services.cli.detect.example_pictures import write_pictures

    for target in write_pictures(folder):
        click.echo(f"已写入 written: {target}")


def _print(table: "Table", judged: "Judged", found: "list[Account]", *, as_json: bool, is_guessed: bool) -> None:
    from services.cli.detect.files import as_json as told
    from services.cli.detect.terminal import print_found

    if as_json:
        click.echo(json.dumps(told(table, judged, found), ensure_ascii=False))
    else:
        print_found(table, judged, found, is_guessed=is_guessed)


def _write(out: Path, table: "Table", judged: "Judged", found: "list[Account]", *, is_quiet: bool) -> None:
    from services.cli.detect.files import write_defects, write_scores, write_unreadable
    from services.cli.detect.page import page
    from services.cli.history_report import progress

    try:
        out.mkdir(parents=True, exist_ok=True)
        write_scores(out / "scores.csv", table, judged)
        write_defects(out / "defects.csv", table, found)
        write_unreadable(out / "unreadable.csv", table)
        with progress("画图 drawing", len(found), is_quiet=is_quiet) as advance:
            (out / "report.html").write_text(page(table, judged, found, lambda: advance(1)), encoding="utf-8")
    except OSError as error:
        raise InputError(f"--out {out}: 无法写入 cannot be written ({error.strerror})") from error
    names = "scores.csv, defects.csv, unreadable.csv, report.html"
    click.echo(f"已写入 written: {out}/{{{names}}}", err=True)


def _zone(name: str) -> "ZoneInfo":
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError) as error:
        raise InputError(
            f"--zone {name!r}: 没有这个时区，应如 Asia/Shanghai、UTC / no such zone; Asia/Shanghai or UTC is right"
        ) from error


def _length_us(text: str) -> int:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(s|min|m|h|d|w)", text.strip())
    length = float(match[1]) * _LENGTH_S[match[2]] if match else 0.0
    if not 0 < length <= 366 * 86_400:
        raise InputError(f"--cadence {text!r}: 应如 15min、1h、1d / 15min, 1h or 1d is right")
    return round(length * 1_000_000)
