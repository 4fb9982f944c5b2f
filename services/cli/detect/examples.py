"""One thing that each detector of single series sees and one that it misses: generated series, the same every time."""

from collections.abc import Callable

import numpy as np
from msgspec import Struct

from detectors.series.detector import Floats
from detectors.series.rounds import Rounds, judge
from services.cli.detect.bank import MAKERS

HOUR_US = 3_600_000_000
BEGIN_US = 1_772_380_800_000_000
"""Monday 2 March 2026, 00:00 in Beijing."""
ALPHA = 1e-3
Draw = Callable[[np.random.Generator], tuple[Floats, int]]
"""Values, and the row at which something happens."""


class Scene(Struct, frozen=True):
    """One panel: lines of values (rows by lines), the band expected of the first line (NaN: none), rows told, row at which something happens."""

    zh: str
    en: str
    lines: Floats
    low: Floats
    high: Floats
    told: list[int]
    event: int


class Case(Struct, frozen=True):
    """Words and series of one panel. ``step_h``: hours from row to row."""

    zh: str
    en: str
    draw: Draw
    step_h: float = 1.0


def scene_of(detector: str, case: Case) -> Scene:
    """Judge a generated series row after row."""
    values, event = case.draw(np.random.default_rng(7))
    made, rounds = MAKERS[detector](), Rounds()
    rounds.grow(1)
    times = BEGIN_US + (np.arange(len(values)) * case.step_h * HOUR_US).astype(np.int64)
    scored = judge(made, rounds, np.zeros(len(values), np.int64), times, values).scored
    told = np.flatnonzero(scored.p_value <= ALPHA).tolist()
    return Scene(case.zh, case.en, values[:, None], scored.low, scored.high, told, event)


def _noise(rng: np.random.Generator, rows: int = 360) -> Floats:
    made: Floats = 100.0 + 2.0 * rng.standard_normal(rows)
    return made


def _shift(sigmas: float, at: int = 240, until: int | None = None) -> Draw:
    def draw(rng: np.random.Generator) -> tuple[Floats, int]:
        values = _noise(rng)
        values[at:until] += 2.0 * sigmas
        return values, at

    return draw


def _spike(rng: np.random.Generator) -> tuple[Floats, int]:
    values = _noise(rng)
    values[250] += 26.0
    return values, 250


def _drift(rng: np.random.Generator) -> tuple[Floats, int]:
    values = _noise(rng)
    values[180:] += 0.06 * np.arange(180)
    return values, 180


def _spread(rng: np.random.Generator) -> tuple[Floats, int]:
    values = _noise(rng)
    values[240:] += 0.6 * (values[240:] - 100.0)
    return values, 240


def _twice(rng: np.random.Generator) -> tuple[Floats, int]:
    values = _noise(rng)
    values[200:] += 8.0
    values[222:228] += 8.0
    return values, 222


def _daily(rng: np.random.Generator, days: int) -> Floats:
    hours = np.arange(24 * days)
    made: Floats = 100.0 - 12.0 * np.cos(2 * np.pi * (hours - 2) / 24) + 1.5 * rng.standard_normal(len(hours))
    return made


def _night(day: int) -> Draw:
    def draw(rng: np.random.Generator) -> tuple[Floats, int]:
        values, at = _daily(rng, 28), 24 * day + 1
        values[at : at + 4] = 108.0
        return values, at

    return draw


def _walk(jump: float) -> Draw:
    def draw(rng: np.random.Generator) -> tuple[Floats, int]:
        steps = 0.5 * rng.standard_normal(360)
        if jump:
            steps[250] += jump
        else:
            steps[180:] += 0.08
        return 100.0 + np.cumsum(steps), 250 if jump else 180

    return draw


def _stock(rng: np.random.Generator, *, is_sudden: bool) -> tuple[Floats, int]:
    values = 100.0 + 1.5 * rng.standard_normal(360)
    values[240:] -= 90.0 * np.minimum(np.arange(120) / (2.0 if is_sudden else 110.0), 1.0)
    return np.maximum(values, 0.0), 240


def _events(second: float) -> Draw:
    def draw(rng: np.random.Generator) -> tuple[Floats, int]:
        values = _daily(rng, 28)
        at = 24 * 24 + 3
        if second < 1.0:
            values[24 * 14 + 3 : 24 * 14 + 9] += 30.0
        values[at : at + 6] += 30.0 * second
        return values, at

    return draw


CASES: dict[str, tuple[Case, Case]] = {
    "robust_level": (Case("一个远离的值", "one value far off", _spike), Case("缓慢漂移", "a slow drift", _drift)),
    "ewma": (
        Case("水平小移，持续两天半", "a small move of the level for sixty hours", _shift(1.5, 240, 300)),
        Case("波动变大六成，水平不变", "the spread grows by six tenths, the level stays", _spread),
    ),
    "cusum": (Case("水平移动 1.2σ", "the level moves by 1.2 σ", _shift(1.2)), Case("单个尖峰（有意）", "one spike (on purpose)", _spike)),
    "page_hinkley": (
        Case("均值变了 1.2σ", "the mean has changed by 1.2 σ", _shift(1.2)),
        Case("刚判为变化后重新学习，其间又一变", "another change while it learns anew after the first", _twice),
    ),
    "change_point": (
        Case("水平变了且保持", "a level that has changed and stays", _shift(2.0)),
        Case("单个尖峰（有意）", "one spike (on purpose)", _spike),
    ),
    "seasonal": (
        Case("夜里出现白天的值（第 24 天）", "the value of the day at night (day 24)", _night(24)),
        Case("头几天还不认识夜里（第 3 天）", "the first days, nights still unknown (day 3)", _night(3)),
    ),
    "forecast_residual": (
        Case("游走的序列突然一跳", "a sudden jump of a series that wanders", _walk(5.0)),
        Case("缓慢漂移", "a slow drift", _walk(0.0)),
    ),
    "cover_trend": (
        Case("照此下去，两周内见底", "going on like this, empty within a fortnight", lambda rng: _stock(rng, is_sudden=False), 6.0),
        Case("半日内见底：再看趋势已晚", "empty within half a day: a trend comes too late", lambda rng: _stock(rng, is_sudden=True), 6.0),
    ),
    "ensemble": (
        Case("从未有过的形状", "a shape never seen before", _events(1.0)),
        Case("不比前一次大的事件（第二次）", "an event no larger than an earlier one (the second)", _events(0.5)),
    ),
}  # fmt: skip
"""What each sees, then what it misses."""
