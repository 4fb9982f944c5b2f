"""What lies at a place is what lay there before, and what came, less what left. Where that does not add up, somebody reports wrongly.

The residual of each interval between two stocks is judged against the residuals before it (median and MAD, so that a leak that was always there is
usual), alone when it is gross and by a cumulative sum when it is small and lasts (E. Page, *Continuous inspection schemes*, Biometrika 41 (1954)
100-115). A crisis passes: its goods come, burn and lie as it is told, and the balance holds all the way down.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.series.detector import NEVER_US, Floats, Integers
from detectors.series.quality.balance_kernel import RING, judge_rows
from detectors.series.quality.places import MEMBERS, Places
from detectors.series.quality.record_slots import RecordSlots, blank_record
from detectors.series.quality.reports import Reports, Verdicts


@dataclass(frozen=True)
class BalanceSettings:
    """``warm_up``: balances seen before the first verdict. ``gross``: residual in spreads that is wrong alone. ``drift`` and ``lasting``: what the
    sum lets pass at each step, and its limit, in spreads. ``stock_share`` and ``flow_share``: smallest spread, as a share of stock and flow.

    Raises ValueError for a senseless setting.
    """

    warm_up: int = 12
    gross: float = 7.0
    drift: float = 1.0
    lasting: float = 8.0
    stock_share: float = 0.002
    flow_share: float = 0.02

    def __post_init__(self) -> None:
        if not 6 <= self.warm_up <= RING:
            raise ValueError(f"warm_up {self.warm_up} is not between 6 and {RING}")
        for name in ("gross", "drift", "lasting"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} {getattr(self, name)} is not above 0")
        for name in ("stock_share", "flow_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} {getattr(self, name)} is not a share between 0 and 1")


class Balance(RecordSlots):
    """Finds MASS_IMBALANCE, and DECIMAL_SLIP or UNIT_SWITCH of a flow that alone would mend the balance; its slots are places.

    Evidence: the residual as a share of what went through meanwhile; by how many times the flow is off.
    """

    def __init__(self, settings: BalanceSettings | None = None) -> None:
        self.settings = settings or BalanceSettings()
        fields = [
            ("until_us", "i8", (MEMBERS,)),
            ("now", "f8", (MEMBERS,)),
            ("next", "f8", (MEMBERS,)),
            ("rate", "f8", (MEMBERS,)),
            ("step_us", "f8", (MEMBERS,)),
            ("usual", "f4", (MEMBERS,)),
            ("ties", "i1", (MEMBERS,)),
            ("ring", "f4", (RING,)),
            ("stock", "f8"),
            ("stock_us", "i8"),
            ("ahead", "f8"),
            ("ahead_us", "i8"),
            ("since_us", "i8"),
            ("drifting_us", "i8"),
            ("moved", "f8"),
            ("most_moved", "f8"),
            ("up", "f4"),
            ("down", "f4"),
            ("seen", "i4"),
            ("bad", "i4"),
            ("calm", "i1"),
            ("power", "i1"),
            ("member", "i1"),
            ("is_broken", "i1"),
            ("has_stock", "i1"),
            ("has_ahead", "i1"),
            ("kind", "i1"),
        ]
        blank = blank_record(fields, until_us=NEVER_US)
        super().__init__("balance", "1", self.settings, blank)

    def judge(self, reports: Reports, is_fed: NDArray[np.bool_], places: Places) -> tuple[Verdicts, Floats, Integers]:
        """Judge and learn rows in order, on the row that completes a balance; rows not fed are passed over. The second tells, for rows of a stock
        that did not change, by what share of itself it should have moved since it last did; NaN where that is not known. The third tells the slot
        a verdict speaks of: that of the stock, or of the slipped flow; -1 where there is none."""
        made, s = Verdicts.none(len(reports)), self.settings
        moved, stock = np.full(len(reports), np.nan), np.full(len(reports), -1, np.int64)
        numbers = np.array([s.warm_up, s.gross, s.drift, s.lasting, s.stock_share, s.flow_share])
        judge_rows(
            self.state, reports.slots, reports.observed_us, reports.values, is_fed,
            places.stocks, places.members, places.flows, places.first, places.place, places.position, places.sign, numbers,
            made.kind, made.event, made.since_us, made.evidence, made.factor, moved, stock,
        )  # fmt: skip
        return made, moved, stock
