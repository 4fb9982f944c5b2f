"""How each series was delivered, and what detection found wrong with its reports: what its trust follows from."""

from array import array

import numpy as np

from detectors.series.quality.kinds import Kind
from detectors.series.quality.ledger import Finding, Standing
from detectors.series.quality.standing import Delivered, standing
from detectors.series.quality.trust import Trust
from schemas.chain import Series
from schemas.score import Score
from services.runtime.clock import to_us

QUALITY = "quality."
"""How the names of detectors of data quality begin."""
_HOUR_US = 3_600_000_000
_KEPT_REPORTS = 400
_KEPT_FINDINGS = 6
_SCALE = frozenset({Kind.UNIT_SWITCH, Kind.DECIMAL_SLIP, Kind.IMPOSSIBLE_JUMP})


class Provenance:
    """Of one series: at most its newest 1,200 reports (when observed, when known, whether a revision), of which the newest 400 known by the last
    full hour count; and its last six findings."""

    __slots__ = ("_findings", "_heard", "_reports", "_told", "_trust")

    def __init__(self) -> None:
        self._reports = array("q")
        self._findings: list[Finding] = []
        self._heard: dict[Kind, tuple[int, set[tuple[Kind, bool]]]] = {}
        self._told = 0
        self._trust: tuple[tuple[int, int, tuple[Finding, ...]], Trust] | None = None

    def note(self, observed_us: int, known_us: int, *, is_revision: bool) -> None:
        """A report came that says something new."""
        self._reports.extend((observed_us, known_us, is_revision))
        if len(self._reports) > 9 * _KEPT_REPORTS:
            del self._reports[: -6 * _KEPT_REPORTS]
        if self._trust is None or known_us <= self._trust[0][0] * _HOUR_US:
            self._told += 1  # what became known since the full hour changes nothing before the next one

    def hear(self, score: Score) -> None:
        """Take a score of data quality in: an anomaly opens a finding, a normal one ends it; p-value 1: the reports were right. Repeats change
        nothing, for scores of a partition that was taken over are published again."""
        kind = Kind[score.detector.removeprefix(QUALITY).upper()]
        observed_us, known_us = to_us(score.observed_at), to_us(score.known_at)
        if self._is_repeat(kind, known_us, score.is_anomaly):
            return
        self._told += 1
        at = next((i for i, f in enumerate(self._findings) if f.until_us is None and _is_one(f.kind, kind)), None)
        if score.is_anomaly:
            if at is not None:
                self._findings[at] = _ended(self._findings[at], kind, Standing.OPEN, None)
                return
            ends = observed_us if kind is Kind.DUPLICATE else None
            self._findings.append(_opened(kind, observed_us, known_us, ends))
            del self._findings[:-_KEPT_FINDINGS]
        elif at is not None:
            was_right = score.p_value >= 1
            state = Standing.WITHDRAWN if was_right else Standing.OVER
            self._findings[at] = _ended(self._findings[at], self._findings[at].kind, state, observed_us)

    def _is_repeat(self, kind: Kind, known_us: int, is_anomaly: bool) -> bool:  # one of the three that tell a score
        """True for a score of its kind that was heard, or comes after a later one."""
        family = Kind.UNIT_SWITCH if kind in _SCALE else kind
        newest, heard = self._heard.get(family, (known_us, set()))
        if known_us < newest or (known_us == newest and (kind, is_anomaly) in heard):
            return True
        self._heard[family] = known_us, ({(kind, is_anomaly)} | (heard if known_us == newest else set()))
        return False

    def trust(self, series: Series, as_of_us: int, beside: tuple[Finding, ...] = ()) -> Trust:
        """Trust as of the last full hour, from the reports and findings known by then, and those ``beside`` that nobody scored."""
        key = (as_of_us // _HOUR_US, self._told, beside)
        if self._trust is None or self._trust[0] != key:
            columns = np.array(self._reports, np.int64).reshape(-1, 3)
            columns = columns[columns[:, 1] <= key[0] * _HOUR_US][-_KEPT_REPORTS:]
            delivered = Delivered(
                columns[:, 0], columns[:, 1], columns[:, 2] == 1, max(series.cadence_h, 1e-3), series.lateness_h
            )
            self._trust = key, standing([delivered], [*self._findings, *beside], as_of_us)
        return self._trust[1]


def _is_one(kind: Kind, other: Kind) -> bool:
    """True for kinds one finding may turn from and to: a slip that lasts is a unit."""
    return kind is other or (kind in _SCALE and other in _SCALE)


def _opened(kind: Kind, observed_us: int, known_us: int, until_us: int | None) -> Finding:
    state = Standing.OPEN if until_us is None else Standing.OVER
    return Finding(0, kind, kind, state, observed_us, known_us, until_us, float("nan"), float("nan"), 0)


def _ended(f: Finding, kind: Kind, state: Standing, until_us: int | None) -> Finding:
    return Finding(0, kind, f.first_kind, state, f.since_us, f.found_us, until_us, f.evidence, f.factor, f.shift_us)
