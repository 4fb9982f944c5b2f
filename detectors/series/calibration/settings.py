"""The settings of calibration, checked."""

from dataclasses import dataclass

GUARD_LEVELS = 7
"""Guarded levels of rarity: 1e-2, 1e-3 … 1e-8."""


@dataclass(frozen=True)
class CalibrationSettings:
    """``half_life_steps``: after so many steps a row weighs half, sooner while the pool is young; a step is one turn of the pool's series.
    ``least_effective``: forgetting never takes a pool below so many effective rows.
    ``prior_rows``: effective rows at which pool and the detector's own p-value
    weigh the same. ``window_steps``: steps over which a change of the whole pool is looked for; two such windows in a row make it the new normal.
    ``breadth``: share of the series that must look unusual for that.

    Raises ValueError for a senseless setting.
    """

    half_life_steps: float = 168.0
    least_effective: float = 2000.0
    prior_rows: float = 20.0
    window_steps: int = 24
    breadth: float = 1 / 3

    def __post_init__(self) -> None:
        if not 10 <= self.half_life_steps <= 1e9:
            raise ValueError(f"half_life_steps {self.half_life_steps} is not between 10 and 1e9 steps")
        if not 200 <= self.least_effective <= 1e12:
            raise ValueError(f"least_effective {self.least_effective} is not between 200 and 1e12 rows")
        if not 1 <= self.prior_rows <= 1e6:
            raise ValueError(f"prior_rows {self.prior_rows} is not between 1 and 1e6 rows")
        if not 2 <= self.window_steps <= 1_000_000:
            raise ValueError(f"window_steps {self.window_steps} is not between 2 and 1,000,000 steps")
        if not 0 < self.breadth <= 1:
            raise ValueError(f"breadth {self.breadth} is not a share above 0 and up to 1")
