"""How far each provider deserves to be believed, from what it delivered: trust with reasons, and its worst series. Pure."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from detectors.series.quality import standing as standing_of
from detectors.series.quality.kinds import Nature
from detectors.series.quality.ledger import Finding, Ledger
from detectors.series.quality.reports import Reports
from detectors.series.quality.standing import standing
from detectors.series.quality.trust import Reason, Trust
from detectors.series.quality.watch import Watch

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
    return standing([_own(delivered, s, listed[s]) for s in own], [f for s in own for f in findings[s]], now_us)


def _own(delivered: Delivered, series: int, listed: Listed) -> standing_of.Delivered:
    """The reports of one series; every row but the first of its time revises, for rows are in the order they became known."""
    rows = np.flatnonzero(delivered.series == series)
    observed = delivered.observed_us[rows]
    revises = np.ones(len(rows), np.bool_)
    revises[np.unique(observed, return_index=True)[1]] = False
    return standing_of.Delivered(observed, delivered.known_us[rows], revises, listed.cadence_h, listed.lateness_h)


def _of_series(listed: Listed, judged: Trust) -> SeriesStanding:
    return SeriesStanding(listed.id, listed.name_zh, listed.name_en, round(judged.score, 4), _told(judged.reasons))


def _told(reasons: Sequence[Reason]) -> list[dict[str, Any]]:
    return [
        {"name": r.name, "share": round(r.share, 4), "cost": round(r.cost, 4), "zh": r.zh, "en": r.en} for r in reasons
    ]
