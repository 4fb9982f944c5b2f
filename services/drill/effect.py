"""What the conduct of a drill asks its shell to do. Values only."""

from msgspec import Struct

from schemas.drill import DrillEvent
from schemas.drill_plan import Reading


class OpenLane(Struct, frozen=True):
    """Begin this lane: a fresh play of the scenario from its first hour, as fast as the pace allows."""

    lane: str


class PlayHour(Struct, frozen=True):
    """Live the next hour of the scenario; strike the lane's clock at its end or let it be."""

    lane: str
    strikes: bool


class SetClock(Struct, frozen=True):
    """The lane's clock shows this drill minute now and runs so fast; a rate near 0 stands."""

    lane: str
    minute: float
    rate: float


class Insert(Struct, frozen=True):
    """Send a reading into its feed, observed at this drill minute."""

    lane: str
    inject: str
    minute: float
    reading: Reading


class CloseLane(Struct, frozen=True):
    """Close the lane: from now on nothing is judged in it."""

    lane: str


class Emit(Struct, frozen=True):
    """Publish an event of the drill."""

    event: DrillEvent


class Letter(Struct, frozen=True, kw_only=True):
    """One message to one member of the roster. Both texts carry the mark."""

    id: str
    lane: str
    member: str
    recipient: str
    text_zh: str
    text_en: str


class Deliver(Struct, frozen=True):
    """Hand a letter over."""

    letter: Letter


class Order(Struct, frozen=True):
    """Say something to the stages by a command in the drill's lane."""

    lane: str
    kind: str
    arguments: dict[str, str]
    reason: str


Effect = OpenLane | PlayHour | SetClock | Insert | CloseLane | Emit | Deliver | Order
