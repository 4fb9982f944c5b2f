"""What may be set: the shape of the model, and the operating point of its warnings."""

from dataclasses import dataclass

HORIZON_DAYS = 30
EDGES = (0, 1, 2, 3, 5, 7, 10, 14, 21, HORIZON_DAYS)


@dataclass(frozen=True)
class ForecastSettings:
    """``critical``: the line, as a share of the norm. ``lines``: other shares learnt from beside it, since nearly all crossings are of those.

    ``line_spread``: a line at the share s weighs exp(−(ln(s / critical) / line_spread)²). ``strength``: inverse of the ridge penalty of the
    regressions (smaller is smoother). ``reach``: days with a ratio more than this above a line teach nothing about it, and give a chance of 0.
    ``row_step``: every how many days one is learnt from (neighbouring days say nearly the same). ``carried_days``: longest gap carried forward.
    Raises ValueError for values out of range.
    """

    critical: float = 0.25
    lines: tuple[float, ...] = (0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6)
    line_spread: float = 0.6
    strength: float = 0.003
    reach: float = 0.6
    row_step: int = 2
    carried_days: int = 3

    def __post_init__(self) -> None:
        for name in ("critical", "line_spread", "strength", "reach", "row_step"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} is {getattr(self, name)}; it should be above 0")
        if not self.lines or not all(line > 0 for line in self.lines):
            raise ValueError(f"lines are {self.lines}; there should be at least one, all above 0")


@dataclass(frozen=True)
class Policy:
    """Warn when the chance of an onset within 14 days is at least ``sure``, or that of one in 5 to 14 days at least ``early``."""

    sure: float
    early: float
