"""Tables and progress of the history commands, for people; the same figures as JSON for programs."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from detectors.series.onsets import wilson
from schemas.rejection import REASON_TEXT, Reason

if TYPE_CHECKING:
    from services.cli.skill import Result
    from services.cli.stored import Comparison
    from services.intake.history.loading import History


_WIDTH_OF_FILES = 130


def _console() -> Console:
    """Stdout; wide enough for every table where it is no terminal."""
    console = Console()
    return console if console.is_terminal else Console(width=_WIDTH_OF_FILES)


@contextmanager
def progress(title: str, total: int, *, is_quiet: bool) -> Iterator[Callable[[int], None]]:
    """A progress bar on stderr; the function it yields moves it on."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=is_quiet) as bar:
        task = bar.add_task(title, total=total)
        yield lambda count: bar.advance(task, count)


def replay_figures(history: "History", lane: str, seconds: float) -> dict[str, Any]:
    """What was read and sent, as one JSON object."""
    reading = history.reading
    first, last = reading.observations[0].known_us, reading.observations[-1].known_us
    zeros = [o for o in reading.observations if o.value == 0]
    indicators = {s.id: s.indicator for s in history.chain.series}
    return {
        "lane": lane,
        "mapping": history.mapping.id,
        "file": history.file_name,
        "chain": history.chain.id,
        "chain_version": history.chain.version,
        "nodes": len(history.chain.nodes),
        "series": len(history.chain.series),
        "rows_read": reading.rows,
        "observations": len(reading.observations),
        "zero_values": len(zeros),
        "zero_norms": sum(1 for o in zeros if indicators[o.series] == "norm"),
        "blank": reading.blank,
        "repeated": reading.repeated,
        "rejected": len(reading.defects),
        "rejected_rows": reading.defect_rows(),
        "rejected_by_reason": reading.reasons(),
        "defective_share": reading.defect_rows() / reading.rows if reading.rows else 0.0,
        "days": round((last - first) / 86_400e6, 2),
        "seconds": round(seconds, 2),
    }


def print_replay(figures: dict[str, Any]) -> None:
    """The summary of a replay."""
    table = Table(title=f"历史回放 Replay {figures['lane']}", title_justify="left")
    table.add_column("项目 what")
    table.add_column("数量 count", justify="right")
    for name, zh, en in (
        ("nodes", "节点", "nodes"),
        ("series", "序列", "series"),
        ("rows_read", "读入行", "rows read"),
        ("observations", "数据", "observations"),
        ("zero_values", "其中零值", "of these zero"),
        ("zero_norms", "其中零定额", "of these zero norms"),
        ("blank", "空格（无记录）", "blank cells (no record)"),
        ("repeated", "相同重复", "repeated, same value"),
        ("rejected", "拒收", "rejected cells"),
    ):
        table.add_row(f"{zh} {en}", f"{figures[name]:,}")
    for reason, count in figures["rejected_by_reason"].items():
        zh, en = REASON_TEXT[Reason(reason)]
        table.add_row(f"    {zh} {en}", f"{count:,}")
    table.add_row("有拒收的行 rows with a rejection", f"{figures['defective_share']:.2%}")
    _console().print(table)
    _console().print(
        f"链 chain {figures['chain']} {figures['chain_version']}，{figures['days']:g} 天 days，{figures['seconds']:g} s"
    )


def print_comparison(lane: str, rows: "Sequence[Comparison]") -> None:
    """What is stored beside what the file holds."""
    table = Table(title=f"库内核对 Stored against the file, {lane}", title_justify="left")
    for title in (
        "指标 indicator",
        "文件 file",
        "库内 stored",
        "缺 missing",
        "不等 different",
        "多 surplus",
        "零值 zeros",
        "",
    ):
        table.add_column(title, justify="left" if title in ("指标 indicator", "") else "right")
    for r in rows:
        numbers = (r.expected, r.stored, r.missing, r.different, r.surplus)
        zeros = f"{r.zeros_stored:,}/{r.zeros_expected:,}"
        table.add_row(
            r.indicator, *(f"{n:,}" for n in numbers), zeros, "一致 equal" if r.is_equal else "不一致 DIFFERENT"
        )
    _console().print(table)


def print_skill(lane: str, results: "Sequence[Result]") -> None:
    """Recall, precision, lead and false warnings, one line per rule."""
    table = Table(title=f"预警评分 Score, {lane}", title_justify="left")
    table.add_column("规则 rule")
    for title in (
        "召回 recall",
        "精确 precision",
        "提前 lead d",
        "误报/厂年 false/plant-year",
        "起点 onsets",
        "预警 warnings",
    ):
        table.add_column(title, justify="right")
    for r in results:
        o = r.outcome
        table.add_row(
            f"{r.name_zh}\n{r.name_en}",
            _share(o.foretold, o.onsets),
            _share(o.hits, o.warnings),
            f"{o.median_lead_days:g}",
            f"{o.false_per_year:.2f}",
            f"{o.foretold}/{o.onsets} (+{o.jumps})",
            f"{o.hits}/{o.warnings}",
            style="bold" if r.is_target else "",
        )
    _console().print(table)
    _console().print(
        "括号为 95 % Wilson 区间；(+n) 为数据跳变，不计。 Brackets: 95 % Wilson interval; (+n): jumps of the data, not counted."
    )


def _share(successes: int, trials: int) -> str:
    if not trials:
        return "–"
    low, high = wilson(successes, trials)
    return f"{successes / trials:.2f} [{low:.2f}, {high:.2f}]"
