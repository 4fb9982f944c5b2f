"""What people did against what was expected of them, from the event log alone. Pure.

On time counts 1, late 0.5, not at all 0; what was voided or never came up counts nothing. An objective is rated by the mean of its expectations,
an evaluator's mark stands beside it and goes before it.
"""

from collections.abc import Sequence
from enum import StrEnum
from statistics import median

import msgspec
from msgspec import Struct

from schemas.drill import DrillEvent, DrillEventKind
from schemas.drill_plan import Expectation, Plan, Step

_LASTING = (
    DrillEventKind.OPENED,
    DrillEventKind.APPROVED,
    DrillEventKind.REWOUND,
    DrillEventKind.CLOCK,
    DrillEventKind.REFUSED,
)
_LATE_POINTS = 0.5
_RATINGS = ((0.9, "P"), (0.7, "S"), (0.4, "M"))


class Outcome(StrEnum):
    """How an expectation ended."""

    ON_TIME = "on_time"
    LATE = "late"
    MISSED = "missed"
    VOID = "void"
    NOT_STARTED = "not_started"
    PENDING = "pending"


class Judged(Struct, frozen=True, kw_only=True):
    """One expectation: when its inject was given, when it was due, when it was done, all in minutes of drill time."""

    expected: Expectation
    outcome: Outcome
    given: float | None = None
    due: float | None = None
    done: float | None = None
    note: str = ""

    @property
    def points(self) -> float | None:
        """1, 0.5 or 0; None where it does not count."""
        return {Outcome.ON_TIME: 1.0, Outcome.LATE: _LATE_POINTS, Outcome.MISSED: 0.0}.get(self.outcome)

    @property
    def took(self) -> float | None:
        """Minutes from the inject to the deed."""
        return None if self.done is None or self.given is None else self.done - self.given


class Rated(Struct, frozen=True, kw_only=True):
    """One objective: mean of points (None: nothing counted), rating P, S, M or U by it, and the evaluators' own (name, rating, note)."""

    objective: str
    points: float | None
    by_points: str
    marks: tuple[tuple[str, str, str], ...]

    @property
    def rating(self) -> str:
        """The evaluators' rating, the worst of them, where there is one; else the one by points."""
        given = [rating for _, rating, _ in self.marks]
        return max(given, key="PSMU".index) if given else self.by_points


class StepTime(Struct, frozen=True, kw_only=True):
    """How long a kind of step took: how often it was expected and done, median minutes taken, median minutes allowed."""

    step: Step
    expected: int
    done: int
    on_time: int
    took: float | None
    allowed: float | None


class Score(Struct, frozen=True, kw_only=True):
    """The whole score."""

    judged: tuple[Judged, ...]
    rated: tuple[Rated, ...]
    steps: tuple[StepTime, ...]

    @property
    def points(self) -> float | None:
        """Mean over everything that counts."""
        return _mean([j.points for j in self.judged if j.points is not None])


def plan_of(events: Sequence[DrillEvent]) -> Plan:
    """The plan that the log of a drill holds. Raises ValueError when the log does not begin with its opening."""
    for event in events:
        if event.kind is DrillEventKind.OPENED and "plan" in event.detail:
            return msgspec.json.decode(event.detail["plan"], type=Plan)
    raise ValueError("the log holds no opening with a plan")


def standing_events(events: Sequence[DrillEvent]) -> list[DrillEvent]:
    """The log as it counts: what a rewind took back is gone, in order of sequence."""
    kept: list[DrillEvent] = []
    for event in sorted(events, key=lambda e: e.sequence):
        if event.kind is DrillEventKind.REWOUND:
            back_to = float(event.detail["to"])
            kept = [k for k in kept if k.minute < back_to or k.kind in _LASTING]
        kept.append(event)
    return kept


def score(plan: Plan, events: Sequence[DrillEvent], minute: float | None = None) -> Score:
    """Everything judged, in the order of the plan. While the drill is at ``minute``, what is not due yet is pending and counts nothing."""
    standing = standing_events(events)
    judged = tuple(_pending(j, minute) for j in _judge_all(plan, standing))
    rated = tuple(_rate(o.id, judged, standing) for o in plan.objectives)
    return Score(judged=judged, rated=rated, steps=tuple(_time(s, judged) for s in Step))


