"""Trust: how far a provider or feed deserves to be believed, from 0 to 1, with the reasons.

A pure function of when its reports came and of what was wrong with them. Each of lateness, gaps, revisions and defects is a share between 0 and 1,
weighed by age so that a month-old fault counts half (exponential forgetting: L. Xiong, L. Liu, *PeerTrust*, IEEE TKDE 16 (2004) 843-857); trust is
the product of what each leaves. It falls at once and comes back slowly: a feed that was wrong for two days needs weeks of good reports.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detectors.series.detector import Floats, Integers
from detectors.series.quality.kinds import Kind
from detectors.series.quality.ledger import Finding, Standing

_DAY_US = 86_400e6
_LATE_CADENCES = 0.5
"""A report is late when it comes this share of its cadence after its usual time; a whole cadence late counts full."""
_NEAR_CADENCES = 0.75
"""A report is missing when none came so near, in cadences, to the time it was due at."""

SEVERITY: dict[Kind, float] = {
    Kind.SILENCE: 0.0,
    Kind.DUPLICATE: 0.1,
    Kind.CLOCK_SKEW: 0.5,
    Kind.STUCK: 0.7,
    Kind.FROZEN_QUOTE: 0.5,
    Kind.STALE_COPY: 1.0,
    Kind.DECIMAL_SLIP: 0.7,
    Kind.UNIT_SWITCH: 1.0,
    Kind.IMPOSSIBLE_JUMP: 0.8,
    Kind.MASS_IMBALANCE: 0.6,
}
"""How much a report with such a defect is worth less. Silence is counted among the gaps."""


@dataclass(frozen=True)
class TrustSettings:
    """``half_life_d``: age at which a fault counts half. ``late``, ``gap``, ``revised``, ``defect``: what is left of trust when all reports are so.

    ``least_defect_d``: a defect counts as if it had lasted at least so long, so that a single slip is felt.

    Raises ValueError for a senseless setting.
    """

    half_life_d: float = 14.0
    late: float = 0.6
    gap: float = 0.3
    revised: float = 0.7
    defect: float = 0.05
    least_defect_d: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.half_life_d <= 3650:
            raise ValueError(f"half_life_d {self.half_life_d} is not between 0 and 3650 days")
        for name in ("late", "gap", "revised", "defect"):
            if not 0 < getattr(self, name) <= 1:
                raise ValueError(f"{name} {getattr(self, name)} is not a share between 0 and 1")


@dataclass(frozen=True)
class Deliveries:
    """How reports of one feed came, one entry per row: slot, times observed and known (µs), and whether the row revises an earlier one.

    ``cadence_us`` and ``lag_us`` are by slot: how often a report is due, and how long after the time observed it usually comes.
    """

    slots: Integers
    observed_us: Integers
    known_us: Integers
    is_revision: "np.typing.NDArray[np.bool_]"
    cadence_us: Floats
    lag_us: Floats


@dataclass(frozen=True)
class Reason:
    """One reason for less than full trust: ``name`` (lateness, gaps, revisions, or the name of a defect), ``share`` of reports concerned, weighed by
    age, and what it ``costs`` (trust is the product of 1 - cost). A sentence each in zh and en."""

    name: str
    share: float
    cost: float
    zh: str
    en: str


@dataclass(frozen=True)
class Trust:
    """Score from 0 to 1, and the reasons, the dearest first."""

    score: float
    reasons: tuple[Reason, ...]


def trust(
    deliveries: Deliveries, findings: Sequence[Finding], now_us: int, settings: TrustSettings | None = None
) -> Trust:
    """Trust of one feed as of now. Rows known later and findings found later are left out; those taken back do not count."""
    s = settings or TrustSettings()
    heard = deliveries.known_us <= now_us
    late, revised, gaps = (
        _lateness(deliveries, heard, now_us, s),
        _revisions(deliveries, heard, now_us, s),
        _gaps(deliveries, heard, now_us, s),
    )
    faults = [
        ("lateness", late, (1 - s.late), ("迟报", "reports late")),
        ("gaps", gaps, (1 - s.gap), ("缺报", "reports missing")),
        ("revisions", revised, (1 - s.revised), ("事后更正", "reports revised")),
    ]
    reasons = [
        *(_reason(*fault) for fault in faults if fault[1] > 0),
        *_defects(len(deliveries.cadence_us), findings, now_us, s),
    ]
    score = math.prod(1 - r.cost for r in reasons)
    return Trust(score, tuple(sorted((r for r in reasons if r.cost >= 0.005), key=lambda r: -r.cost)))


def _weights(at_us: "np.typing.NDArray[np.float64] | Integers", now_us: int, s: TrustSettings) -> Floats:
    age: Floats = np.maximum(now_us - np.asarray(at_us, np.float64), 0.0) / _DAY_US
    weight: Floats = 0.5 ** (age / s.half_life_d)
    return weight


def _share(faults: Floats, weight: Floats) -> float:
    total = float(weight.sum())
    return float((faults * weight).sum()) / total if total > 0 else 0.0


def _lateness(d: Deliveries, heard: "np.typing.NDArray[np.bool_]", now_us: int, s: TrustSettings) -> float:
    """How late first reports came, from half a cadence after their usual time on."""
    first = heard & ~d.is_revision
    slots = d.slots[first]
    behind = (d.known_us[first] - d.observed_us[first] - d.lag_us[slots]) / np.maximum(d.cadence_us[slots], 1.0)
    if not (behind > _LATE_CADENCES).any():
        return 0.0
    return _share(
        np.clip((behind - _LATE_CADENCES) / (1 - _LATE_CADENCES), 0.0, 1.0), _weights(d.observed_us[first], now_us, s)
    )


def _revisions(d: Deliveries, heard: "np.typing.NDArray[np.bool_]", now_us: int, s: TrustSettings) -> float:
    revised = d.is_revision[heard]
    if not revised.any():
        return 0.0
    return _share(revised.astype(np.float64), _weights(d.known_us[heard], now_us, s))


def _gaps(d: Deliveries, heard: "np.typing.NDArray[np.bool_]", now_us: int, s: TrustSettings) -> float:
    """Reports that were due and are not there, of all that were due since the first of each series."""
    first = heard & ~d.is_revision
    series = []
    for slot in range(len(d.cadence_us)):
        came = np.sort(d.observed_us[first & (d.slots == slot)]).astype(np.float64)
        cadence = max(float(d.cadence_us[slot]), 1.0)
        if len(came):
            series.append((came, cadence, int((now_us - float(d.lag_us[slot]) - came[0]) // cadence)))
    if all(_has_no_gap(*its) for its in series):
        return 0.0
    missing, due = 0.0, 0.0
    for came, cadence, last in series:
        steps = came[0] + cadence * np.arange(last + 1)
        at = np.clip(np.searchsorted(came, steps), 1, max(len(came) - 1, 1))
        nearest = np.minimum(np.abs(steps - came[np.minimum(at, len(came) - 1)]), np.abs(steps - came[at - 1]))
        weight = _weights(steps, now_us, s)
        missing += float(weight[nearest > _NEAR_CADENCES * cadence].sum())
        due += float(weight.sum())
    return missing / due if due > 0 else 0.0


def _has_no_gap(came: Floats, cadence: float, last: int) -> bool:
    """True when it is seen at a glance that each report due, ``last`` being the newest, had one near it; False says nothing."""
    near = 0.99 * _NEAR_CADENCES * cadence
    return float(came[0] + cadence * last - came[-1]) < near and bool((came[1:] - came[:-1] < 2 * near).all())


def _defects(series: int, findings: Sequence[Finding], now_us: int, s: TrustSettings) -> list[Reason]:
    """By kind: the part of all reports that were wrong in this way, weighed by how grave it is."""
    made: list[Reason] = []
    for kind, severity in SEVERITY.items() if findings else ():
        its = [
            f
            for f in findings
            if f.kind is kind and f.found_us <= now_us and f.standing not in (Standing.WITHDRAWN, Standing.EXPLAINED)
        ]
        if not its or severity == 0:
            continue
        spans = [_span(f, now_us, s) for f in its]
        whole = s.half_life_d / math.log(2)
        share = min(sum(_weighed(first, last, s) for first, last in spans) / whole / max(series, 1), 1.0)
        # The square root: the first wrong reports cost more than the hundredth.
        made.append(
            _reason(
                kind.name.lower(), share, (1 - s.defect) * severity * math.sqrt(share) / max(share, 1e-12), _words(kind)
            )
        )
    return made


def _span(f: Finding, now_us: int, s: TrustSettings) -> tuple[float, float]:
    """Age in days from which and until which a finding lasted."""
    until = now_us if f.until_us is None or f.standing is Standing.OPEN else min(f.until_us, now_us)
    last = max(now_us - until, 0) / _DAY_US
    return max((now_us - f.since_us) / _DAY_US, last + s.least_defect_d), last


def _weighed(first_d: float, last_d: float, s: TrustSettings) -> float:
    """Days of a span, each weighed by its age."""
    whole = s.half_life_d / math.log(2)
    return whole * (math.exp(-last_d / whole) - math.exp(-first_d / whole))


def _words(kind: Kind) -> tuple[str, str]:
    from detectors.series.quality.wording import NAMES

    zh, en = NAMES[kind]
    return zh, f"wrong by {en}"


def _reason(name: str, share: float, grave: float, words: tuple[str, str]) -> Reason:
    cost = min(share * grave, 1.0)
    zh, en = words
    return Reason(
        name,
        share,
        cost,
        f"{zh}：占 {share:.1%}，信任减 {cost:.0%}",
        f"{en}: {share:.1%} of reports, {cost:.0%} less trust",
    )
