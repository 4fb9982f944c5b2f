"""A chain as read from its files, before it is checked: every value with the place it came from."""

from collections.abc import Iterable
from datetime import datetime
from typing import Generic, TypeVar

from msgspec import Struct

from schemas.chain import Chain, CoalQuality, Link, Node, Recipe, Series, Stock
from schemas.supplier_offer import SupplierOffer
from services.runtime.chain.problem import Place

T = TypeVar("T")


class Placed(Struct, Generic[T], frozen=True):
    """A value, where it stands, and whether its row could be read in full."""

    value: T
    place: Place
    is_sound: bool = True


class Responsibility(Struct, frozen=True, kw_only=True):
    """Who answers for a node: 链长, 链主, 牵头部门, 工作专班."""

    node: str
    chain_chief: str
    chain_leader: str
    lead_department: str
    work_team: str


class Heading(Struct, frozen=True, kw_only=True):
    """What the chain is called and from when on this version holds."""

    id: str
    name_zh: str
    name_en: str
    valid_from: datetime


class Draft(Struct, frozen=True, kw_only=True):
    """All rows of a chain folder. ``is_delivered``: the layout of the delivered reference files, which have no series, quality or responsibility."""

    heading: Heading
    nodes: tuple[Placed[Node], ...]
    links: tuple[Placed[Link], ...]
    recipes: tuple[Placed[Recipe], ...]
    stocks: tuple[Placed[Stock], ...]
    qualities: tuple[Placed[CoalQuality], ...] = ()
    series: tuple[Placed[Series], ...] = ()
    responsibilities: tuple[Placed[Responsibility], ...] = ()
    offers: tuple[Placed[SupplierOffer], ...] = ()
    is_delivered: bool = False

    def node_of(self) -> dict[str, Node]:
        """Nodes by id; of a repeated id the first."""
        return {item.value.id: item.value for item in reversed(self.nodes)}


def sound(items: Iterable[Placed[T]]) -> list[T]:
    """The values of rows without a fault."""
    return [item.value for item in items if item.is_sound]


def draft_of(chain: Chain) -> Draft:
    """The draft of a chain that came from elsewhere than a folder: the place of a row is its list and its number in it, from 1."""

    def rows(name: str, values: Iterable[T]) -> tuple[Placed[T], ...]:
        return tuple(Placed(value, Place(f"{chain.id}:{name}", number)) for number, value in enumerate(values, 1))

    return Draft(
        heading=Heading(id=chain.id, name_zh=chain.name_zh, name_en=chain.name_en, valid_from=chain.valid_from),
        nodes=rows("nodes", chain.nodes),
        links=rows("links", chain.links),
        recipes=rows("recipes", chain.recipes),
        stocks=rows("stocks", chain.stocks),
        qualities=rows("qualities", chain.qualities),
        series=rows("series", chain.series),
        offers=rows("offers", chain.offers),
    )
