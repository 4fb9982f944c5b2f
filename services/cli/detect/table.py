"""An analyst's CSV as series: wide or long, and every cell that could not be read by line, column and reason."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from msgspec import Struct

from detectors.series.detector import LARGEST, Floats, Integers
from services.cli.detect.headings import Heading, Wanted, heading_of
from services.cli.detect.times import WANTED
from services.intake.table.csv_table import read_csv
from services.intake.table.grid import FileFault
from services.intake.table.number import Number, is_blank, number_of
from services.runtime.errors import InputError

_US = 1_000_000
_MONDAY_US = 4 * 86_400 * _US
"""The first Monday since 1970."""
_NOT_A_NUMBER = "nan"


class Unreadable(Struct, frozen=True):
    """A cell, or a row, that says nothing to us. ``line`` counts from 1 in the file; ``column`` is its heading."""

    line: int
    column: str
    given: str
    wanted_zh: str
    wanted_en: str


class Table(Struct, frozen=True):
    """Rows of all series in order of time; what has one time stays as the file had it.

    ``slots`` number the ``series``, ``lines`` are of the file. ``blank``: cells that say nothing (no record, never zero). ``disordered``: rows that
    stood in the file after a later one of their series. ``left_out``: columns without numbers.
    """

    name: str
    zone: ZoneInfo
    series: tuple[str, ...]
    slots: Integers
    times_us: Integers
    values: Floats
    lines: Integers
    unreadable: tuple[Unreadable, ...]
    blank: int
    disordered: int
    left_out: tuple[str, ...]
    is_long: bool

    def __len__(self) -> int:
        return len(self.values)

    def rows_of(self, slot: int) -> Integers:
        """Numbers of the rows of a series, in order."""
        found: Integers = np.flatnonzero(self.slots == slot)
        return found


def read_table(path: Path, zone: ZoneInfo, wanted: Wanted) -> Table:
    """Read a CSV file (UTF-8, UTF-16, GBK; comma, semicolon, tab). Raises InputError with file, line, what was given and what would be right."""
    try:
        grid = read_csv(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path}: 无法读取 cannot be read ({error.strerror})") from error
    except FileFault as fault:
        raise InputError(f"{path}: 给出 given: {fault.given}；应为 right: {fault.wanted}") from fault
    rows = [[str(cell or "") for cell in row] for row in grid.rows]
    heading = heading_of(rows, wanted, zone, path.name)
    cells = _Cells()
    for number in range(heading.top + 1, len(rows)):
        cells.take(number + 1, rows[number], heading)
    if not cells.values:
        worst = cells.unreadable[0] if cells.unreadable else None
        shown = (
            f"，例如第 {worst.line} 行 {worst.column} {worst.given!r} for example line {worst.line}" if worst else ""
        )
        raise InputError(
            f"{path.name}: 没有一行可读（{len(cells.unreadable)} 处读不出{shown}）/ not one row could be read; "
            f"a time such as {WANTED} and a number in each row are right"
        )
    return cells.table(path.name, zone, heading)


def chosen(table: Table, patterns: Sequence[str]) -> Table:
    """Only the series that one of the patterns (``*``, ``?``) fits. Raises InputError when a pattern fits none."""
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in table.series):
            shown = "、".join(table.series[:20])
            raise InputError(
                f"--series {pattern!r}: 没有这个序列；有 {shown} / no such series; there are {len(table.series)}: {shown}"
            )
    kept = [i for i, name in enumerate(table.series) if not patterns or any(fnmatchcase(name, p) for p in patterns)]
    number = np.full(len(table.series), -1)
    number[kept] = np.arange(len(kept))
    rows: Integers = np.flatnonzero(number[table.slots] >= 0)
    return _with_rows(table, tuple(table.series[i] for i in kept), rows, number[table.slots])


def averaged(table: Table, every_us: int) -> Table:
    """The mean of each series over each interval of ``every_us``, standing at its beginning; what is not finite is passed over.

    Days are those of the zone (of its offset at the first row), weeks begin on Monday.
    """
    away_us = _MONDAY_US - _offset_us(table)
    begin = (table.times_us - away_us) // every_us * every_us + away_us
    order = np.lexsort((table.times_us, begin, table.slots))
    order = order[np.isfinite(table.values[order])]
    slots, begin, values = table.slots[order], begin[order], table.values[order]
    first = np.flatnonzero(np.append(True, (np.diff(slots) != 0) | (np.diff(begin) != 0)))
    count = np.diff(np.append(first, len(values)))
    means = np.add.reduceat(values, first) / count
    made = Table(
        table.name, table.zone, table.series, slots[first], begin[first], means, table.lines[order][first],
        table.unreadable, table.blank, table.disordered, table.left_out, table.is_long,
    )  # fmt: skip
    return _with_rows(made, table.series, np.argsort(made.times_us, kind="stable"), made.slots)


def _offset_us(table: Table) -> int:
    first = datetime.fromtimestamp(int(table.times_us[0]) / 1e6, UTC).astimezone(table.zone)
    return round((first.utcoffset() or timedelta()).total_seconds() * _US)


def _with_rows(table: Table, series: tuple[str, ...], rows: Integers, slots: Integers) -> Table:
    return Table(
        table.name, table.zone, series, slots[rows].astype(np.int64), table.times_us[rows], table.values[rows], table.lines[rows],
        table.unreadable, table.blank, table.disordered, table.left_out, table.is_long,
    )  # fmt: skip


class _Cells:
    """Collects what the rows of a file say."""

    def __init__(self) -> None:
        self._slot_of: dict[str, int] = {}
        self._time_of: dict[str, int | None] = {}
        self.slots: list[int] = []
        self.times_us: list[int] = []
        self.values: list[float] = []
        self.lines: list[int] = []
        self.unreadable: list[Unreadable] = []
        self.blank = 0

    def take(self, line: int, row: Sequence[str], heading: Heading) -> None:
        """Read one row; an empty one says nothing."""
        if not any(cell.strip() for cell in row):
            return
        if len(row) > len(heading.names):
            wanted = (
                f"{len(heading.names)} 格，如表头；数中的逗号要加引号",
                f"{len(heading.names)} cells, as in the heading",
            )
            self.unreadable.append(Unreadable(line, heading.names[0], f"{len(row)} 格 cells", *wanted))
            return
        row = [*row, *([""] * (len(heading.names) - len(row)))]
        time_us = self._time(row[heading.time], heading)
        if time_us is None:
            wanted = f"时间，如 {WANTED}", f"a time such as {WANTED}"
            self.unreadable.append(Unreadable(line, heading.names[heading.time], row[heading.time], *wanted))
            return
        name = None if heading.series is None else row[heading.series].strip()
        if name == "" and heading.series is not None:
            self.unreadable.append(
                Unreadable(line, heading.names[heading.series], "", "序列的名称", "the name of a series")
            )
            return
        for column, value in self._numbers(line, row, heading):
            told = heading.names[column]
            series = told if name is None else name if len(heading.values) == 1 else f"{name} {told}"
            self.slots.append(self._slot_of.setdefault(series, len(self._slot_of)))
            self.times_us.append(time_us)
            self.values.append(value)
            self.lines.append(line)

    def table(self, file: str, zone: ZoneInfo, heading: Heading) -> Table:
        """All that was read, in order of time."""
        slots, times = np.array(self.slots, np.int64), np.array(self.times_us, np.int64)
        order = np.argsort(times, kind="stable")
        newest = np.full(len(self._slot_of), np.iinfo(np.int64).min)
        late = 0
        for slot, time_us in zip(self.slots, self.times_us, strict=True):
            late += time_us < newest[slot]
            newest[slot] = max(newest[slot], time_us)
        return Table(
            file, zone, tuple(self._slot_of), slots[order], times[order], np.array(self.values)[order],
            np.array(self.lines, np.int64)[order], tuple(self.unreadable), self.blank, int(late), tuple(heading.left_out),
            heading.series is not None,
        )  # fmt: skip

    def _time(self, cell: str, heading: Heading) -> int | None:
        if cell not in self._time_of:
            self._time_of[cell] = heading.times.read(cell)
        return self._time_of[cell]

    def _numbers(self, line: int, row: Sequence[str], heading: Heading) -> Iterator[tuple[int, float]]:
        for column in heading.values:
            cell = row[column]
            if is_blank(cell) or cell.strip().casefold() == _NOT_A_NUMBER:
                self.blank += 1
                continue
            number = number_of(cell)
            if isinstance(number, Number) and abs(number.value) <= LARGEST:
                yield column, number.value
            else:
                wanted = "有限的数，如 1234.5；没有就留空", "a finite number such as 1234.5; empty where there is none"
                self.unreadable.append(Unreadable(line, heading.names[column], cell.strip(), *wanted))
