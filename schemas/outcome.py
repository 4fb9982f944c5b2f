"""What became of a warning, or of a break nobody warned of: the only truth of live skill."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from schemas.assessment import Hazard
from schemas.level import Level


class Verdict(StrEnum):
    """发生, 处置后避免, 误报, 无法判定, and 漏报 for a break without a warning. An averted break is neither a hit nor a false alarm."""

    OCCURRED = "occurred"
    AVERTED = "averted"
    FALSE = "false"
    UNDECIDABLE = "undecidable"
    MISSED = "missed"


VERDICT_ZH: dict[Verdict, str] = {
    Verdict.OCCURRED: "发生",
    Verdict.AVERTED: "处置后避免",
    Verdict.FALSE: "误报",
    Verdict.UNDECIDABLE: "无法判定",
    Verdict.MISSED: "漏报",
}


class Outcome(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry of the ledger, with two times. Identity: lane, outcome, revision.

    True at: the episode stood from ``opened_at`` to ``closed_at`` (both None for a missed break), the break began at ``event_at`` (None: none was
    observed). Known at: ``known_at`` is when this revision was told; an older one stays. ``verdict`` is by rule from observations until
    ``confirmed_by`` names the person who decided. ``lead_hours`` is event minus opening. ``actions`` are what people did, each as they put it;
    beside them the counterfactual: ``foretold_hours`` (median to the limit) and ``foretold_probability`` by horizon, as forecast at the highest
    level, had nothing been done. ``observed_share`` is the part of the time in which the stock was observed. ``peak`` is the highest level.
    """

    lane: str
    chain: str
    node: str
    product: str
    hazard: Hazard
    outcome: str
    revision: int
    verdict: Verdict
    known_at: datetime
    episode: str = ""
    incident: str = ""
    root: str = ""
    peak: Level = Level.NORMAL
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    event_at: datetime | None = None
    lead_hours: float | None = None
    actions: list[str] = []
    foretold_hours: float | None = None
    foretold_probability: dict[str, float] = {}
    observed_share: float = 0.0
    reason_zh: str = ""
    reason_en: str = ""
    confirmed_by: str = ""
    command_id: str = ""
    comment: str = ""
    v: int = 1
