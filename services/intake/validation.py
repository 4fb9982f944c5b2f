"""Judging: a candidate becomes an accepted row or a finding. Pure: time, catalogue and limits are in the judge."""

from collections.abc import Sequence

from msgspec import Struct

from schemas.chain import Series
from schemas.quality import Quality
from schemas.rejection import Reason
from services.intake.candidate import Candidate, Finding, about
from services.intake.checks import CHECKS, QUALITY_WORDS, Judge, Subject
from services.intake.plausibility import implausible
from services.intake.rows import Rows
from services.runtime.chain.units import UnitError, convert
from services.runtime.clock import to_us


class Accepted(Struct, frozen=True):
    """A candidate that passed: its series, and value in the unit of the catalogue."""

    candidate: Candidate
    series: Series
    value: float
    quality: Quality


class Judgement(Struct, frozen=True):
    """What became of each item of a batch, in order: a row number of ``rows[lane]`` or a finding."""

    rows: dict[str, Rows]
    places: list[tuple[str, int] | Finding]

    @property
    def findings(self) -> list[Finding]:
        """Everything that was not accepted."""
        return [p for p in self.places if isinstance(p, Finding)]


def inspect(judge: Judge, candidate: Candidate) -> Accepted | Finding:
    """Judge one candidate by itself."""
    subject = Subject(judge, candidate)
    for check in CHECKS:
        found = check(subject)
        if found is not None:
            return found
    series = subject.series
    value = candidate.value
    if candidate.unit is not None and candidate.unit != series.unit:
        period_h = candidate.period_h or series.cadence_h
        try:
            value = convert(value, candidate.unit, series.unit, period_h=period_h, product=series.product)
        except (UnitError, ValueError) as error:
            wanted = f"{series.unit} 或可换算的单位 / {series.unit} or a unit that converts to it ({error})"
            return about(candidate, Reason.UNKNOWN_UNIT, "unit", candidate.unit, wanted)
    outside = implausible(value, series, judge.limits.slip_factors)
    if outside is not None:
        given = f"{candidate.value:g} {candidate.unit or series.unit}"
        return about(candidate, outside.reason, "value", given, outside.wanted)
    return Accepted(candidate, series, value, QUALITY_WORDS[candidate.quality.strip().lower()])


def judge_batch(judge: Judge, items: Sequence[Candidate | Finding]) -> Judgement:
    """Judge a batch. Findings of the door pass through; the second of two equal identities is called a duplicate."""
    accepted: dict[str, list[Accepted]] = {}
    places: list[tuple[str, int] | Finding] = []
    seen: dict[tuple[str, str, int, int | None], float] = {}
    for item in items:
        outcome = item if isinstance(item, Finding) else inspect(judge, item)
        if isinstance(outcome, Accepted):
            outcome = _unless_repeated(outcome, seen)
        if isinstance(outcome, Finding):
            places.append(outcome)
            continue
        of_lane = accepted.setdefault(outcome.candidate.lane, [])
        places.append((outcome.candidate.lane, len(of_lane)))
        of_lane.append(outcome)
    rows = {lane: _rows(lane, of_lane, judge) for lane, of_lane in accepted.items()}
    return Judgement(rows, places)


def _unless_repeated(accepted: Accepted, seen: dict[tuple[str, str, int, int | None], float]) -> Accepted | Finding:
    candidate = accepted.candidate
    issued_us = to_us(candidate.issued_at) if candidate.issued_at else None
    identity = (candidate.lane, candidate.series, to_us(candidate.observed_at), issued_us)
    if identity not in seen:
        seen[identity] = accepted.value
        return accepted
    before = seen[identity]
    where = f"{candidate.series} {candidate.observed_at.isoformat()}"
    if before == accepted.value:
        return about(candidate, Reason.DUPLICATE, "observed_at", where, "每个时刻一次 / each moment once")
    wanted = (
        f"同批只报一个值；更正请给更晚的 issued_at（先有 {before:g}） / "
        f"one value per batch; a correction needs a later issued_at (first {before:g})"
    )
    return about(candidate, Reason.CONFLICTING_DUPLICATE, "value", f"{accepted.value:g}", wanted)


def _rows(lane: str, accepted: list[Accepted], judge: Judge) -> Rows:
    known_us = to_us(judge.known_at(lane))
    candidates = [a.candidate for a in accepted]
    quality = [int(a.quality) for a in accepted]
    implied = [c.issued_at is None for c in candidates]
    detail = [c.detail for c in candidates]
    key = [c.key for c in candidates]
    return Rows(
        lane=lane,
        source=judge.source,
        series=[c.series for c in candidates],
        observed_us=[to_us(c.observed_at) for c in candidates],
        issued_us=[to_us(c.issued_at) if c.issued_at else known_us for c in candidates],
        known_us=[known_us] * len(accepted),
        value=[a.value for a in accepted],
        quality=quality if any(quality) else None,
        implied=implied if any(implied) else None,
        detail=detail if any(d is not None for d in detail) else None,
        key=key if any(k is not None for k in key) else None,
    )
