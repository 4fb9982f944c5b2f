"""Heat of coal: what a tonne over a link counts at its end, and how long the heat at a consumer lasts.

Tonnes of different grades are never equal. Inside the network coal is counted in tonnes of the usual blend of each place, so a tonne over a link is
worth the heat of what the link carries over the heat of that blend, and units times heat is what links conserve. Heat values are net as received
(NAR) in kcal/kg, by ``Grades``; where a source does not say its own, and of coking coal, a tonne counts as a tonne.
"""

from collections import defaultdict
from collections.abc import Iterable

import numpy as np
from msgspec import Struct, structs

from services.risk.blueprint import Blueprint
from services.risk.remedy.grades import Grades
from services.risk.state.estimate import Floats
from services.runtime.chain.vocabulary import FUELS, Behaviour, behaviour_of

REFERENCE_KCAL_PER_KG = 5500.0
"""The grade in which coal is traded at the ports of the Bohai and compared here."""


class HeldHeat(Struct, frozen=True):
    """Heat of the coal that lies at a consumer, and of its usual coal. ``age_h`` is that of the newest report it rests on, None when nothing but the
    normal blend is known; ``is_reported`` when the place itself tells its heat value."""

    kcal_per_kg: float
    usual_kcal_per_kg: float
    age_h: float | None = None
    is_reported: bool = False

    def worth(self) -> float:
        """Tonnes of the usual coal that a tonne held replaces."""
        return self.kcal_per_kg / self.usual_kcal_per_kg

    def reference_tonnes(self, tonnes: float) -> float:
        """As many tonnes of 5,500 kcal/kg hold the same heat.

        >>> HeldHeat(5000.0, 5200.0).reference_tonnes(1100.0)
        1000.0
        """
        return tonnes * self.kcal_per_kg / REFERENCE_KCAL_PER_KG


def flown_grades(blueprint: Blueprint, flow: Floats) -> Grades:
    """Grades when places get their coal by these flows (L, per hour) and not by the configured shares."""
    numbers = coal_links(blueprint)
    total: dict[tuple[str, str], float] = defaultdict(float)
    for number in numbers:
        link = blueprint.links[number]
        total[link.target, link.product] += float(flow[number])
    links = []
    for number in numbers:
        link = blueprint.links[number]
        sent = total[link.target, link.product]
        links.append(structs.replace(link, share_normal=float(flow[number]) / sent if sent > 0 else 0.0))
    return Grades(structs.replace(blueprint.chain, links=links))


def coal_links(blueprint: Blueprint) -> list[int]:
    """Numbers of the links that carry coal used for its heat."""
    return [number for number, link in enumerate(blueprint.links) if link.product in FUELS]


def is_coal_consumer(blueprint: Blueprint, account: int) -> bool:
    """True for a stock of coal whose heat is used where it lies, not sold or sent on."""
    stock = blueprint.stocks.get(account)
    return (
        stock is not None
        and stock.role == "input"
        and stock.product in FUELS
        and behaviour_of(blueprint.nodes[stock.node].kind) is not Behaviour.TRANSIT
    )


def blend_heat(blueprint: Blueprint, grades: Grades, flow: Floats, links: Iterable[int]) -> float | None:
    """Mean heat value of what some links bring, weighted by flow, of those whose heat is known; None without any."""
    total = heat = 0.0
    for number in links:
        link = blueprint.links[number]
        grade = grades.sent(link.source, link.product)
        if grade is not None:
            total += float(flow[number])
            heat += float(flow[number]) * grade[0]
    return heat / total if total > 0 else None


def link_gains(blueprint: Blueprint, flow: Floats) -> Floats:
    """Units at its end that a unit sent over each link counts (L): the ratio of heat values for coal, else 1.

    Their mean over what an account gets, weighted by ``flow`` (L), is 1: usual flows bring as many units as tonnes.
    """
    gain = np.ones(len(blueprint.links))
    if not blueprint.chain.qualities:
        return gain
    grades = flown_grades(blueprint, flow)
    into: dict[int, list[int]] = defaultdict(list)
    for number in coal_links(blueprint):
        into[blueprint.structure.links[number].target].append(number)
    for links in into.values():
        usual = blend_heat(blueprint, grades, flow, links)
        for number in links if usual is not None else ():
            link = blueprint.links[number]
            grade = grades.sent(link.source, link.product)
            gain[number] = grade[0] / usual if grade is not None and usual is not None else 1.0
    return gain


def heat_need(burnt: float, usual: float, worth: float) -> float:
    """The heat a consumer needs, in units of its usual coal, when it lately burnt ``burnt`` tonnes of coal that is worth ``worth`` of it.

    Poorer coal is burnt faster for the same heat. Whether the tonnes burnt have followed already depends on what lay on top of the yard, so of
    everything between "they have not" (``burnt``) and "they have" (``burnt × worth``) the need nearest to the usual is believed.

    >>> heat_need(100.0, 100.0, 0.8), heat_need(125.0, 100.0, 0.8), heat_need(125.0, 100.0, 1.0), heat_need(60.0, 100.0, 0.8)
    (100.0, 100.0, 125.0, 60.0)
    """
    low, high = sorted((burnt, burnt * worth))
    return min(max(usual, low), high)
