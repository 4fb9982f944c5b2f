"""What happens to the parts of a network over time, per scenario: factors on nodes, makers, links and demands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from detectors.network.grid import Floats

_CURVE_PARTS = 24


class Target(StrEnum):
    """What a factor acts on."""

    NODE = "node"
    MAKER = "maker"
    LINK = "link"
    DEMAND = "demand"


class Recovery(StrEnum):
    """How the effect fades after the end: at once, evenly, fast at first, slowly at both ends, slowly at first."""

    NONE = "none"
    LINEAR = "linear"
    EXPONENTIAL = "exponential"
    S_CURVE = "s_curve"
    LATE = "late"


Part = tuple[Target, int]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Disruption:
    """A part works at ``factor`` from ``start_h`` to ``end_h`` (infinite: for ever), then comes back over ``recovery_h``.

    A link at 0 is closed and holds what is under way; a node at 0 makes, sends and takes nothing; a demand may have a factor above 1.
    Raises ValueError for NaN, a negative factor, or an end before the start.
    """

    target: Target
    index: int
    start_h: float = 0.0
    end_h: float = np.inf
    factor: float = 0.0
    recovery_h: float = 0.0
    recovery: Recovery = Recovery.LINEAR

    def __post_init__(self) -> None:
        if not (self.start_h <= self.end_h and 0 <= self.factor < np.inf and 0 <= self.recovery_h < np.inf):
            raise ValueError(
                f"{self.target} {self.index}: from {self.start_h} to {self.end_h} h at {self.factor}, back in {self.recovery_h} h; "
                "start ≤ end and finite numbers of 0 or more are right"
            )

    def knots(self) -> tuple[Floats, Floats]:
        """Hours and factors of the curve; in between it is straight, outside it goes on as at its ends. A jump has one hour twice."""
        hours, values = [self.start_h, self.start_h], [1.0, self.factor]
        if np.isfinite(self.end_h):
            is_sudden = self.recovery_h == 0 or self.recovery is Recovery.NONE
            progress = np.array([1.0]) if is_sudden else np.linspace(0.0, 1.0, _CURVE_PARTS + 1)[1:]
            spent = 0.0 if is_sudden else self.recovery_h
            hours += [self.end_h, *(self.end_h + spent * progress)]
            values += [self.factor, *(1.0 - (1.0 - self.factor) * _left(progress, self.recovery))]
        return np.array(hours), np.array(values)

    def at(self, hours: Floats, *, is_from_left: bool = False) -> Floats:
        """Factor at each hour; at a jump what follows it, or with ``is_from_left`` what comes before."""
        knots, values = self.knots()
        at = np.searchsorted(knots, hours, side="left" if is_from_left else "right")
        low, high = np.clip(at - 1, 0, len(knots) - 1), np.clip(at, 0, len(knots) - 1)
        span = knots[high] - knots[low]
        part = np.divide(hours - knots[low], span, out=np.zeros_like(hours), where=span > 0)
        inside = values[low] + np.clip(part, 0.0, 1.0) * (values[high] - values[low])
        return np.asarray(np.where(at == 0, 1.0, inside))


def _left(progress: Floats, shape: Recovery) -> Floats:
    """Share of the effect that is left at ``progress`` (0 to 1) of the recovery."""
    if shape is Recovery.EXPONENTIAL:
        return np.asarray((np.exp(-4.0 * progress) - np.exp(-4.0)) / (1.0 - np.exp(-4.0)))
    if shape is Recovery.S_CURVE:
        return np.asarray(0.5 * (1.0 + np.cos(np.pi * progress)))
    if shape is Recovery.LATE:
        return np.asarray(1.0 - progress**3)
    return np.asarray(1.0 - progress)


class Courses:
    """Factors of S scenarios: for each disturbed part one row (K, S), its mean over each of the K steps of the grid; all other parts stay at 1."""

    def __init__(self, scenarios: int, rows: Mapping[Part, Floats]) -> None:
        if scenarios < 1:
            raise ValueError(f"{scenarios} scenarios were given; at least 1 is right")
        self.scenarios = scenarios
        self.rows: dict[Part, Floats] = {}
        for part, factors in rows.items():
            values = np.asarray(factors, dtype=np.float64)
            if values.ndim != 2 or values.shape[1] != scenarios or not np.isfinite(values).all() or (values < 0).any():
                raise ValueError(
                    f"factors of {part} have shape {values.shape}; (K, {scenarios}), finite, 0 or more is right"
                )
            self.rows[part] = values

    @classmethod
    def quiet(cls, scenarios: int = 1) -> "Courses":
        """Nothing happens."""
        return cls(scenarios, {})

    @classmethod
    def of(cls, disruptions: Sequence[Sequence[Disruption]], grid: Floats) -> "Courses":
        """One list of disruptions per scenario; where several meet on one part their factors multiply. Integrated over each step."""
        found: dict[Part, dict[int, list[Disruption]]] = {}
        for scenario, happening in enumerate(disruptions):
            for disruption in happening:
                found.setdefault((disruption.target, disruption.index), {}).setdefault(scenario, []).append(disruption)
        rows = {}
        known: dict[tuple[Disruption, ...], Floats] = {}
        for part, by_scenario in found.items():
            row = np.ones((len(grid) - 1, len(disruptions)))
            for scenario, together in by_scenario.items():
                key = tuple(together)
                if key not in known:
                    known[key] = mean_factors(key, grid)
                row[:, scenario] = known[key]
            rows[part] = row
        return cls(len(disruptions), rows)

    @classmethod
    def of_one(
        cls, part: Part, start_h: float, factor: float, end_h: Floats, recovery_h: Floats, happens: Bools, grid: Floats
    ) -> "Courses":
        """One disruption that starts and works alike in every scenario (S) in which it happens, ends and comes back evenly at hours of their own.

        The same as ``of``, in one sweep. Raises ValueError for shapes that differ.
        """
        if not end_h.shape == recovery_h.shape == happens.shape or end_h.ndim != 1:
            raise ValueError(
                f"ends {end_h.shape}, recoveries {recovery_h.shape}, happens {happens.shape}: one each per scenario is right"
            )
        whole = np.clip(grid[:, None], start_h, np.maximum(end_h, start_h)) - start_h
        back = np.clip(grid[:, None] - end_h, 0.0, recovery_h)
        fading = back - np.divide(back * back, 2.0 * recovery_h, out=np.zeros_like(back), where=recovery_h > 0)
        lacking = (1.0 - factor) * np.diff(whole + fading, axis=0) / np.diff(grid)[:, None]
        return cls(len(end_h), {part: 1.0 - np.where(happens, lacking, 0.0)})

    @classmethod
    def product(cls, many: Sequence["Courses"]) -> "Courses":
        """All together, as ``times`` one after the other; parts that only one names are not copied. Raises ValueError for other scenarios."""
        rows: dict[Part, Floats] = dict(many[0].rows)
        for courses in many[1:]:
            if courses.scenarios != many[0].scenarios:
                raise ValueError(
                    f"{many[0].scenarios} and {courses.scenarios} scenarios do not go together; equal numbers are right"
                )
            for part, row in courses.rows.items():
                rows[part] = rows[part] * row if part in rows else row
        return cls(many[0].scenarios, rows)

    @classmethod
    def beside(cls, many: Sequence["Courses"], steps: int) -> "Courses":
        """All scenarios of many courses, one after the other."""
        rows = {}
        for part in {p: None for courses in many for p in courses.rows}:
            rows[part] = np.concatenate([c.rows.get(part, np.ones((steps, c.scenarios))) for c in many], axis=1)
        return cls(sum(c.scenarios for c in many), rows)

    @classmethod
    def from_factors(cls, scenarios: int, grid: Floats, factors: Mapping[Part, Floats]) -> "Courses":
        """Factors as (S) for the whole time or (S, K) per step."""
        steps = len(grid) - 1
        rows = {}
        for part, given in factors.items():
            values = np.asarray(given, dtype=np.float64)
            if values.shape not in ((scenarios,), (scenarios, steps)):
                raise ValueError(
                    f"factors of {part} have shape {values.shape}; ({scenarios},) or ({scenarios}, {steps}) is right"
                )
            rows[part] = np.broadcast_to(values.T, (steps, scenarios))
        return cls(scenarios, rows)

    def times(self, other: "Courses") -> "Courses":
        """Both together; S must be equal, or 1 on one side. Raises ValueError otherwise."""
        if self.scenarios != other.scenarios and 1 not in (self.scenarios, other.scenarios):
            raise ValueError(
                f"{self.scenarios} and {other.scenarios} scenarios do not go together; equal numbers are right"
            )
        scenarios = max(self.scenarios, other.scenarios)
        rows: dict[Part, Floats] = {}
        for part in {**self.rows, **other.rows}:
            mine, its = self.rows.get(part), other.rows.get(part)
            both = mine * its if mine is not None and its is not None else mine if mine is not None else its
            assert both is not None
            rows[part] = np.ascontiguousarray(np.broadcast_to(both, (both.shape[0], scenarios)))
        return Courses(scenarios, rows)


def mean_factors(disruptions: Sequence[Disruption], grid: Floats) -> Floats:
    """Mean of the product of the factors over each step of the grid (K), by Simpson's rule between all knots."""
    inside = [k[(k > grid[0]) & (k < grid[-1])] for k in (d.knots()[0] for d in disruptions)]
    hours = np.unique(np.concatenate([grid, *inside]))
    begin, end = hours[:-1], hours[1:]
    middle = 0.5 * (begin + end)
    values = [np.ones(len(middle)) for _ in range(3)]
    for disruption in disruptions:
        values[0] *= disruption.at(begin)
        values[1] *= disruption.at(middle)
        values[2] *= disruption.at(end, is_from_left=True)
    area = (values[0] + 4.0 * values[1] + values[2]) / 6.0 * (end - begin)
    step = np.searchsorted(grid, middle, side="right") - 1
    return np.asarray(np.bincount(step, weights=area, minlength=len(grid) - 1) / np.diff(grid))