def open_expectations(plan: Plan, events: Sequence[DrillEvent]) -> list[Expectation]:
    """What nobody has done yet, whether its inject was given or not."""
    return [j.expected for j in _judge_all(plan, standing_events(events)) if j.done is None]


def rating_of(points: float | None) -> str:
    """P, S, M or U; empty where nothing counted.

    >>> rating_of(0.75), rating_of(0.1), rating_of(None)
    ('S', 'U', '')
    """
    if points is None:
        return ""
    return next((rating for least, rating in _RATINGS if points >= least), "U")


def _judge_all(plan: Plan, standing: Sequence[DrillEvent]) -> list[Judged]:
    given = {e.subject: e.minute for e in reversed(standing) if e.kind is DrillEventKind.INJECT}
    voided = {e.subject for e in standing if e.kind is DrillEventKind.VOID}
    acts = sorted((e for e in standing if e.kind is DrillEventKind.ACT), key=lambda e: (e.minute, e.sequence))
    used: set[int] = set()
    found: dict[str, Judged] = {}
    for expected in sorted(plan.expectations, key=lambda x: given.get(x.inject, float("inf"))):
        start = given.get(expected.inject)
        act = _deed(expected, start, acts, used) if start is not None else None
        if act is not None:
            used.add(act.sequence)
        found[expected.id] = _judge(expected, start, act, voided)
    return [found[x.id] for x in plan.expectations]


def _deed(expected: Expectation, start: float, acts: Sequence[DrillEvent], used: set[int]) -> DrillEvent | None:
    """The earliest act that fits: by this member, of this step, about this inject; one that names no inject serves once."""
    for act in acts:
        fits = act.actor == expected.member and act.detail.get("step") == expected.step.value and act.minute >= start
        if fits and (act.subject == expected.inject or (act.subject == "" and act.sequence not in used)):
            return act
    return None


def _judge(expected: Expectation, start: float | None, act: DrillEvent | None, voided: set[str]) -> Judged:
    if start is None:
        return Judged(expected=expected, outcome=Outcome.VOID if expected.id in voided else Outcome.NOT_STARTED)
    due = start + expected.within_minutes
    if act is None:
        outcome = Outcome.VOID if expected.id in voided else Outcome.MISSED
        return Judged(expected=expected, outcome=outcome, given=start, due=due)
    outcome = Outcome.ON_TIME if act.minute <= due else Outcome.LATE
    note = act.detail.get("note", "")
    return Judged(expected=expected, outcome=outcome, given=start, due=due, done=act.minute, note=note)


def _pending(judged: Judged, minute: float | None) -> Judged:
    is_pending = (
        judged.outcome is Outcome.MISSED and minute is not None and judged.due is not None and judged.due > minute
    )
    return msgspec.structs.replace(judged, outcome=Outcome.PENDING) if is_pending else judged


def _rate(objective: str, judged: Sequence[Judged], standing: Sequence[DrillEvent]) -> Rated:
    points = _mean([j.points for j in judged if j.expected.objective == objective and j.points is not None])
    latest = {
        e.actor: (e.actor, e.detail["rating"], e.detail.get("note", ""))
        for e in standing
        if e.kind is DrillEventKind.MARK and e.subject == objective
    }
    return Rated(objective=objective, points=points, by_points=rating_of(points), marks=tuple(latest.values()))


def _time(step: Step, judged: Sequence[Judged]) -> StepTime:
    own = [j for j in judged if j.expected.step is step and j.points is not None]
    took = [j.took for j in own if j.took is not None]
    return StepTime(
        step=step,
        expected=len(own),
        done=len(took),
        on_time=sum(j.outcome is Outcome.ON_TIME for j in own),
        took=median(took) if took else None,
        allowed=median(j.expected.within_minutes for j in own) if own else None,
    )


def _mean(values: Sequence[float | None]) -> float | None:
    known = [v for v in values if v is not None]
    return sum(known) / len(known) if known else None
