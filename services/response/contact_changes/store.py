"""Changes of contacts, roster and channels by command: checked as the files are, kept with the offset of the command, in force at once."""

from collections.abc import Callable, Sequence
from typing import Any

import yaml
from psycopg import Connection
from psycopg.types.json import Jsonb

from schemas.command import Command
from services.response.course import Plans
from services.runtime.contact_files import ContactChange, change_of
from services.runtime.errors import InputError
from services.runtime.logs import logger

Rewrite = Callable[[Sequence[ContactChange]], Plans]
"""Plans over the files with some changes. Raises ConfigurationError with every finding."""
_READ = "SELECT command_id, file, key, entry FROM contact_change ORDER BY sequence"
_KEEP = """INSERT INTO contact_change (command_id, file, key, entry, actor, reason, at) VALUES (%s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (command_id) DO NOTHING"""
_log = logger("response.contacts")


class ContactSheets:
    """What counts of contacts. Every method may raise psycopg errors; nothing commits."""

    def __init__(self, rewrite: Rewrite) -> None:
        self._rewrite = rewrite
        self._known: list[ContactChange] = []

    def load(self, connection: Connection[Any]) -> Plans | None:
        """Plans with every change; None where there is nothing new, or where the files do not fit the changes any more: then the files count."""
        changes = self._changes(connection)
        if changes == self._known:
            return None
        self._known = changes
        try:
            return self._rewrite(changes)
        except (InputError, yaml.YAMLError) as error:
            _log.error("changes of contacts do not fit the files, the files count", why=str(error))
            return None

    def take(self, connection: Connection[Any], command: Command) -> Plans:
        """Keep a change and return the plans with it. Raises InputError for one that would leave contacts that cannot be used."""
        change, before = change_of(command), self._changes(connection)
        after = before if any(c.command_id == change.command_id for c in before) else [*before, change]
        try:
            plans = self._rewrite(after)
        except yaml.YAMLError as error:
            raise InputError(f"{change.file}: {error}") from error
        entry = None if change.entry is None else Jsonb(change.entry)
        kept = (change.command_id, change.file, change.key, entry, command.actor, command.reason, command.issued_at)
        connection.execute(_KEEP, kept)
        self._known = after  # where the transaction fails, the next reading finds the difference
        return plans

    def _changes(self, connection: Connection[Any]) -> list[ContactChange]:
        names = ("command_id", "file", "key", "entry")
        return [ContactChange(**dict(zip(names, row, strict=True))) for row in connection.execute(_READ)]
