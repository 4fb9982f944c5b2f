"""Every way to help a place that lacks: entries of the register, more over a link, stock of the neighbour at its other end."""

from collections.abc import Iterator
from datetime import timedelta
from enum import StrEnum

from msgspec import Struct

from schemas.chain import Link, Node
from schemas.supplier_offer import SupplierOffer
from services.risk.remedy.grades import Grade, Grades
from services.risk.remedy.question import Place, Question
from services.risk.remedy.spare import Spare, way_of
from services.runtime.chain.offers import usable_offers
from services.runtime.chain.vocabulary import KINDS, Behaviour

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


class Kind(StrEnum):
    """Where help comes from."""

    REGISTER = "register"  # 配套企业
    OUTPUT = "output"  # more from a supplier of the chain
    STOCK = "stock"  # stock of a supplier of the chain


class Candidate(Struct, frozen=True, kw_only=True):
    """One way to help. ``free`` names what it shares with others and how much of it is free per day; ``donor`` is whose stock it takes."""

    kind: Kind
    source: str
    place: Place
    per_day: float
    price_cny: float
    lead_h: float
    worth: float
    free: dict[str, float]
    grade: Grade | None = None
    donor: Place | None = None
    is_dormant: bool = False
    start_cost_cny: float = 0.0
    least_amount: float = 0.0
    until_h: float = float("inf")


def candidates(question: Question, grades: Grades) -> list[Candidate]:
    """All ways, first those of the register, in the order of the chain. What must burn but does not say its grade is left out."""
    spare, nodes = Spare(question), {node.id: node for node in question.chain.nodes}
    found = [way for lack in question.lacks for way in _from_register(question, spare, grades, lack.place)]
    for lack in question.lacks:
        for link in question.chain.links:
            if (link.target, link.product) == lack.place:
                found += _over_link(link, nodes[link.source], spare, grades, question)
    return [way for way in found if way.per_day > 0 and (way.grade is not None or way.place not in grades.accepted)]


def _from_register(question: Question, spare: Spare, grades: Grades, place: Place) -> Iterator[Candidate]:
    for offer in usable_offers(question.chain, question.now.date(), *place):
        if question.lost_nodes.isdisjoint(offer.via) and place[0] not in question.lost_nodes:
            grade = grades.of_offer(offer)
            yield Candidate(
                kind=Kind.REGISTER,
                source=offer.id,
                place=place,
                per_day=offer.spare_per_day,
                price_cny=offer.price_cny_per_unit,
                lead_h=offer.lead_time_h,
                worth=grades.worth(grade, place),
                free={f"offer {offer.id}": offer.spare_per_day} | {f"node {way}": spare.node(way) for way in offer.via},
                grade=grade,
                start_cost_cny=offer.start_cost_cny,
                least_amount=offer.least_amount,
                until_h=_hours_left(question, offer),
            )


def _hours_left(question: Question, offer: SupplierOffer) -> float:
    """Hours until the last valid day ends, on the calendar of ``now``."""
    midnight = question.now.replace(hour=0, minute=0, second=0, microsecond=0)
    days = (offer.valid_until - question.now.date()).days + 1
    return (midnight + days * _DAY - question.now) / _HOUR


def _over_link(link: Link, source: Node, spare: Spare, grades: Grades, question: Question) -> Iterator[Candidate]:
    place, giver = (link.target, link.product), (link.source, link.product)
    if spare.link(link) <= 0 or (link.valid_until is not None and link.valid_until < question.now.date()):
        return
    grade = grades.sent(*giver)
    more = spare.more(*giver)
    road = {"link " + ">".join(way_of(link)): spare.link(link)}
    if KINDS[source.kind][0] is Behaviour.TRANSIT:
        road[f"node {link.source}"] = spare.node(link.source)
    for kind, amount, donor, free in (
        (Kind.OUTPUT, more, None, {f"output {link.source} {link.product}": more}),
        (Kind.STOCK, spare.link(link) if spare.free_stock(giver) > 0 else 0.0, giver, {}),
    ):
        yield Candidate(
            kind=kind,
            source=link.source,
            place=place,
            per_day=min(amount, spare.link(link)),
            price_cny=source.value_cny_per_unit + link.cost_cny_per_unit,
            lead_h=link.lead_time_h,
            worth=grades.worth(grade, place),
            free=road | free,
            grade=grade,
            donor=donor,
            is_dormant=link.share_normal == 0,
        )
