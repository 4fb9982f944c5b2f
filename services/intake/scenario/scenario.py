"""What a scenario says: when, with which stocks, what happens, who helps, who is told, and how the reports go wrong.

All times are hours from the start of day 0 (00:00 in China of ``start``). A scenario file is read into these by
:mod:`services.intake.scenario.reading`; the seeded generator makes them directly.
"""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class Kind(StrEnum):
    """Historic: dates and magnitudes from sources. Stylised: made to show or to test something."""

    HISTORIC = "historic"
    STYLISED = "stylised"
    RANDOM = "random"


class Effect(StrEnum):
    """What a disruption changes: what a place can do (``capacity``) or how much a user takes (``use``)."""

    CAPACITY = "capacity"
    USE = "use"


class Recovery(StrEnum):
    """How a disruption ends: at once, in a straight line, fast first then slow, with a relapse, slow first, or by an S."""

    STEP = "step"
    LINEAR = "linear"
    EXPONENTIAL = "exponential"
    RELAPSE = "relapse"
    LATE = "late"
    S_CURVE = "s_curve"


class Rebound(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """After a reopening: the released trucks jam (capacity × ``jam_factor`` for ``jam_h``), then surge (× ``surge_factor`` for ``surge_h``)."""

    jam_factor: float
    jam_h: float
    surge_factor: float = 1.0
    surge_h: float = 0.0


class Disruption(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that happens. Its factor is 1 − depth while it holds; a negative depth is a surge.

    ``start_h`` → ramp of ``ramp_h`` → full for ``hold_h`` → recovery of ``recovery_h``. With ``daily_h`` above 0 it acts only in the first
    ``daily_h`` hours from 09:00 of each day (a maintenance window). ``is_fixed``: the end is history and is not redrawn by mismatch.
    """

    id: str
    name_zh: str
    name_en: str
    start_h: float
    hold_h: float
    depth: float
    effect: Effect = Effect.CAPACITY
    nodes: list[str] = []
    links: list[tuple[str, str, str]] = []
    ramp_h: float = 0.0
    recovery: Recovery = Recovery.STEP
    recovery_h: float = 0.0
    rebound: Rebound | None = None
    daily_h: float = 0.0
    is_fixed: bool = False


class Notice(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A hazard notice as the competent office publishes it; ``causes`` are the disruptions it speaks of, none for a scare.

    ``level``: 0 lifted, 1 blue, 2 yellow, 3 orange, 4 red. Times in hours; ``onset_h`` and ``expires_h`` are what it promises.
    """

    event: str
    area: str
    level: int
    published_h: float
    onset_h: float
    expires_h: float
    headline_zh: str
    headline_en: str
    causes: list[str] = []


class Defect(StrEnum):
    """How reports go wrong."""

    SILENT = "silent"
    LATE = "late"
    DECIMAL = "decimal"
    FROZEN = "frozen"
    BIAS = "bias"
    CORRECTED = "corrected"


class ReportDefect(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A defect of all series matching ``series`` (a pattern with ``*``) from ``start_h`` for ``hold_h`` hours.

    ``size``: hours for late, factor for decimal, bias and corrected (the first report is that many times the truth); unused otherwise.
    """

    kind: Defect
    series: str
    start_h: float
    hold_h: float
    size: float = 1.0


class StartingStock(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Stock of (node, product) at the start of day 0; exactly one of tonnes (unit of the product), days of normal use, days above the minimum.

    ``is_target``: the operator also aims no higher than this (a tight market), else he refills towards his normal stock.
    """

    node: str
    product: str
    quantity: float | None = None
    days: float | None = None
    days_above_minimum: float | None = None
    is_target: bool = False
    source: str = ""


class Delivery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Help beyond all orders: ``quantity`` (unit of the product) for a stock, evenly over ``over_h`` from ``start_h`` on, there ``lead_h`` later.

    Taken from the stock of ``source`` (as far as it is there) or, when that is empty, from outside the chain.
    """

    id: str
    name_zh: str
    name_en: str
    node: str
    product: str
    quantity: float
    start_h: float
    over_h: float
    lead_h: float = 0.0
    source: str = ""


class Severity(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One figure of history beside the same figure here."""

    what_zh: str
    what_en: str
    historic: str
    ours: str
    source: str


class Scenario(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole scenario. It is lived from ``lead_in_days`` before ``start`` to ``days`` after it."""

    id: str
    name_zh: str
    name_en: str
    kind: Kind
    start: datetime
    days: int
    summary_zh: str = ""
    summary_en: str = ""
    lead_in_days: int = 14
    mismatch: int = 1
    stocks: list[StartingStock] = []
    disruptions: list[Disruption] = []
    deliveries: list[Delivery] = []
    notices: list[Notice] = []
    reporting: list[ReportDefect] = []
    severity: list[Severity] = []

    @property
    def first_hour(self) -> int:
        """First reported hour: minus the lead-in."""
        return -24 * self.lead_in_days

    @property
    def last_hour(self) -> int:
        """Hour after the last one."""
        return 24 * self.days
