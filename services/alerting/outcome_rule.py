"""What became of episodes, and which breaks nobody warned of, by rule from observations. Pure."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from detectors.skill import observed_breaks, observed_share
from schemas.alert import Alert, AlertState, Ending
from schemas.assessment import Hazard
from schemas.level import rank
from schemas.outcome import Outcome, Verdict

MOST_LEAD = timedelta(days=14)
LEAST_OBSERVED = 0.5
FULL = 0.98
"""A tank that reads this share of its maximum is full: its gauge and its overflow leave the rest."""

_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
_HOUR = timedelta(hours=1)


class Place(Struct, frozen=True, kw_only=True):
    """A stock that can break: where it is, its limit (None where none is set), and its observations in order (time, value, when known)."""

    lane: str
    chain: str
    node: str
    product: str
    hazard: Hazard
    limit: float | None
    observed: Sequence[tuple[datetime, float, datetime]]

    def breaks(self) -> list[tuple[datetime, datetime]]:
        """Observed breaks, first and last time beyond the limit."""
        if self.limit is None:
            return []
        hours = [_hours(at) for at, _, _ in self.observed]
        found = observed_breaks(hours, [self._is_beyond(value) for _, value, _ in self.observed])
        # What is beyond its limit at the first observation broke before anybody looked: when, nobody knows.
        return [(_moment(first), _moment(last)) for first, last in found if first > hours[0]]

    def _is_beyond(self, value: float) -> bool:
        assert self.limit is not None  # asked by breaks alone
        return value < self.limit if self.hazard is Hazard.STARVED else value >= FULL * self.limit


def outcomes(place: Place, episodes: Sequence[Sequence[Alert]]) -> list[Outcome]:
    """The ledger's entries of a place: one per closed episode (its steps in order), and one per break during which no warning stood."""
    breaks = place.breaks()
    found = [_of_episode(place, steps, breaks) for steps in episodes if steps[-1].state is AlertState.CLOSED]
    missed = [b for b in breaks if not any(_touches(steps, b) for steps in episodes)]
    return found + [_missed(place, b) for b in missed]


def outcome_id(*parts: str) -> str:
    """Name of an entry, the same in every replay."""
    return "out-" + hashlib.sha256("|".join(parts).encode()).hexdigest()[:16]


def _of_episode(place: Place, steps: Sequence[Alert], breaks: Sequence[tuple[datetime, datetime]]) -> Outcome:
    first, last = steps[0], steps[-1]
    closed = last.acted_at or last.as_of
    peak = max(steps, key=lambda a: (rank(a.level) or 0, -a.sequence))
    hours = [_hours(at) for at, _, _ in place.observed]
    share = observed_share(hours, _hours(first.opened_at), _hours(closed))
    event = _event_of(first.opened_at, closed, breaks)
    verdict, why = _verdict(last, event, share, place.limit)
    return Outcome(
        lane=place.lane,
        chain=first.chain,
        node=place.node,
        product=place.product,
        hazard=place.hazard,
        outcome=outcome_id(place.lane, first.episode),
        revision=1,
        verdict=verdict,
        known_at=_known_at(place, last.known_at, closed),
        episode=first.episode,
        incident=last.incident,
        root=last.root,
        peak=last.peak,
        opened_at=first.opened_at,
        closed_at=closed,
        event_at=event,
        lead_hours=None if event is None else round((event - first.opened_at) / _HOUR, 3),
        actions=last.actions,
        foretold_hours=peak.hours_to_minimum_p50,
        foretold_probability=peak.probability,
        observed_share=round(share, 3),
        reason_zh=why[0],
        reason_en=why[1],
    )


def _verdict(last: Alert, event: datetime | None, share: float, limit: float | None) -> tuple[Verdict, tuple[str, str]]:
    if event is not None:
        return Verdict.OCCURRED, ("期间观测到断链", "a break was observed while it stood")
    if last.ending is Ending.RETRACTED:
        return Verdict.FALSE, (last.retraction_zh or "已撤回", last.retraction_en or "withdrawn")
    if limit is None or share < LEAST_OBSERVED:
        return Verdict.UNDECIDABLE, (f"期间仅 {share:.0%} 的日子有观测", f"observed on {share:.0%} of its days only")
    if last.actions:
        return Verdict.AVERTED, ("未断链，期间有处置", "no break, and something was done about it")
    return Verdict.FALSE, ("未断链，亦无处置", "no break, and nothing was done")


def _missed(place: Place, spell: tuple[datetime, datetime]) -> Outcome:
    first, last = spell
    return Outcome(
        lane=place.lane,
        chain=place.chain,
        node=place.node,
        product=place.product,
        hazard=place.hazard,
        outcome=outcome_id(place.lane, place.node, place.product, place.hazard.value, first.isoformat()),
        revision=1,
        verdict=Verdict.MISSED,
        known_at=_known_at(place, last, last),
        event_at=first,
        observed_share=1.0,
        reason_zh="观测到断链，其间没有预警",
        reason_en="a break was observed and no warning stood",
    )


def _event_of(opened: datetime, closed: datetime, breaks: Sequence[tuple[datetime, datetime]]) -> datetime | None:
    """The break an episode speaks for: the first that began while it stood, within 14 days; else one it opened in, which it was too late for."""
    for first, _ in breaks:
        if opened < first <= closed and first - opened <= MOST_LEAD:
            return first
    return next((first for first, last in breaks if first <= opened <= last), None)


def _touches(steps: Sequence[Alert], spell: tuple[datetime, datetime]) -> bool:
    """True when a warning stood at some time of the break, or began before it and is still open."""
    last = steps[-1]
    is_closed = last.state is AlertState.CLOSED
    return steps[0].opened_at <= spell[1] and (not is_closed or (last.acted_at or last.as_of) >= spell[0])


def _known_at(place: Place, least: datetime, until: datetime) -> datetime:
    return max([least, *(known for at, _, known in place.observed if at <= until)])


def _hours(at: datetime) -> float:
    return (at - _EPOCH) / _HOUR


def _moment(hours: float) -> datetime:
    return _EPOCH + hours * _HOUR


def is_same(known: Outcome, told: Outcome) -> bool:
    """True when a judgement says nothing that the ledger does not say already: times of knowing and revisions aside."""
    names = ("verdict", "event_at", "lead_hours", "actions", "closed_at", "incident", "peak", "reason_zh")
    return all(getattr(known, name) == getattr(told, name) for name in names)
