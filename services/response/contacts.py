"""Who stands behind a role: an office, the persons in the order in which they are tried, and how each is reached. Values only."""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from schemas.chain import Node
from services.response.roster import Roster

LOG = "log"
PERSON = "person"
MEMBER = "member"
CALL = "call"
PUSH = "webhook"
"""Channels of a notification: the log; whoever stands behind the role; one member of a drill's roster, whose person the role names; by telephone;
the webhook that the recipient names."""


class Way(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One way to a person: a channel of ``contacts/channels.yaml`` and the person's address there (empty for a group robot)."""

    channel: str
    address: str = ""


class Person(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person with his ways in the order in which they are tried. ``phone`` is called for 叫应."""

    id: str
    name: str
    ways: tuple[Way, ...] = ()
    phone: str = ""


class Contact(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A role. ``office`` answers when the node itself names none; ``node_field`` is the node's field that may name one.

    ``people`` are the person in charge and the deputies after him. ``is_called``: an orange or red item is called by telephone until one
    of them answers.
    """

    role: str
    name_zh: str
    name_en: str
    office: str
    channels: tuple[str, ...]
    node_field: str = ""
    people: tuple[Person, ...] = ()
    is_called: bool = False

    def office_for(self, node: Node | None) -> str:
        """The office for a node: the node's own where it names one."""
        own = str(getattr(node, self.node_field)) if node is not None and self.node_field else ""
        return own or self.office


Contacts = Mapping[str, Contact]
"""Contacts by role."""


class ContactBook(Mapping[str, Contact]):
    """Contacts and roster as they stand now: whoever holds the book sees what was changed. ``names`` are persons by id."""

    def __init__(self, contacts: Contacts, roster: Roster) -> None:
        self.names: dict[str, str] = {}
        self.take(contacts, roster)

    def take(self, contacts: Contacts, roster: Roster) -> None:
        """From now on these count. May be called from any thread."""
        self._contacts, self._roster = dict(contacts), roster
        self.names.update({person.id: person.name for contact in contacts.values() for person in contact.people})

    def on_duty(self) -> Roster:
        """The roster as it stands now."""
        return self._roster

    def __getitem__(self, role: str) -> Contact:
        return self._contacts[role]

    def __iter__(self) -> Iterator[str]:
        return iter(self._contacts)

    def __len__(self) -> int:
        return len(self._contacts)


NODE_FIELDS = ("chain_chief", "chain_leader", "lead_department", "work_team")
CHANNELS = (LOG,)
