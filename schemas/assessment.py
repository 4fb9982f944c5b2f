"""The state of one (node, product, hazard) as judged at one moment."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from schemas.level import Level


class Hazard(StrEnum):
    """How a chain breaks: an input runs dry (断供) or an output has no room (胀库). Of alerts alone: the data of a place went silent (断报) or are
    not to be trusted (数据存疑)."""

    STARVED = "starved"
    BLOCKED = "blocked"
    SILENT = "silent"
    DISTRUSTED = "distrusted"

    def is_of_data(self) -> bool:
        """True where the data of a place are at stake, not its goods."""
        return self in (Hazard.SILENT, Hazard.DISTRUSTED)


class Cause(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One cause: the node it starts at, the path from there to the judged node (node ids), and a word in zh and en."""

    node: str
    path: list[str]
    text_zh: str
    text_en: str
    share: float | None = None


class InputState(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One input of an assessment: series, its latest observation's time and value, age in hours at as_of, trust 0 to 1, and ``feed_trust``, the
    part of it that its provider has earned by lateness, gaps, revisions and defects of the series (1: all). ``anomaly_p`` is there for an
    anomalous reading 异常读数 that no other reading bears out: the p-value of its score. ``is_contradicted`` 矛盾数据: the series disagrees with all
    others over weeks, so that the balance of these is believed instead. ``told_zh`` and ``told_en`` say what the input is where no catalogue does: an
    event that was reported by telephone and of which a new word is wanted."""

    series: str
    observed_at: datetime | None
    value: float | None
    age_hours: float | None
    trust: float
    feed_trust: float = 1.0
    anomaly_p: float | None = None
    is_contradicted: bool = False
    told_zh: str = ""
    told_en: str = ""


class Assessment(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is expected of (node, product, hazard), judged at lane time ``as_of`` from what was known then.

    Identity: lane, node, product, hazard, as_of, known_at, chain_version, rules_version. Hours count from as_of; None means later than the horizon.
    ``cover_days`` is stock over mean use; of coal that is burnt, heat held over heat needed where heat is known. Beside it ``cover_days_physical``,
    the same in tonnes (None for what is no coal), ``heat_kcal_per_kg`` (net, as received; None: unknown) with the age of what it rests on (None: the
    normal blend), and ``stock_t5500``, the stock in tonnes of 5,500 kcal/kg. For a blocked hazard the hours to the minimum are those to the maximum.
    ``probability`` maps a horizon in hours ("24", "72", "168", "336", "720") to the probability of a break within it, ``recalibration`` names the map
    it went through; ``stock_p10``, ``stock_p50`` and ``stock_p90`` hold the stock 24, 72 and 168 h ahead in the unit of ``stock``.
    ``expected_loss`` is the output or service lost within 30 d, in the unit of the product, and in CNY. ``known_at`` is that of the latest record
    used.
    """

    lane: str
    chain: str
    node: str
    product: str
    hazard: Hazard
    as_of: datetime
    known_at: datetime
    level: Level
    chain_version: str
    rules_version: str
    cover_days: float | None = None
    stock: float | None = None
    hours_to_minimum_p10: float | None = None
    hours_to_minimum_p50: float | None = None
    hours_to_minimum_p90: float | None = None
    hours_to_zero_p50: float | None = None
    probability: dict[str, float] = {}
    confidence: float = 0.0
    causes: list[Cause] = []
    inputs: list[InputState] = []
    reason_zh: str = ""
    reason_en: str = ""
    smallest_change_zh: str = ""
    smallest_change_en: str = ""
    stock_p10: dict[str, float] = {}
    stock_p90: dict[str, float] = {}
    expected_loss: float | None = None
    expected_loss_cny: float | None = None
    recalibration: str = "identity"
    cover_days_physical: float | None = None
    heat_kcal_per_kg: float | None = None
    heat_age_hours: float | None = None
    stock_t5500: float | None = None
    stock_p50: dict[str, float] = {}
    v: int = 1
