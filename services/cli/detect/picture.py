"""A series as SVG: values over time, the band expected, alarms and defects marked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from detectors.series.detector import Floats, Integers
from detectors.series.quality.wording import NAMES
from services.cli.backtest.skill.drawing import GRID, SOFT, Scale, drawing, path, round_step, scale, text
from services.cli.detect.account import Account, Alarm
from services.cli.detect.judging import Judged
from services.cli.detect.table import Table
from services.cli.detect.words import clock
from services.detection.wording import quantity

ALARM, DEFECT, BAND, LINE = "#c8202b", "#b06a00", "#cfe3f3", "#0b4f8a"
_LEFT, _RIGHT, _TOP, _BOTTOM = 76.0, 16.0, 26.0, 26.0
_BAND_OF = (
    "seasonal",
    "robust_level",
    "forecast_residual",
    "ewma",
    "ensemble",
    "page_hinkley",
    "cusum",
    "change_point",
    "cover_trend",
)
_STEPS_S = (
    60,
    300,
    900,
    3600,
    10_800,
    21_600,
    43_200,
    86_400,
    172_800,
    604_800,
    1_209_600,
    2_592_000,
    7_862_400,
    31_536_000,
    157_680_000,
)
_TICKS = 9
_LEAST_TEXT = 26.0


@dataclass(frozen=True)
class Frame:
    """Where a picture has its axes. ``rows``: of the table that are drawn."""

    rows: Integers
    x: Scale
    y: Scale
    low: float
    high: float
    width: float
    height: float


def series_picture(
    table: Table,
    judged: Judged,
    account: Account,
    rows: Integers,
    width: float = 1080.0,
    height: float = 230.0,
    title: str = "",
) -> str:
    """The picture of some rows of a series, in order."""
    frame = _frame(table, judged, rows, width, height)
    parts = [
        *_axes(table, frame),
        *_spans(account, frame, float(table.times_us[rows[0]]), float(table.times_us[rows[-1]])),
        *_band(table, judged, frame),
        *_values(table, judged, frame),
        *_defective(table, judged, frame),
        *_alarms(account.alarms, frame),
        text(_LEFT, 15, title, "font-weight='bold'") if title else "",
    ]
    return drawing(width, height, parts)


def band_of(judged: Judged, rows: Integers) -> tuple[Floats, Floats, Floats]:
    """Expected, low and high of each row by the first detector that has them: the seasonal baseline, else the robust level."""
    made = [np.full(len(rows), np.nan) for _ in range(3)]
    for name in _BAND_OF:
        if name not in judged.names:
            continue
        column = judged.names.index(name)
        is_empty = ~np.isfinite(made[0]) & np.isfinite(judged.low[rows, column])
        for kept, source in zip(made, (judged.expected, judged.low, judged.high), strict=True):
            kept[is_empty] = source[rows[is_empty], column]
    return made[0], made[1], made[2]


def _frame(table: Table, judged: Judged, rows: Integers, width: float, height: float) -> Frame:
    used = judged.used[rows]
    seen = used[np.isfinite(used)] if np.isfinite(used).any() else table.values[rows]
    _, low, high = band_of(judged, rows)
    ends = [np.nanquantile(low, 0.05), np.nanquantile(high, 0.95)] if np.isfinite(low).any() else []
    bottom, top = float(min(seen.min(), *ends, seen.max())), float(max(seen.max(), *ends, seen.min()))
    room = 0.06 * (top - bottom) or max(0.05 * abs(top), 1.0)
    bottom, top = bottom - room, top + room
    first, last = float(table.times_us[rows[0]]), float(table.times_us[rows[-1]])
    x = scale(first, max(last, first + 1.0), _LEFT, width - _RIGHT)
    return Frame(rows, x, scale(bottom, top, height - _BOTTOM, _TOP), bottom, top, width, height)


def _axes(table: Table, frame: Frame) -> Iterator[str]:
    step = round_step((frame.high - frame.low) / 4)
    for k in range(int(np.ceil(frame.low / step)), int(np.floor(frame.high / step)) + 1):
        y = frame.y(k * step)
        yield path([(_LEFT, y), (frame.width - _RIGHT, y)], f"stroke='{GRID}'")
        yield text(_LEFT - 6, y + 4, quantity(k * step), f"text-anchor='end' font-size='11' fill='{SOFT}'")
    first, last = int(table.times_us[frame.rows[0]]), int(table.times_us[frame.rows[-1]])
    for at in _ticks(first, last, table.zone):
        x = frame.x(float(at))
        yield path([(x, _TOP), (x, frame.height - _BOTTOM)], f"stroke='{GRID}'")
        words = clock(at, table.zone)
        short = words if last - first > 300 * 86_400_000_000 else words[5:]
        yield text(x, frame.height - 9, short, f"text-anchor='middle' font-size='11' fill='{SOFT}'")


def _ticks(first_us: int, last_us: int, zone: ZoneInfo) -> Iterator[int]:
    """Round moments of the zone."""
    span_s = max((last_us - first_us) / 1e6, 1.0)
    step = next((s for s in _STEPS_S if span_s / s <= _TICKS), _STEPS_S[-1])
    begin = datetime.fromtimestamp(first_us / 1e6, UTC).astimezone(zone)
    offset = int((begin.utcoffset() or timedelta()).total_seconds())
    at = ((first_us // 1_000_000 + offset) // step + 1) * step - offset
    while at * 1_000_000 < last_us - 0.03 * (last_us - first_us):
        if at * 1_000_000 > first_us + 0.03 * (last_us - first_us):
            yield at * 1_000_000
        at += step


def _spans(account: Account, frame: Frame, first: float, last: float) -> Iterator[str]:
    """Shades of episodes and of defects, with the name of the defect above."""
    height = frame.height - _BOTTOM - _TOP
    taken = -1e9
    for finding in account.defects:
        end = last if finding.until_us is None else float(finding.until_us)
        if end < first or finding.since_us > last:
            continue
        a, b = frame.x(max(float(finding.since_us), first)), frame.x(min(end, last))
        yield f"<rect x='{a:.1f}' y='{_TOP}' width='{max(b - a, 1.5):.1f}' height='{height:g}' fill='{DEFECT}' opacity='0.16'/>"
        word = NAMES[finding.kind][0]
        at = min(a, frame.width - _RIGHT - 11.0 * len(word))
        if at > taken + _LEAST_TEXT:
            yield text(at, _TOP - 3, word, f"font-size='11' fill='{DEFECT}'")
            taken = at + 11.0 * len(word)
    for alarm in account.alarms:
        end = last if alarm.until_us is None else float(alarm.until_us)
        if end >= first and alarm.begin.time_us <= last:
            a, b = frame.x(max(float(alarm.begin.time_us), first)), frame.x(min(end, last))
            yield f"<rect x='{a:.1f}' y='{_TOP}' width='{max(b - a, 1.5):.1f}' height='{height:g}' fill='{ALARM}' opacity='0.10'/>"


def _columns(times: Floats, frame: Frame) -> Integers:
    """First row of each column of the picture when there are far more rows than places, else every row."""
    places = int(frame.width - _LEFT - _RIGHT)
    if len(times) <= 2 * places:
        return np.arange(len(times))
    column = np.floor((times - times[0]) / max(times[-1] - times[0], 1.0) * places)
    found: Integers = np.flatnonzero(np.append(True, np.diff(column) > 0))
    return found


def _clamped(y: float, frame: Frame) -> float:
    return float(min(max(y, _TOP), frame.height - _BOTTOM))


def _band(table: Table, judged: Judged, frame: Frame) -> Iterator[str]:
    rows = frame.rows
    middle, low, high = band_of(judged, rows)
    known = np.flatnonzero(np.isfinite(low) & np.isfinite(high))
    if len(known) < 2:  # a band needs two ends
        return
    times = table.times_us[rows[known]].astype(np.float64)
    first = _columns(times, frame)
    lowest, highest = np.minimum.reduceat(low[known], first), np.maximum.reduceat(high[known], first)
    xs = [frame.x(t) for t in times[first]]
    over = [(x, _clamped(frame.y(v), frame)) for x, v in zip(xs, highest, strict=True)]
    under = [(x, _clamped(frame.y(v), frame)) for x, v in zip(xs, lowest, strict=True)]
    yield path([*over, *reversed(under)], f"fill='{BAND}' stroke='none'")
    line = [(x, _clamped(frame.y(v), frame)) for x, v in zip(xs, middle[known[first]], strict=True)]
    yield path(line, "fill='none' stroke='#7fb0d6' stroke-width='1' stroke-dasharray='4 3'")


def _values(table: Table, judged: Judged, frame: Frame) -> Iterator[str]:
    """The values judged; where rows crowd, the range within each place. A gap of many cadences breaks the line."""
    rows = frame.rows[np.isfinite(judged.used[frame.rows])]
    if not len(rows):
        return
    times, values = table.times_us[rows].astype(np.float64), judged.used[rows]
    first = _columns(times, frame)
    steps = np.diff(times)
    broken = set((np.flatnonzero(steps > 5 * np.median(steps)) + 1).tolist()) if len(steps) else set()
    points: list[tuple[float, float]] = []
    for n, begin in enumerate(first.tolist()):
        end = int(first[n + 1]) if n + 1 < len(first) else len(values)
        if begin in broken and points:
            yield _line(points)
            points = []
        part, x = values[begin:end], frame.x(times[begin])
        ends = [part[0]] if len(part) == 1 else sorted((float(part.min()), float(part.max())))
        points += [(x, frame.y(float(v))) for v in ends]
    yield _line(points)


def _line(points: Sequence[tuple[float, float]]) -> str:
    if len(points) == 1:
        return f"<circle cx='{points[0][0]:.1f}' cy='{points[0][1]:.1f}' r='1.5' fill='{LINE}'/>"
    return path(points, f"fill='none' stroke='{LINE}' stroke-width='1.1'")


def _defective(table: Table, judged: Judged, frame: Frame) -> Iterator[str]:
    """Values as told where they are wrong; what lies beyond the picture stands at its edge."""
    rows = frame.rows[judged.defect[frame.rows] > 0]
    for row in rows[:: max(1, len(rows) // 400)].tolist():
        x, y = frame.x(float(table.times_us[row])), _clamped(frame.y(float(table.values[row])), frame)
        yield path([(x - 3, y - 3), (x + 3, y + 3)], f"stroke='{DEFECT}' stroke-width='1.4'")
        yield path([(x - 3, y + 3), (x + 3, y - 3)], f"stroke='{DEFECT}' stroke-width='1.4'")


def _alarms(alarms: Sequence[Alarm], frame: Frame) -> Iterator[str]:
    inside = set(frame.rows.tolist())
    for number, alarm in enumerate(alarms, start=1):
        for moment, size in ((alarm.begin, 3.0), (alarm.strongest, 5.0)):
            if moment.row in inside:
                x, y = frame.x(float(moment.time_us)), _clamped(frame.y(moment.value), frame)
                yield f"<circle cx='{x:.1f}' cy='{y:.1f}' r='{size:g}' fill='none' stroke='{ALARM}' stroke-width='2'/>"
        if alarm.begin.row in inside:
            x = frame.x(float(alarm.begin.time_us))
            yield path([(x, _TOP), (x, frame.height - _BOTTOM)], f"stroke='{ALARM}' stroke-width='1'")
            yield text(
                x + 3, frame.height - _BOTTOM - 4, str(number), f"font-size='12' font-weight='bold' fill='{ALARM}'"
            )
