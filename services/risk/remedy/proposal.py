"""The answer to a question in names: what to move, what it costs, who gives, what binds, what load remains to be reduced."""

import numpy as np
from msgspec import Struct

from detectors.network.remedy_plan import Binding, Plan, plan_remedy
from detectors.network.remedy_rows import Bound
from services.risk.remedy.candidates import Candidate, candidates
from services.risk.remedy.case import Posed, pose
from services.risk.remedy.grades import Grades
from services.risk.remedy.question import Place, Question

_SIDES = ("heat", "ash", "sulphur")


class Measure(Struct, frozen=True):
    """One way that is used: ``amounts`` dispatched and ``arriving`` by window, the most per day, its cost."""

    way: Candidate
    amounts: list[float]
    arriving: list[float]
    most_per_day: float
    cost_cny: float


class Sufferer(Struct, frozen=True):
    """Who gives from stock, how much, and the hours of own cover given away (None where nothing of it is used in normal times)."""

    place: Place
    amount: float
    hours_of_cover: float | None


class Reduction(Struct, frozen=True):
    """Load to be reduced at a place by window, and what it loses. ``is_without_alternative`` 无替代: nothing can be given in time."""

    place: Place
    amounts: list[float]
    loss_cny: float
    is_without_alternative: bool


class Hindrance(Struct, frozen=True):
    """What holds the proposal back: the kind, what it is of, and the loss avoided by one unit more of it (all of it for lead times and starts)."""

    bound: Bound
    of: str
    relief_cny: float


class Proposal(Struct, frozen=True):
    """建议, never an order. ``is_covered``: nothing stays open. ``is_proven``: to a thousandth no better one exists."""

    is_covered: bool
    is_proven: bool
    cost_cny: float
    loss_cny: float
    measures: list[Measure]
    sufferers: list[Sufferer]
    reductions: list[Reduction]
    hindrances: list[Hindrance]


def propose(question: Question) -> Proposal:
    """The plan of least loss and then of least cost. Raises ValueError for a question that makes no sense."""
    grades = Grades(question.chain)
    found = candidates(question, grades)
    posed = pose(question, found, grades)
    plan = plan_remedy(posed.case)
    return Proposal(
        is_covered=plan.is_covered,
        is_proven=plan.is_proven,
        cost_cny=float(plan.cost_cny.sum()),
        loss_cny=plan.loss_cny,
        measures=_measures(plan, found, posed),
        sufferers=[
            Sufferer(posed.donors[t.donor], t.amount, t.hours_of_cover if np.isfinite(t.hours_of_cover) else None)
            for t in plan.takings
        ],
        reductions=_reductions(plan, posed),
        hindrances=[Hindrance(b.bound, _subject(b, found, posed), b.relief_cny) for b in plan.bindings],
    )


def _measures(plan: Plan, found: list[Candidate], posed: Posed) -> list[Measure]:
    per_day = plan.per_day(posed.case.edges_h)
    return [
        Measure(
            way=way,
            amounts=plan.dispatched[number].tolist(),
            arriving=plan.arriving[number].tolist(),
            most_per_day=float(per_day[number].max()),
            cost_cny=float(plan.cost_cny[number]),
        )
        for number, way in enumerate(found)
        if plan.dispatched[number].any()
    ]


def _reductions(plan: Plan, posed: Posed) -> list[Reduction]:
    return [
        Reduction(
            place=place,
            amounts=plan.open_deficit[row].tolist(),
            loss_cny=float(plan.open_deficit[row].sum() * posed.case.value_cny[row]),
            is_without_alternative=row in plan.without_alternative,
        )
        for row, place in enumerate(posed.places)
        if plan.open_deficit[row].any()
    ]


def _subject(binding: Binding, found: list[Candidate], posed: Posed) -> str:
    if binding.number < 0:
        return ""
    if binding.bound is Bound.SHARED:
        return posed.limits[binding.number]
    if binding.bound is Bound.SPARE:
        way = found[binding.number]
        return f"{way.kind} {way.source}"
    if binding.bound is Bound.DONOR:
        return "stock " + " ".join(posed.donors[binding.number])
    place = " ".join(posed.places[binding.number])
    return f"{_SIDES[binding.side]} {place}" if binding.bound is Bound.BLEND else place
