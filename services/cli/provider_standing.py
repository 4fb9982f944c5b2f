"""How far each provider deserves to be believed, from what it delivered: trust with reasons, and its worst series. Pure."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from detectors.series.quality.kinds import Nature
from detectors.series.quality.ledger import Finding, Ledger
from detectors.series.quality.reports import Reports
from detectors.series.quality.trust import Deliveries, Reason, Trust, trust
from detectors.series.quality.watch import Watch

_HOUR_US = 3_600_000_000
_WORST = 5
_DISTRUSTED = 0.8
Ints = npt.NDArray[np.int64]


class Delivered(Struct, frozen=True):
    """Rows in the order they became known: number of the series, times in µs, value."""

    series: Ints
    observed_us: Ints
    known_us: Ints
    value: npt.NDArray[np.float64]


class Listed(Struct, frozen=True):
    """A series of the catalogue: who delivers it, how often it is due, how late it may come (hours), its names."""

    id: str
    provider: str
    cadence_h: float
    lateness_h: float
    name_zh: str
    name_en: str


class SeriesStanding(Struct, frozen=True):
    """Trust of one series, 0 to 1, with its reasons, the dearest first."""

    series: str
    name_zh: str
    name_en: str
    trust: float
    reasons: list[dict[str, Any]]


class Standing(Struct, frozen=True):
    """Trust of a provider over all its series that delivered anything, with reasons, and its least trusted series."""

    provider: str
    trust: float
    reasons: list[dict[str, Any]]
    series: int
    rows: int
    worst: list[SeriesStanding]


def standings(
    delivered: Delivered, listed: Sequence[Listed], nature_of: Callable[[str], Nature], now_us: int
) -> list[Standing]:
    """Standing of every provider that delivered, the least trusted first, as of ``now_us``."""
    findings = _findings(delivered, listed, nature_of)
    found = []
    for provider in sorted({listed[s].provider for s in np.unique(delivered.series).tolist()}):
        own = [s for s in np.unique(delivered.series).tolist() if listed[s].provider == provider]
        judged = _judged(delivered, listed, own, findings, now_us)
        single = [(s, _judged(delivered, listed, [s], findings, now_us)) for s in own]
        worst = sorted((each for each in single if each[1].score < _DISTRUSTED), key=lambda each: each[1].score)[
            :_WORST
        ]
        found.append(
            Standing(
                provider=provider,
                trust=round(judged.score, 4),
                reasons=_told(judged.reasons),
                series=len(own),
                rows=int(np.isin(delivered.series, own).sum()),
                worst=[_of_series(listed[s], one) for s, one in worst],
            )
        )
    return sorted(found, key=lambda each: each.trust)


def _findings(
    delivered: Delivered, listed: Sequence[Listed], nature_of: Callable[[str], Nature]
) -> dict[int, Sequence[Finding]]:
    natures = np.array([int(nature_of(each.id)) for each in listed], np.int8)
    watch, ledger = Watch(natures, np.full(len(listed), np.nan)), Ledger()
    reports = Reports(delivered.series, delivered.observed_us, delivered.known_us, delivered.value)
    ledger.take(watch.take(reports))
    return {s: ledger.of(s) for s in np.unique(delivered.series).tolist()}


def _judged(
    delivered: Delivered,
    listed: Sequence[Listed],
    own: Sequence[int],
    findings: dict[int, Sequence[Finding]],
    now_us: int,
) -> Trust:
    is_own = np.isin(delivered.series, own)
    slots = np.searchsorted(np.array(own), delivered.series[is_own])
    observed, known = delivered.observed_us[is_own], delivered.known_us[is_own]
    revises = _is_revision(slots, observed)
    lags = [_usual_lag(listed[s], (known - observed)[(slots == k) & ~revises]) for k, s in enumerate(own)]
    cadence = np.array([listed[s].cadence_h * _HOUR_US for s in own], np.float64)
    deliveries = Deliveries(slots, observed, known, revises, cadence, np.array(lags, np.float64))
    return trust(deliveries, [f for s in own for f in findings[s]], now_us)


def _is_revision(slots: Ints, observed_us: Ints) -> npt.NDArray[np.bool_]:
    """True for every row but the first of its series and time; rows are in the order they became known."""
    _, first = np.unique(np.stack([slots, observed_us]), axis=1, return_index=True)
    revises = np.ones(len(slots), np.bool_)
    revises[first] = False
    return revises


def _usual_lag(listed: Listed, lags_us: Ints) -> float:
    """How long after its time a report usually comes, in µs; never more than the catalogue allows."""
    usual = float(np.median(lags_us)) if len(lags_us) else 0.0
    return min(usual, listed.lateness_h * _HOUR_US)


def _of_series(listed: Listed, judged: Trust) -> SeriesStanding:
    return SeriesStanding(listed.id, listed.name_zh, listed.name_en, round(judged.score, 4), _told(judged.reasons))


def _told(reasons: Sequence[Reason]) -> list[dict[str, Any]]:
    return [
        {"name": r.name, "share": round(r.share, 4), "cost": round(r.cost, 4), "zh": r.zh, "en": r.en} for r in reasons
    ]
