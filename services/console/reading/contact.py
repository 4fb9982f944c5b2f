"""What was changed of contacts, roster and channels, and by whom."""

from datetime import datetime

from msgspec import Struct

from services.console.shelf import Shelf
from services.runtime.contact_files import ContactChange

_CHANGES = "SELECT command_id, file, key, entry, actor, reason, at FROM contact_change ORDER BY sequence"


class Changed(Struct, frozen=True):
    """A change that counts, who made it, when and why."""

    change: ContactChange
    actor: str
    reason: str
    at: datetime


def changes_of(shelf: Shelf) -> list[Changed]:
    """All changes in their order. Raises UnreachableError."""
    return [
        Changed(
            ContactChange(command_id=row["command_id"], file=row["file"], key=row["key"], entry=row["entry"]),
            row["actor"],
            row["reason"],
            row["at"],
        )
        for row in shelf.rows(_CHANGES)
    ]
