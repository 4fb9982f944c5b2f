"""The bookkeeper: a thread of alerting that keeps the ledger of outcomes up to date while the database is there."""

from typing import Any

import msgspec
import psycopg
from psycopg import Connection

from schemas.lane import LaneKind, kind_of
from schemas.outcome import Outcome
from schemas.topic import OUTCOME
from services.alerting.bookkeeping.book import news
from services.alerting.bookkeeping.store import read_page
from services.runtime.database import connect, is_retryable
from services.runtime.errors import UnreachableError
from services.runtime.lifecycle import Lifecycle
from services.runtime.logs import logger
from services.runtime.metrics import Meters
from services.runtime.registry import Registry
from services.runtime.streams import Producer

EVERY_S = 600.0
_log = logger("bookkeeping")


class Bookkeeper:
    """Looks at every open lane but drills, and publishes what the ledger does not say yet. An entry that is published and not yet in the table is
    not published again by the same process; after a restart it may be, with the same identity."""

    def __init__(self, database_url: str, registry: Registry, producer: Producer, meters: Meters) -> None:
        self._url = database_url
        self._registry = registry
        self._producer = producer
        self._meters = meters
        self._told: set[tuple[str, str, int]] = set()

    def turn(self, connection: Connection[Any]) -> int:
        """One look at all lanes; how many entries were published. Raises UnreachableError, psycopg errors."""
        found = [o for lane, chain in self._lanes() for o in self._news(connection, lane, chain)]
        fresh = [o for o in found if (o.lane, o.outcome, o.revision) not in self._told]
        for entry in fresh:
            self._producer.send(OUTCOME.name, msgspec.json.encode(entry), key=entry.outcome.encode(), partition=0)
        if fresh:
            self._producer.flush(10.0)
        for entry in fresh:
            self._told.add((entry.lane, entry.outcome, entry.revision))
            self._meters.counter("lianjing_outcomes_total", kind_of(entry.lane).value, entry.verdict.value).inc()
        return len(fresh)

    def run(self, lifecycle: Lifecycle) -> None:
        """Work until a stop is requested; outages are waited out."""
        while not lifecycle.is_stopping():
            try:
                with connect(self._url, application="bookkeeping", autocommit=True) as connection:
                    self.turn(connection)
            except UnreachableError as error:
                _log.warning("the ledger waits", why=str(error))
            except psycopg.Error as error:
                if not is_retryable(error):
                    raise
                _log.warning("the ledger waits for the database", why=str(error))
            lifecycle.wait(EVERY_S)

    def _news(self, connection: Connection[Any], lane: str, chain: str) -> list[Outcome]:
        known = self._registry.chains.get(chain)
        page = read_page(connection, lane, known) if known is not None else None
        return news(page) if page is not None else []

    def _lanes(self) -> list[tuple[str, str]]:
        """Open lanes but drills: what is rehearsed is no truth."""
        lanes = dict(self._registry.lanes)
        return [
            (name, lane.chain)
            for name, lane in sorted(lanes.items())
            if lane.closed_at is None and kind_of(name) is not LaneKind.DRILL
        ]
