"""What the keepers of a stack do, by hand: messages of a memory broker into the tables, by the very projections."""

from typing import Any

import psycopg

from schemas.topic import ANSWER, COMMAND, DRILL_EVENT, LANE, REJECTED
from services.ingest.registry.store import project_registry, project_rejections
from services.risk.store import project
from services.runtime.memory import MemoryBroker

_KEPT = (
    (LANE, project_registry),
    (COMMAND, project_registry),
    (DRILL_EVENT, project_registry),
    (REJECTED, project_rejections),
    (ANSWER, project),
)


class Tables:
    """The tables of a database, brought up to date by ``catch_up``; repeats change nothing."""

    def __init__(self, url: str, *brokers: MemoryBroker) -> None:
        self._connection: psycopg.Connection[Any] = psycopg.connect(url, autocommit=True, options="-c timezone=UTC")
        self._brokers = brokers
        self._read: dict[tuple[int, str, int], int] = {}

    def catch_up(self) -> None:
        """Write what is new."""
        for number, broker in enumerate(self._brokers):
            for topic, projection in _KEPT:
                for partition in range(topic.partitions):
                    place = (number, topic.name, partition)
                    messages = broker.read((topic.name, partition), self._read.get(place, 0), 10_000)
                    if messages:
                        projection(self._connection, messages)
                        self._read[place] = messages[-1].offset + 1

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()
