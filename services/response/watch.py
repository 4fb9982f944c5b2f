"""Who of those behind a role is reached first: whoever holds the watch, then whom the roster names, his deputy, then the others as listed. Pure."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec import Struct

from services.response.contacts import Person
from services.response.roster import Roster

DESK = "duty_officer"
"""The role whose watch is taken and handed over in the console."""


class Watch(Struct, frozen=True, kw_only=True):
    """The roster, and the logins that hold the watch of the duty room, the newest first."""

    roster: Roster = Roster()
    taken: tuple[str, ...] = ()

    def in_turn(self, people: Sequence[Person], role: str, at: datetime) -> tuple[Person, ...]:
        """The people of a role in the order in which they are reached at a lane time. Nobody is left out, and nobody from elsewhere comes in."""
        known = {word: person for person in people for word in (person.name, person.id)}
        first = [known[name] for name in self._named(role, at) if name in known]
        order = {person.id: person for person in (*first, *people)}
        return tuple(order.values())

    def _named(self, role: str, at: datetime) -> Iterator[str]:
        for login in self.taken if role == DESK else ():
            yield login
            yield from (duty.person for duty in self.roster.duties if duty.role == role and login in duty.accounts)
        duty = self.roster.on_duty(role, at)
        if duty is not None:
            yield duty.person
            yield duty.deputy
