"""One thing that each detector of related series sees and one that it misses: generated plants, the same every time."""

from collections.abc import Callable

import numpy as np
from msgspec import Struct

from detectors.series.detector import Floats
from detectors.series.related import (
    BrokenRelation,
    CanonicalVariates,
    DynamicPca,
    IsolatedRows,
    RelatedWatch,
    RobustCovariance,
)
from detectors.series.related.evidence import Method
from services.cli.detect.examples import Scene

ALPHA = 0.01
"""Twice the level of alarms: the score of a forest is bounded, and hardly goes beyond that level."""
_HISTORY, _ROWS, _EVENT = 1000, 240, 140
Draw = Callable[[np.random.Generator, int], Floats]


class RelatedCase(Struct, frozen=True):
    """Words of a panel, how a plant of so many rows is drawn, and how its rows after the event change."""

    zh: str
    en: str
    draw: Draw
    change: Callable[[np.random.Generator, Floats], Floats]


def related_scene(make: Callable[[], Method], case: RelatedCase) -> Scene:
    """Learn from the first thousand rows, judge the rest."""
    rng = np.random.default_rng(11)
    table = case.draw(rng, _HISTORY + _ROWS)
    table[_HISTORY + _EVENT :] = case.change(rng, table[_HISTORY + _EVENT :].copy())
    names = [f"v{i}" for i in range(table.shape[1])]
    watch = RelatedWatch(make(), table[:_HISTORY], names)
    rows = table[_HISTORY:]
    scored = watch.judge(rows)
    told = np.flatnonzero(scored.p_value <= ALPHA).tolist()
    nothing = np.full(_ROWS, np.nan)
    return Scene(case.zh, case.en, rows, nothing, nothing, told, _EVENT)


def _slow(rng: np.random.Generator, rows: int, memory: float = 0.8) -> Floats:
    noise = rng.standard_normal(rows) * np.sqrt(1 - memory**2)
    made = np.zeros(rows)
    for t in range(1, rows):
        made[t] = memory * made[t - 1] + noise[t]
    return made


def _together(rng: np.random.Generator, rows: int) -> Floats:
    """Three variables that move with one cause, at the same time."""
    cause = _slow(rng, rows)
    return np.asarray(np.stack([cause, 0.8 * cause, -0.6 * cause], axis=1) + 0.25 * rng.standard_normal((rows, 3)))


def _delayed(rng: np.random.Generator, rows: int) -> Floats:
    """The second follows the first two rows later."""
    cause = _slow(rng, rows + 2)
    made = np.stack([cause[2:], 0.9 * cause[:-2]], axis=1)
    return np.asarray(made + 0.2 * rng.standard_normal((rows, 2)))


def _wandering(rng: np.random.Generator, rows: int) -> Floats:
    """Two prices that wander together."""
    cause = np.cumsum(0.15 * rng.standard_normal(rows))
    return np.asarray(np.stack([cause, cause], axis=1) + 0.2 * rng.standard_normal((rows, 2)) + np.array([0.0, 1.5]))


def _second_flips(rng: np.random.Generator, rows: Floats) -> Floats:
    del rng
    rows[:, 1] = -rows[:, 1]
    return rows


def _second_alone(rng: np.random.Generator, rows: Floats) -> Floats:
    """The second has the same spread as before, but follows nothing any more."""
    rows[:, 1] = 0.9 * _slow(rng, len(rows)) + 0.2 * rng.standard_normal(len(rows))
    return rows


def _far(rng: np.random.Generator, rows: Floats) -> Floats:
    del rng
    rows[40:52] += np.array([5.0, -4.0, 4.0])
    return rows


def _small(rng: np.random.Generator, rows: Floats) -> Floats:
    del rng
    rows[:, 0] += 0.3
    return rows


def _creeping(rng: np.random.Generator, rows: Floats) -> Floats:
    """All move together as slowly as they always do, a little further."""
    del rng
    return np.asarray(rows + np.linspace(0.0, 1.2, len(rows))[:, None] * np.array([1.0, 0.9]))


def _apart(rng: np.random.Generator, rows: Floats) -> Floats:
    del rng
    rows[:, 1] += np.linspace(0.0, 2.5, len(rows))
    return rows


def _both_jump(rng: np.random.Generator, rows: Floats) -> Floats:
    del rng
    return rows + 2.0


RELATED: dict[str, tuple[Callable[[], Method], RelatedCase, RelatedCase]] = {
    "isolation_forest": (
        IsolatedRows,
        RelatedCase("远离其余各行的行", "rows far from all others", _together, _far),
        RelatedCase("关系断了，但各值都平常", "the relation is broken, each value usual", _delayed, _second_alone),
    ),
    "robust_covariance": (
        RobustCovariance,
        RelatedCase("第二个变量反着走", "the second moves the wrong way", _together, _second_flips),
        RelatedCase("时间上的关系断了（不再隔两行跟随）", "a relation over time is broken (no following two rows later)", _delayed, _second_alone),
    ),
    "canonical_variates": (
        CanonicalVariates,
        RelatedCase("时间上的关系断了", "a relation over time is broken", _delayed, _second_alone),
        RelatedCase("与平时同样缓慢的同向漂移", "a drift together, as slow as usual", _delayed, _creeping),
    ),
    "dynamic_pca": (
        DynamicPca,
        RelatedCase("第二个变量反着走", "the second moves the wrong way", _together, _second_flips),
        RelatedCase("小的持久变化", "a small lasting change", _together, _small),
    ),
    "broken_relation": (
        BrokenRelation,
        RelatedCase("一同游走的两个价格分开", "two prices that wander together part", _wandering, _apart),
        RelatedCase("两者一同跳：关系之内", "both jump: within the relation", _wandering, _both_jump),
    ),
}  # fmt: skip
"""How each is made, what it sees, then what it misses."""
