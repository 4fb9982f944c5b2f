"""What was found, for people at a terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table as Sheet

from services.cli.detect.account import Account
from services.cli.detect.bank import DETECTOR_WORDS
from services.cli.detect.judging import Judged
from services.cli.detect.natures import NATURE_WORDS
from services.cli.detect.table import Table
from services.cli.detect.words import alarm_sentences, cadence_words, clock, defect_sentences
from services.detection.wording import probability

_WIDTH_OF_FILES = 130
_ALARMS, _DEFECTS, _CELLS, _QUIET, _POOLS = 5, 5, 10, 20, 5


def print_found(table: Table, judged: Judged, accounts: Sequence[Account], *, is_guessed: bool) -> None:
    """What was read, a table of the series, then each alarm and defect in a sentence; the rest is counted."""
    console = Console()
    console = console if console.is_terminal else Console(width=_WIDTH_OF_FILES)
    for line in head_lines(table, judged):
        console.print(escape(line))
    loud = [a for a in accounts if not a.is_quiet]
    quiet = [a for a in accounts if a.is_quiet]
    console.print(_sheet([*loud, *quiet[: max(0, _QUIET - len(loud))]], table))
    hidden = len(quiet) - max(0, _QUIET - len(loud))
    if hidden > 0:
        console.print(f"另有 {hidden} 个序列平静，未列出 {hidden} more series are quiet and not listed")
    if is_guessed:
        console.print(
            "[dim]性质按名称推断，不对时用 --kind 指明 kinds are guessed from names; --kind says otherwise[/dim]"
        )
    for account in loud:
        _details(console, account, table)
    if not loud:
        console.print("[green]未见异常，数据质量无差错。Nothing unusual, no defects of data.[/green]")
    _unreadable(console, table)


def head_lines(table: Table, judged: Judged) -> list[str]:
    """What was read and how it is judged."""
    shape = ("长表", "long") if table.is_long else ("宽表", "wide")
    first, last = clock(int(table.times_us[0]), table.zone), clock(int(table.times_us[-1]), table.zone)
    lines = [
        f"{table.name}（{shape[0]} {shape[1]}）：{len(table.series)} 个序列 series，{len(table):,} 个值 values，{first} → {last}（{table.zone}）",
        f"检测器 detectors：{'、'.join(DETECTOR_WORDS[n][0] for n in judged.names)} ({', '.join(judged.names)})；"
        f"表决报警水平 the vote alarms at α = {judged.alpha:g}",
    ]
    lines += _pool_lines(judged)
    if table.blank:
        lines.append(f"空格 {table.blank:,} 处，按无记录处理 {table.blank:,} blank cells, taken as no record")
    if table.disordered:
        lines.append(
            f"{table.disordered:,} 行次序颠倒，已按时间排好 {table.disordered:,} rows out of order, judged in order of time"
        )
    if table.left_out:
        lines.append(f"无数值的列未用 columns without numbers are not used：{'、'.join(table.left_out)}")
    return lines


def _pool_lines(judged: Judged) -> list[str]:
    """What a p-value of the vote stands on, by pool."""
    made = []
    for k, pool in enumerate(judged.pools[:_POOLS]):
        first, series = judged.pool_of.index(k), judged.pool_of.count(k)
        cadence = " ".join(dict.fromkeys(cadence_words(judged.cadence_us[first])))
        made.append(
            f"校准池 pool：{'/'.join(NATURE_WORDS[judged.natures[first]])}，{cadence}，{series} 个序列 series，"
            f"{pool.rows:,} 行 rows，合独立的 {pool.effective:,.0f} 行 worth so many independent ones"
        )
    if len(judged.pools) > _POOLS:
        made.append(f"…另有 {len(judged.pools) - _POOLS} 个校准池 more pools")
    return made


def _sheet(accounts: Sequence[Account], table: Table) -> Sheet:
    sheet = Sheet(title=f"各序列 Series ({len(table.series)})", title_justify="left")
    for name in ("序列\nseries", "性质\nkind", "间隔\ncadence"):
        sheet.add_column(name)
    for name in ("值\nvalues", "报警\nalarms", "差错\ndefects"):
        sheet.add_column(name, justify="right")
    sheet.add_column("最反常时刻\nstrongest moment", no_wrap=True)
    sheet.add_column("p", no_wrap=True)
    for a in accounts:
        cadence = " ".join(dict.fromkeys(cadence_words(a.cadence_us)))
        peak = clock(a.strongest.time_us, table.zone) if a.strongest else "学习中 warming up"
        style = "bold red" if a.alarms else "yellow" if a.defects else ""
        cells = [
            escape(a.name),
            "/".join(NATURE_WORDS[a.nature]),
            cadence,
            f"{a.rows:,}",
            str(len(a.alarms)),
            str(len(a.defects)),
            peak,
        ]
        sheet.add_row(
            *cells, probability(a.strongest.p).removeprefix("p").removeprefix("=") if a.strongest else "", style=style
        )
    return sheet


def _details(console: Console, account: Account, table: Table) -> None:
    console.print()
    for alarm in sorted(account.alarms, key=lambda a: a.strongest.p)[:_ALARMS]:
        zh, en = alarm_sentences(account.name, alarm, table.zone)
        console.print(f"[red]报警 alarm[/red]  {escape(zh)}\n             [dim]{escape(en)}[/dim]")
    if len(account.alarms) > _ALARMS:
        console.print(f"  …另有 {len(account.alarms) - _ALARMS} 次报警 more alarms")
    for finding in account.defects[:_DEFECTS]:
        zh, en = defect_sentences(account.name, finding, table.zone)
        console.print(f"[yellow]差错 defect[/yellow] {escape(zh)}\n             [dim]{escape(en)}[/dim]")
    if len(account.defects) > _DEFECTS:
        console.print(f"  …另有 {len(account.defects) - _DEFECTS} 处差错 more defects")


def _unreadable(console: Console, table: Table) -> None:
    if not table.unreadable:
        return
    console.print(
        f"\n[bold]读不出 {len(table.unreadable)} 处 cells or rows that could not be read: {len(table.unreadable)}[/bold]"
    )
    for u in table.unreadable[:_CELLS]:
        given = f"给出 given {u.given!r}"
        console.print(
            escape(f"  第 {u.line} 行 line {u.line}，{u.column}：{given}；应为 {u.wanted_zh} / {u.wanted_en}")
        )
    if len(table.unreadable) > _CELLS:
        console.print(
            f"  …另有 {len(table.unreadable) - _CELLS} 处，--out 或 --json 列全 all of them with --out or --json"
        )
