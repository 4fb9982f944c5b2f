"""What the columns of an analyst's table are: the time, names of series, values; by the words above them, else by what stands in them."""

from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

from msgspec import Struct

from services.cli.detect.times import WANTED, Times, has_marks, times_of
from services.intake.table.number import Number, is_blank, number_of
from services.runtime.errors import InputError

Row = Sequence[str]

_TIME = (
    "time", "timestamp", "datetime", "date", "时间", "日期", "观测时间", "数据时间", "时刻", "统计时间", "统计日期", "报告期",
    "observed_at", "observed", "ts", "ds", "day", "month", "year", "hour", "月份", "年份", "年月", "年", "月", "日",
)  # fmt: skip
_SERIES = (
    "series", "series_id", "序列", "序列号", "指标", "指标名称", "名称", "测点", "点位", "标签", "unique_id", "tag", "sensor", "metric",
    "variable", "indicator", "name", "id", "item",
)  # fmt: skip
_VALUE = ("value", "values", "数值", "值", "取值", "读数", "数据", "y", "val", "reading")
_TOP, _LOOKED, _MOSTLY = 15, 60, 0.8


class Heading(Struct, frozen=True):
    """``top``: index of the row of names. ``time``, ``series`` (None: a wide table), ``values``: indices of columns. ``left_out``: names of columns
    that hold no numbers."""

    top: int
    names: list[str]
    time: int
    series: int | None
    values: list[int]
    left_out: list[str]
    times: Times


class Wanted(Struct, frozen=True):
    """What the caller says of the columns; None is found out."""

    time: str | None = None
    series: str | None = None
    value: str | None = None
    time_format: str | None = None


def heading_of(rows: Sequence[Row], wanted: Wanted, zone: ZoneInfo, file: str) -> Heading:
    """Find the row of names and what each column is. Raises InputError that says what was looked for and what stands there."""
    top = _top(rows, wanted)
    if top is None:
        first = next((i for i, row in enumerate(rows) if any(row)), 0)
        raise InputError(
            f"{file}:{first + 1}: 没有找到时间列，表头为 {_listed(rows[first])}；应有一列名为 time、时间或日期，或用 --time-column 指明；"
            f"时间写作 {WANTED} 等 / no time column among {_listed(rows[first])}; one called time or date is right, or --time-column; "
            f"times as {WANTED}"
        )
    names = _names(rows[top])
    body = [row for row in rows[top + 1 :] if any(c.strip() for c in row)]
    if not body:
        raise InputError(
            f"{file}:{top + 1}: 表头之下没有数据行 / no rows below the heading; at least one row of data is right"
        )
    time = _time_column(names, body, wanted, zone)
    if time is None:
        raise _no_column(file, top, "时间", "time", wanted.time or "", names)
    times = times_of((_cell(row, time) for row in body), zone, wanted.time_format, f"{file}:{top + 2}")
    series = _series_column(names, body, time, wanted, file, top)
    values, left_out = _value_columns(names, body, time, series, wanted, file, top)
    return Heading(top, names, time, series, values, left_out, times)


def _top(rows: Sequence[Row], wanted: Wanted) -> int | None:
    """The first row that names a time column, else the row before the first that holds a time; titles may stand above."""
    words = {w.casefold() for w in ([wanted.time] if wanted.time else _TIME)}
    for i, row in enumerate(rows[:_TOP]):
        if len([c for c in row if c.strip()]) > 1 and any(_plain(cell) in words for cell in row):
            return i
    if wanted.time:
        return None
    loose = Times(ZoneInfo("UTC"), wanted.time_format, True)
    before = None
    for i, row in enumerate(rows[:_TOP]):
        if any(has_marks(c) and loose.read(c) is not None for c in row):
            return before
        before = i if any(c.strip() for c in row) else before
    return None


