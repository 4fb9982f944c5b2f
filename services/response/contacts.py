"""Who stands behind a role: an office, and how to reach it. Values only."""

from collections.abc import Mapping

from msgspec import Struct

from schemas.chain import Node


class Contact(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A role. ``office`` answers when the node itself names none; ``node_field`` is the node's field that may name one."""

    role: str
    name_zh: str
    name_en: str
    office: str
    channels: tuple[str, ...]
    node_field: str = ""

    def office_for(self, node: Node | None) -> str:
        """The office for a node: the node's own where it names one."""
        own = str(getattr(node, self.node_field)) if node is not None and self.node_field else ""
        return own or self.office


Contacts = Mapping[str, Contact]
"""Contacts by role."""

NODE_FIELDS = ("chain_chief", "chain_leader", "lead_department", "work_team")
CHANNELS = ("log",)
