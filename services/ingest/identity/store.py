"""The reader's own connection: numbers of names, claims, watermarks, commands that concern a stopped partition."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import numpy as np
import psycopg
from psycopg import Connection

from schemas.command import Command
from schemas.rejection import Rejection
from schemas.topic import CHAIN, LANE
from services.ingest.assembly import Numbers
from services.ingest.store import GROUP, open_session
from services.ingest.tables.store import write_rejections
from services.runtime.arrays import IntArray
from services.runtime.errors import UnreachableError
from services.runtime.offsets import Claim, move_all, take_all
from services.runtime.streams import Message, Partition

REGISTRY_GROUP = "ingest.registry"
T = TypeVar("T")
_MARKS = """
SELECT k.lane_id, k.series_id, (
    SELECT o.observed_at FROM observation o WHERE o.lane_id = k.lane_id AND o.series_id = k.series_id
    ORDER BY o.observed_at DESC LIMIT 1
) FROM unnest(%s, %s) AS k (lane_id, series_id)
"""
_SOURCE = "INSERT INTO source (source) SELECT unnest(%s::text[]) ON CONFLICT DO NOTHING"
_SKIP = """
SELECT command_id, lane, kind, actor, reason, issued_at, arguments FROM command
WHERE kind = 'ingest.skip' AND arguments ->> 'topic' = %s AND arguments ->> 'partition' = %s AND arguments ->> 'offset' = %s
ORDER BY issued_at LIMIT 1
"""


class Identities:
    """Looks things up on one connection, opened when needed. For one thread. Every method may raise UnreachableError."""

    def __init__(self, url: str, owner: str) -> None:
        self._url = url
        self._owner = owner
        self._connection: Connection[Any] | None = None
        self.numbers = Numbers({}, {}, {})

    def refresh(self, sources: Iterable[str] = ()) -> None:
        """Read all numbers again; sources get one when they have none."""

        def read(connection: Connection[Any]) -> Numbers:
            missing = sorted(set(sources) - self.numbers.sources.keys())
            if missing:
                connection.execute(_SOURCE, (missing,))
            tables = ("lane", "series", "source")
            rows = {t: connection.execute(f"SELECT {t}, {t}_id FROM {t}").fetchall() for t in tables}  # noqa: S608  # three words of ours
            lanes, series, found = ({str(name): int(number) for name, number in rows[t]} for t in tables)
            return Numbers(lanes, series, found)

        self.numbers = self._ask(read)

    def take(self, partitions: Sequence[Partition]) -> dict[Partition, Claim]:
        """Claim partitions for this process; afterwards no other process can write their rows."""

        def claim(connection: Connection[Any]) -> dict[Partition, Claim]:
            with connection.transaction():
                return take_all(connection, GROUP, partitions, self._owner)

        return self._ask(claim)

    def marks(self, pairs: Sequence[tuple[int, int]]) -> dict[tuple[int, int], int | None]:
        """The highest stored observed_at in µs of each (lane id, series id), None without a row."""
        lanes, series = (np.array([pair[i] for pair in pairs], dtype=np.int64) for i in (0, 1))

        def look(connection: Connection[Any]) -> dict[tuple[int, int], int | None]:
            with connection.cursor(binary=True) as cursor:
                rows = cursor.execute(_MARKS, (IntArray(lanes), IntArray(series)), prepare=False)
                return {(int(lane), int(one)): mark for lane, one, mark in rows}

        return self._ask(look)

    def registry_reached(self) -> dict[Partition, int]:
        """How far the registry tables follow the topics of chains and lanes: next offsets."""

        def look(connection: Connection[Any]) -> dict[Partition, int]:
            rows = connection.execute(
                "SELECT topic, partition, next_offset FROM kafka_offset WHERE consumer_group = %s AND topic = ANY(%s)",
                (REGISTRY_GROUP, [CHAIN.name, LANE.name]),
            )
            return {(str(topic), int(partition)): int(offset) for topic, partition, offset in rows}

        return self._ask(look)

    def skip_command(self, message: Message) -> Command | None:
        """The command by which a person skips this message, if there is one."""
        words = (message.topic, str(message.partition), str(message.offset))

        def look(connection: Connection[Any]) -> Command | None:
            row = connection.execute(_SKIP, words).fetchone()
            if row is None:
                return None
            names = ("command_id", "lane", "kind", "actor", "reason", "issued_at", "arguments")
            values = dict(zip(names, row, strict=True))
            return Command(**values)

        return self._ask(look)

    def skip(self, message: Message, epoch: int, rejections: Sequence[Rejection]) -> None:
        """Pass a message by: its rejections and the offset behind it in one transaction. Raises LostPartitionError."""
        partition = (message.topic, message.partition)

        def write(connection: Connection[Any]) -> None:
            with connection.transaction():
                move_all(connection, GROUP, {partition: (epoch, message.offset + 1)})
                write_rejections(connection, rejections)

        self._ask(write)

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _ask(self, question: Callable[[Connection[Any]], T]) -> T:
        try:
            if self._connection is None:
                self._connection, _ = open_session(self._url, "ingest-reader")
            return question(self._connection)
        except psycopg.Error as error:
            self.close()
            raise UnreachableError(f"the database does not answer: {error}") from error
