"""A question and its candidates in numbers, for the programme."""

import numpy as np
from msgspec import Struct

from detectors.network.remedy import Blend, Case, Donor, Offer
from services.risk.remedy.candidates import Candidate
from services.risk.remedy.grades import Grades
from services.risk.remedy.question import Place, Question
from services.risk.remedy.spare import Spare


class Posed(Struct, frozen=True):
    """The case, and what its numbers mean: places of accounts and donors, names of shared limits."""

    case: Case
    places: list[Place]
    donors: list[Place]
    limits: list[str]


def pose(question: Question, found: list[Candidate], grades: Grades) -> Posed:
    """The case of a question. Raises ValueError for windows or amounts that make no sense."""
    windows = len(question.edges_h) - 1
    places = [lack.place for lack in question.lacks]
    free = {name: amount for way in found for name, amount in way.free.items()}
    limits, donors = list(free), list(dict.fromkeys(way.donor for way in found if way.donor is not None))
    spare = Spare(question)
    case = Case(
        edges_h=np.array(question.edges_h, dtype=np.float64),
        accounts=np.arange(len(places)),
        deficit=np.array([lack.amounts for lack in question.lacks], dtype=np.float64).reshape(len(places), -1),
        value_cny=np.array([lack.value_cny for lack in question.lacks], dtype=np.float64),
        offers=tuple(_offer(way, places, donors, limits) for way in found),
        limit_per_h=np.array([[free[name] / 24] * windows for name in limits]).reshape(
            len(limits), windows if limits else 0
        ),
        blends=tuple(_blends(question, grades)),
        donors=tuple(
            Donor(number, spare.free_stock(place), spare.daily_use(place) / 24) for number, place in enumerate(donors)
        ),
        room=np.array([[np.inf] * windows if lack.room is None else lack.room for lack in question.lacks]),
    )
    return Posed(case, places, donors, limits)


def _offer(way: Candidate, places: list[Place], donors: list[Place], limits: list[str]) -> Offer:
    return Offer(
        account=places.index(way.place),
        capacity_per_h=way.per_day / 24,
        cost_cny_per_unit=way.price_cny,
        lead_h=way.lead_h,
        start_cost_cny=way.start_cost_cny,
        least_amount=way.least_amount,
        worth=way.worth,
        properties=way.grade or (),
        limits=tuple(limits.index(name) for name in way.free),
        donor=donors.index(way.donor) if way.donor is not None else None,
        until_h=way.until_h,
    )


def _blends(question: Question, grades: Grades) -> list[Blend]:
    blends = []
    for number, lack in enumerate(question.lacks):
        accepted, usual = grades.accepted.get(lack.place), grades.received(lack.place)
        if accepted is not None and usual is not None:
            blends.append(
                Blend(
                    account=number,
                    low=(accepted.heat_low, accepted.ash_low, accepted.sulphur_low),
                    high=(accepted.heat_high, accepted.ash_high, accepted.sulphur_high),
                    base_amount=np.array(lack.arriving, dtype=np.float64),
                    base_properties=usual,
                )
            )
    return blends