def _time_column(names: list[str], body: Sequence[Row], wanted: Wanted, zone: ZoneInfo) -> int | None:
    if wanted.time:
        return _index(names, wanted.time)
    named = [i for word in _TIME for i, name in enumerate(names) if _plain(name) == word]
    some, loose = body[:_LOOKED], Times(zone, wanted.time_format, True)
    for i in [*named, *range(len(names))]:
        cells = [c for row in some if (c := _cell(row, i).strip())]
        readable = [c for c in cells if (i in named or has_marks(c)) and loose.read(c) is not None]
        if cells and len(readable) >= _MOSTLY * len(cells):
            return int(i)
    return named[0] if named else None


def _series_column(names: list[str], body: Sequence[Row], time: int, wanted: Wanted, file: str, top: int) -> int | None:
    if wanted.series:
        found = _index(names, wanted.series)
        if found is None:
            raise _no_column(file, top, "序列", "series", wanted.series, names)
        return found
    named = [i for word in _SERIES for i, name in enumerate(names) if _plain(name) == word and i != time]
    for i in named:
        if not _holds_numbers(body, i) or len(names) == len(("series", "time", "value")):
            return i
    words = [
        i for i in range(len(names)) if i != time and _share_of_numbers(body, i) < 1 - _MOSTLY and _is_filled(body, i)
    ]
    moments = [_cell(row, time) for row in body]
    repeats = 1 - len(set(moments)) / len(moments)
    # A lone column of words is the name of a series when times come again and again; else it is a remark.
    return words[0] if len(words) == 1 and repeats > 1 - _MOSTLY else None


def _value_columns(
    names: list[str], body: Sequence[Row], time: int, series: int | None, wanted: Wanted, file: str, top: int
) -> tuple[list[int], list[str]]:
    others = [i for i in range(len(names)) if i not in (time, series)]
    if wanted.value:
        found = _index(names, wanted.value)
        if found is None:
            raise _no_column(file, top, "数值", "value", wanted.value, names)
        return [found], [names[i] for i in others if i != found]
    if series is not None:
        named = [i for word in _VALUE for i in others if _plain(names[i]) == word]
        others = named[:1] or others
    values = [i for i in others if _holds_numbers(body, i)]
    if not values:
        raise InputError(
            f"{file}:{top + 1}: 没有一列是数，列名为 {_listed(names)}；时间之外至少要有一列数值 / no column of numbers among "
            f"{_listed(names)}; at least one beside the time is right"
        )
    return values, [n for i, n in enumerate(names) if i not in (time, series, *values)]


def _holds_numbers(body: Sequence[Row], column: int) -> bool:
    """True for a column with at least a number among its first filled cells, or anywhere: a late beginner is a series too."""
    return _share_of_numbers(body, column) > 1 - _MOSTLY


def _share_of_numbers(body: Sequence[Row], column: int) -> float:
    cells = [c for row in body if not is_blank(c := _cell(row, column))][:_LOOKED]
    return sum(isinstance(number_of(c), Number) for c in cells) / len(cells) if cells else 0.0


def _is_filled(body: Sequence[Row], column: int) -> bool:
    some = body[:_LOOKED]
    return sum(bool(_cell(row, column).strip()) for row in some) >= _MOSTLY * len(some)


def _names(row: Row) -> list[str]:
    names: list[str] = []
    for i, cell in enumerate(row):
        name = cell.strip() or f"列{i + 1}"
        seen = sum(n == name or n.startswith(f"{name} #") for n in names)
        names.append(f"{name} #{seen + 1}" if seen else name)
    return names


def _cell(row: Row, column: int) -> str:
    return row[column] if column < len(row) else ""


def _plain(name: str) -> str:
    return name.strip().casefold().split("(")[0].split("（")[0].strip()


def _index(names: list[str], word: str) -> int | None:
    return next((i for i, name in enumerate(names) if word in (name, _plain(name))), None)


def _no_column(file: str, top: int, zh: str, en: str, word: str, names: list[str]) -> InputError:
    return InputError(
        f"{file}:{top + 1}: 没有名为 {word!r} 的{zh}列；有 {_listed(names)} / no {en} column {word!r}; there are {_listed(names)}"
    )


def _listed(names: Iterable[str]) -> str:
    shown = [n for n in names if n.strip()]
    return "、".join(shown[:12]) + (f" … ({len(shown)})" if len(shown) > 12 else "")
