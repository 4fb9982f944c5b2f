"""The truth of a scenario: its events, what caused each, and from when it could have been known.

Causes are found by living the same life again without a disruption, on the same random numbers: a disruption without which
the event does not come (or comes a day later) is needed; where none alone is needed, each that brings it alone is a cause;
else all that had begun. An event could be foreseen when a record or notice that shows its cause was published at least six
hours before it; of several needed causes the one shown last counts, for before that nothing was going to break. A record
shows the cause when the life without it would have reported a value at least 5 % of the usual away.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import numpy as np
from msgspec import Struct

from schemas.chain import Chain
from services.intake.scenario.reporting import Reporter
from services.intake.scenario.reports import Reports
from services.intake.scenario.scenario import Scenario
from services.intake.scenario.simulation import Simulation
from services.intake.scenario.truth import Break, Event, events_of

FORESEEN_H = 6.0
_LATER_H = 24
_SHOWN = 0.05
_NOTICE_LAG_H = 0.05


class Verdict(Struct, frozen=True, kw_only=True):
    """One event with its causes (ids of disruptions; empty: everyday unrest), when it was first shown, and whether it was foreseeable."""

    event: Event
    at: datetime
    causes: list[str]
    shown_hour: float | None
    is_foreseeable: bool


class Truth(Struct, frozen=True, kw_only=True):
    """The truth file of one scenario, seed and mismatch. ``hours`` are lived hours from ``first_hour``; breaks first, then graver events."""

    scenario: str
    seed: int
    mismatch: int
    chain: str
    chain_version: str
    start: datetime
    first_hour: int
    hours: int
    breaks: list[Verdict]
    graver: list[Verdict]
    v: int = 1


def truth_of(
    chain: Chain,
    scenario: Scenario,
    seed: int,
    mismatch: int | None = None,
    step: Callable[[str], None] = lambda _: None,
) -> Truth:
    """Live the scenario, find its events and their causes. ``step`` is told what is being done."""
    court = _Court(chain, scenario, seed, mismatch, step)
    verdicts = [court.judge(event) for event in court.events]
    return Truth(
        scenario=scenario.id,
        seed=seed,
        mismatch=court.life.world.mismatch,
        chain=chain.id,
        chain_version=chain.version,
        start=scenario.start,
        first_hour=scenario.first_hour,
        hours=scenario.last_hour - scenario.first_hour,
        breaks=[v for v in verdicts if v.event.kind is not Break.GRAVER],
        graver=[v for v in verdicts if v.event.kind is Break.GRAVER],
    )


class _Court:
    """The life as it was, and the lives it is compared with, each lived once."""

    def __init__(
        self, chain: Chain, scenario: Scenario, seed: int, mismatch: int | None, step: Callable[[str], None]
    ) -> None:
        self._chain, self._scenario, self._seed, self._mismatch, self._step = chain, scenario, seed, mismatch, step
        self._ids = [d.id for d in scenario.disruptions]
        self._lives: dict[frozenset[str], Simulation] = {}
        self._told: dict[frozenset[str], Reports] = {}
        self._events: dict[frozenset[str], list[Event]] = {}
        self._shown: dict[frozenset[str], float | None] = {}
        self.life = self._live(frozenset())
        self.events = self._events_without(frozenset())

    def judge(self, event: Event) -> Verdict:
        """Causes and foreseeability of one event."""
        causes, all_needed = self._causes(event)
        shown = self._shown_for(causes, all_needed=all_needed)
        return Verdict(
            event=event,
            at=self._scenario.start + timedelta(hours=event.hour),
            causes=causes,
            shown_hour=shown,
            is_foreseeable=shown is not None and shown <= event.hour - FORESEEN_H,
        )

    def _causes(self, event: Event) -> tuple[list[str], bool]:
        """Ids of the causes, and whether each of them was needed."""
        needed = [d for d in self._ids if not self._happens(event, frozenset((d,)))]
        if needed:
            return needed, True
        everything = frozenset(self._ids)
        if not everything or self._happens(event, everything):
            return [], True
        enough = [d for d in self._ids if self._happens(event, everything - {d})]
        return enough or [d.id for d in self._scenario.disruptions if d.start_h <= event.hour], False

    def _shown_for(self, causes: list[str], *, all_needed: bool) -> float | None:
        shown = [self._first_shown(frozenset((cause,))) for cause in causes]
        known = [hour for hour in shown if hour is not None]
        if not known or (all_needed and len(known) < len(shown)):
            return None
        return max(known) if all_needed else min(known)

    def _happens(self, event: Event, without: frozenset[str]) -> bool:
        """True when the same break comes without these disruptions, at most a day later."""
        others = self._events_without(without)
        key = (event.node, event.product, event.kind)
        return any((o.node, o.product, o.kind) == key and o.hour <= event.hour + _LATER_H for o in others)

    def _first_shown(self, causes: frozenset[str]) -> float | None:
        if causes not in self._shown:
            spoken = [
                n.published_h + _NOTICE_LAG_H for n in self._scenario.notices if causes & set(n.causes) and n.level > 0
            ]
            seen = _first_difference(self._tell(frozenset()), self._tell(causes))
            self._shown[causes] = min([*spoken, *([] if seen is None else [seen])], default=None)
        return self._shown[causes]

    def _live(self, without: frozenset[str]) -> Simulation:
        if without not in self._lives:
            self._step(f"without {', '.join(sorted(without))}" if without else "as it was")
            life = Simulation(self._chain, self._scenario, self._seed, self._mismatch, without)
            life.advance(self._scenario.last_hour)
            self._lives[without] = life
        return self._lives[without]

    def _events_without(self, without: frozenset[str]) -> list[Event]:
        if without not in self._events:
            life = self._live(without)
            self._events[without] = events_of(life.world, life.trace)
        return self._events[without]

    def _tell(self, without: frozenset[str]) -> Reports:
        if without not in self._told:
            life = self._live(without)
            reporter = Reporter(life, self._chain)
            hours = range(self._scenario.first_hour, self._scenario.last_hour)
            self._told[without] = Reports.joined([reporter.report(life.trace, hour) for hour in hours])
        return self._told[without]


def _first_difference(told: Reports, otherwise: Reports) -> float | None:
    """When the first record became known that the other life would have reported at least 5 % of the usual differently."""
    usual = np.zeros(int(otherwise.series.max()) + 1)
    count = np.zeros_like(usual)
    np.add.at(usual, otherwise.series, np.abs(otherwise.value))
    np.add.at(count, otherwise.series, 1.0)
    scale = (usual / np.maximum(count, 1.0))[told.series]
    differs = np.abs(told.value - otherwise.value) > np.maximum(_SHOWN * scale, 1e-9)
    return float(told.known[differs].min()) if differs.any() else None


def summary(truths: Sequence[Truth]) -> dict[str, int]:
    """Counts over many truths: scenarios, those with a break, breaks, foreseeable ones."""
    return {
        "scenarios": len(truths),
        "with_break": sum(bool(t.breaks) for t in truths),
        "breaks": sum(len(t.breaks) for t in truths),
        "foreseeable": sum(v.is_foreseeable for t in truths for v in t.breaks),
    }
