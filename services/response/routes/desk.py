"""What the routes need of the world: the message as it stands, and the topic of commands."""

from datetime import datetime
from typing import Protocol

import msgspec
import psycopg

from schemas.command import Command
from schemas.topic import COMMAND
from services.response.routes.page import Standing
from services.response.wording import stamp
from services.runtime.clock import Clock
from services.runtime.database import connect
from services.runtime.errors import UnreachableError
from services.runtime.streams import Producer

_WAIT_S = 10.0
_LOOK = "SELECT text_zh, text_en, acknowledged_by, acknowledged_at FROM notification WHERE notification_id = %s"


class Shelf(Protocol):
    """Where messages stand."""

    def look(self, notification_id: str) -> Standing | None:
        """The message; None when there is none or it cannot be read just now."""
        ...


class DatabaseShelf:
    """Messages in the database, a connection for each look: looks are rare."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url

    def look(self, notification_id: str) -> Standing | None:
        """As the port says."""
        try:
            with connect(self._url, application="response-link") as connection:
                row = connection.execute(_LOOK, (notification_id,)).fetchone()
        except (UnreachableError, psycopg.Error):
            return None
        if row is None:
            return None
        at = stamp(row[3]) if isinstance(row[3], datetime) else ""
        return Standing(text_zh=str(row[0]), text_en=str(row[1]), acknowledged_by=str(row[2]), acknowledged_at=at)


class Desk:
    """Publishes commands, each id once while this process lives; readers drop what is repeated after that."""

    def __init__(self, shelf: Shelf, producer: Producer, clock: Clock) -> None:
        self.shelf = shelf
        self.clock = clock
        self._producer = producer
        self._known: dict[str, Command] = {}

    def known(self, command_id: str) -> Command | None:
        """A command of this id published before by this process."""
        return self._known.get(command_id)

    def publish(self, command: Command) -> None:
        """Publish with acks=all. Raises UnreachableError: then nothing may be taken for done."""
        if command.command_id in self._known:
            return
        value, key = msgspec.json.encode(command), command.command_id.encode()
        self._producer.send(COMMAND.name, value, key=key, partition=0).offset(_WAIT_S)
        if len(self._known) > 10_000:
            self._known.clear()
        self._known[command.command_id] = command
