"""What may be set: the shape of the model, and the operating point of its warnings."""

from dataclasses import dataclass
from math import exp, log

LIKE_WEIGHT = 0.75
HORIZON_DAYS = 30
EDGES = (0, 1, 2, 3, 5, 7, 10, 14, 21, HORIZON_DAYS)


@dataclass(frozen=True)
class ForecastSettings:
    """``critical``: the line, as a share of the norm. ``lines``: other shares learnt from beside it, since nearly all crossings are of those.

    ``line_spread``: a line at the share s weighs exp(−(ln(s / critical) / line_spread)²). ``strength``: inverse of the ridge penalty of the
    regressions (smaller is smoother). ``reach``: days with a ratio more than this above a line teach nothing about it, and give a chance of 0.
    ``row_step``: every how many days one is learnt from (neighbouring days say nearly the same). ``trees``: how many; ``leaf``: fewest rows in a
    leaf (more is smoother). ``carried_days``: longest gap carried forward.
    Raises ValueError for values out of range.
    """

    critical: float = 0.25
    lines: tuple[float, ...] = (0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6)
    line_spread: float = 0.8
    strength: float = 0.02
    reach: float = 0.6
    row_step: int = 3
    trees: int = 60
    leaf: int = 60
    carried_days: int = 3

    def __post_init__(self) -> None:
        for name in ("critical", "line_spread", "strength", "reach", "row_step", "trees", "leaf"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} is {getattr(self, name)}; it should be above 0")
        if not self.lines or not all(line > 0 for line in self.lines):
            raise ValueError(f"lines are {self.lines}; there should be at least one, all above 0")

    def weight(self, line: float) -> float:
        """What a passage of ``line`` counts beside one of the critical line."""
        return exp(-((log(line / self.critical) / self.line_spread) ** 2))

    def like_lines(self) -> tuple[float, ...]:
        """The critical line first, then the lines so near to it that the operating point is chosen on them as well."""
        return (self.critical, *(n for n in self.lines if n != self.critical and self.weight(n) >= LIKE_WEIGHT))


@dataclass(frozen=True)
class Policy:
    """Warn when the chance of an onset within 14 days is at least ``likely``, or that of one tomorrow at least ``soon``.

    Short of ``likely`` it pays to wait, since most plants recover; but only as long as the onset does not come tomorrow.
    """

    likely: float
    soon: float
