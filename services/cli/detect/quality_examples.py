"""What each detector of data quality sees, and what it leaves to others or to people: generated reports, the same every time."""

from collections.abc import Callable

import numpy as np
from msgspec import Struct

from detectors.series.detector import Floats, Integers
from detectors.series.quality.kinds import Kind, Nature
from detectors.series.quality.places import Place
from detectors.series.quality.reports import Reports
from detectors.series.quality.watch import Watch, is_wrong
from services.cli.detect.examples import BEGIN_US, HOUR_US, Scene

_ROWS, _EVENT = 360, 240
_LAG_US = HOUR_US // 4


class Told(Struct, frozen=True):
    """Lines of values (rows by lines), the time each row states and when it arrived."""

    lines: Floats
    times_us: Integers
    known_us: Integers


class QualityCase(Struct, frozen=True):
    """Words, what the lines measure, and the reports of one panel."""

    zh: str
    en: str
    natures: tuple[Nature, ...]
    draw: Callable[[np.random.Generator], Told]


def quality_scene(case: QualityCase) -> Scene:
    """Judge generated reports row after row; told are rows of the first line that are called wrong, or begin an imbalance."""
    given, lines = case.draw(np.random.default_rng(7)), len(case.natures)
    places = (Place(0, (1,), (2,)),) if lines > 1 else ()
    watch = Watch(np.array([int(n) for n in case.natures], np.int8), np.full(lines, np.nan), places)
    told = []
    for row in range(len(given.lines)):
        slots = np.roll(np.arange(lines), -1)  # the stock after what came and left
        seen = watch.take(
            Reports(
                slots, np.full(lines, given.times_us[row]), np.full(lines, given.known_us[row]), given.lines[row, slots]
            )
        )
        is_first = np.asarray(seen.reports.slots == 0)
        wrong = is_wrong(seen.timing) | is_wrong(seen.scale) | is_wrong(seen.repeat)
        unbalanced = (seen.balance.kind != int(Kind.NONE)) & (seen.balance.event != 0)
        if (wrong & is_first).any() or unbalanced.any():
            told.append(row)
    blank = np.full(len(given.lines), np.nan)
    return Scene(case.zh, case.en, given.lines, blank, blank, told, _EVENT)


def _told(lines: Floats, shift_us: Integers | int = 0, late_us: Integers | int = 0) -> Told:
    times = BEGIN_US + np.arange(_ROWS) * HOUR_US
    return Told(lines, (times + shift_us).astype(np.int64), (times + _LAG_US + late_us).astype(np.int64))


def _flow(rng: np.random.Generator) -> Floats:
    made: Floats = np.round(5000.0 + 150.0 * rng.standard_normal((_ROWS, 1)), 0)
    return made


def _times(factor: float) -> Callable[[np.random.Generator], Told]:
    def draw(rng: np.random.Generator) -> Told:
        lines = _flow(rng)
        lines[_EVENT:] *= factor
        return _told(lines)

    return draw


def _held(noise: float) -> Callable[[np.random.Generator], Told]:
    def draw(rng: np.random.Generator) -> Told:
        lines = _flow(rng)
        lines[_EVENT : _EVENT + 60] = np.round(lines[_EVENT] + noise * rng.standard_normal((60, 1)), 0)
        return _told(lines)

    return draw


def _skewed(rng: np.random.Generator) -> Told:
    return _told(_flow(rng), shift_us=np.where(np.arange(_ROWS) >= _EVENT, 8 * HOUR_US, 0))


def _late(rng: np.random.Generator) -> Told:
    return _told(_flow(rng), late_us=np.where(np.arange(_ROWS) >= _EVENT, 2 * HOUR_US, 0))


def _yard(lost: float) -> Callable[[np.random.Generator], Told]:
    def draw(rng: np.random.Generator) -> Told:
        came, left = (1000.0 + 60.0 * rng.standard_normal(_ROWS) for _ in range(2))
        stock = 3_000.0 + np.cumsum((came - left) / 24.0)
        stock[_EVENT:] -= lost * np.arange(1, _ROWS - _EVENT + 1)
        return _told(np.stack([stock, came, left], axis=1))

    return draw


_ONE, _PLACE = (Nature.RATE,), (Nature.STOCK, Nature.RATE, Nature.RATE)
QUALITY: tuple[tuple[str, QualityCase, QualityCase], ...] = (
    (
        "scale",
        QualityCase("单位从吨改成百吨", "the unit turns from tonnes to hundreds", _ONE, _times(0.01)),
        QualityCase("表计偏低一成：不是十的幂", "a gauge a tenth too low: no power of ten", _ONE, _times(0.9)),
    ),
    (
        "repeat",
        QualityCase("读数卡住六十期", "a gauge stuck for sixty reports", _ONE, _held(0.0)),
        QualityCase("卡住但末位仍跳：留给水平类检测器", "stuck but for noise: left to others", _ONE, _held(12.0)),
    ),
    (
        "timing",
        QualityCase("时钟快了八小时", "a clock eight hours fast", _ONE, _skewed),
        QualityCase("一律迟到两小时：迟报不是时钟偏差", "all two hours late: late is not skewed", _ONE, _late),
    ),
    (
        "balance",
        QualityCase("每小时少记二十吨收支", "twenty tonnes an hour unaccounted for", _PLACE, _yard(20.0)),
        QualityCase("少记三分之一吨", "a third of a tonne unaccounted for", _PLACE, _yard(0.33)),
    ),
)
"""Each detector of data quality with what it sees and what it does not."""
