"""The shell of response: alerts, commands, answers, ticks and figures in, runs out. Table first: rows, outbox and offsets are one transaction."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

import psycopg
from psycopg import Connection

from schemas.chain import Node
from schemas.run import RunState
from services.response.actions.messaging import open_messaging
from services.response.contact_changes.store import Rewrite
from services.response.contacts import ContactBook
from services.response.course import Plans
from services.response.delivery import Delivery, Publisher
from services.response.figures import watched
from services.response.hearing import hear, topics_of
from services.response.record import Change
from services.response.store import Work, load_plans, most_late_s, next_live_due
from services.runtime.assets import asset_path
from services.runtime.clock import Clock, WallClock
from services.runtime.database import connect, is_retryable
from services.runtime.errors import ConfigurationError, UnreachableError
from services.runtime.exposure import Exposure
from services.runtime.kafka import KafkaStreamConsumer, KafkaStreamProducer
from services.runtime.lifecycle import Lifecycle
from services.runtime.logs import logger
from services.runtime.metrics import Meters
from services.runtime.offsets import LostPartitionError, move_all, take_all
from services.runtime.process import stage_process
from services.runtime.registry import Registry
from services.runtime.settings import Settings
from services.runtime.streams import Consumer, Message, Partition

GROUP = "response"
METRICS_PORT = 18105
_LAG_EVERY_S = 5.0
_WATCH_EVERY_S = 10.0
_MOST_LATE_S = 60.0
_MOST_READ = 400
_SHORTEST_POLL_S = 0.005  # not 0: a member joins its group inside poll
_log = logger(GROUP)


class App:
    """Several processes may share the partitions; a node's alerts always stand in one. ``turn`` does one round; ``run`` repeats it."""

    def __init__(
        self,
        *,
        database_url: str,
        owner: str,
        open_consumer: Callable[[], Consumer],
        registry: Registry,
        plans: Plans,
        rewrite: Rewrite,
        book: ContactBook,
        wakes: Sequence[Callable[[], None]],
        clock: Clock,
        meters: Meters,
    ) -> None:
        self._url = database_url
        self._owner = owner
        self._open_consumer = open_consumer
        self._registry = registry
        self._wakes = wakes
        self._clock = clock
        self._meters = meters
        self._connection: Connection[Any] | None = None
        self._consumer: Consumer | None = None
        self._epochs: dict[Partition, int] = {}
        self._nodes: dict[str, tuple[str, dict[str, Node]]] = {}
        self._work = Work(plans, self._nodes_of, self._chain_of, rewrite)
        self._watched = watched(plans)
        self._book = book
        self._lag_at = self._watched_at = float("-inf")
        self._due_at: datetime | None = None
        self.is_ready = False

    def run(self, lifecycle: Lifecycle) -> None:
        """Work until a stop is requested; outages of broker and database are waited out, then the last batch is done again."""
        while not lifecycle.is_stopping():
            try:
                self.open()
                while not lifecycle.is_stopping():
                    self.turn()
            except (UnreachableError, LostPartitionError) as error:
                _log.warning("response waits", why=str(error))
                self._keep_time()
            except psycopg.Error as error:
                if not is_retryable(error):
                    raise
                _log.warning("response waits for the database", why=str(error))
            finally:
                self.close()
            self._beat()
            lifecycle.wait(0.5)

    def open(self) -> None:
        """Connect and join the group. Raises UnreachableError."""
        with self._noting("database"):
            connection = self._connection = connect(self._url, application=GROUP)
        self._read_contacts(connection)
        with self._noting("broker"):
            self._registry.load()
        consumer = self._consumer = self._open_consumer()
        self._epochs.clear()
        consumer.subscribe(
            list(topics_of(self._watched)), lambda ps: self._take(connection, consumer, list(ps)), self._forget
        )
        self.is_ready = True

    def close(self) -> None:
        """Leave the group and the database."""
        if self._consumer is not None:
            self._consumer.close()
        if self._connection is not None:
            self._connection.close()
        self._consumer = self._connection = None

    def turn(self, timeout_s: float = 0.1) -> int:
        """Read, decide, write; return how many runs changed. Raises UnreachableError, LostPartitionError, psycopg errors: nothing was kept then."""
        if self._consumer is None or self._connection is None:
            self.open()
        assert self._consumer is not None  # open() has set both or raised
        assert self._connection is not None
        self._registry.refresh()
        messages = self._consumer.poll(self._until_due(timeout_s), most=_MOST_READ)
        changes = self._store(self._connection, messages) if messages else []
        changes += self._ring(self._connection)
        if changes:
            for wake in self._wakes:
                wake()
            self._count(changes)
        self._beat()
        self._watch(self._connection)
        self._show_lag(self._consumer)
        return len(changes)

    def _take(self, connection: Connection[Any], consumer: Consumer, partitions: Sequence[Partition]) -> None:
        with connection.transaction():
            claims = take_all(connection, GROUP, partitions, self._owner)
        for partition, claim in claims.items():
            self._epochs[partition] = claim.epoch
            consumer.seek(partition, claim.next_offset)
        _log.info("partitions taken", positions={f"{t}/{p}": claim.next_offset for (t, p), claim in claims.items()})

    def _forget(self, partitions: Iterable[Partition]) -> None:
        for partition in partitions:
            self._epochs.pop(partition, None)

    def _store(self, connection: Connection[Any], messages: Sequence[Message]) -> list[Change]:
        """Offsets first, so that a later owner of a partition waits for this transaction and a former one fails in it."""
        ends: dict[Partition, tuple[int, int]] = {}
        for message in messages:
            partition = (message.topic, message.partition)
            ends[partition] = (self._epochs.get(partition, 0), message.offset + 1)
        heard = hear(messages, self._watched)
        with connection.transaction():
            move_all(connection, GROUP, ends)
            changes = self._work.take(connection, heard, self._clock.now())
        self._book.take(self._work.plans.contacts, self._work.plans.roster)
        return changes

    def _read_contacts(self, connection: Connection[Any]) -> None:
        """Contacts as anybody changed them, in this process or another."""
        with connection.transaction():
            self._work.open(connection)
        self._book.take(self._work.plans.contacts, self._work.plans.roster)

    def _ring(self, connection: Connection[Any]) -> list[Change]:
        """Whatever is due by now."""
        with connection.transaction():
            changes = self._work.ring(connection, self._clock.now())
            self._due_at = next_live_due(connection)
        return changes

    def _until_due(self, longest_s: float) -> float:
        """Seconds to wait for messages: never past the next deadline of the live lane."""
        if self._due_at is None:
            return longest_s
        return min(longest_s, max(_SHORTEST_POLL_S, (self._due_at - self._clock.now()).total_seconds()))

    def _keep_time(self) -> None:
        """With the broker away deadlines go on; with the database away they wait for it."""
        with suppress(UnreachableError, psycopg.OperationalError), connect(self._url, application=GROUP) as connection:
            changes = self._ring(connection)
            self._count(changes)
            for wake in self._wakes if changes else ():
                wake()

    def _watch(self, connection: Connection[Any]) -> None:
        """Say that nothing is late; silence of this is an alarm of its own."""
        now = self._clock.monotonic()
        if now - self._watched_at < _WATCH_EVERY_S:
            return
        self._watched_at = now
        self._read_contacts(connection)
        with connection.transaction():
            late_s = most_late_s(connection, self._clock.now())
        self._meters.gauge("lianjing_response_late_seconds").set(late_s)
        if late_s < _MOST_LATE_S:
            self._meters.gauge("lianjing_watchdog_timestamp_seconds", GROUP).set(self._clock.now().timestamp())

    def _nodes_of(self, name: str) -> dict[str, Node]:
        """Nodes of a chain by id; a chain that is not known yet was published before its alerts, so the registry is read to its end."""
        if name not in self._registry.chains:
            self._registry.load()
        chain = self._registry.chains.get(name)
        if chain is None:
            return {}
        version, nodes = self._nodes.get(name, ("", {}))
        if version != chain.version:
            nodes = {node.id: node for node in chain.nodes}
            self._nodes[name] = (chain.version, nodes)
        return nodes

    def _chain_of(self, lane: str) -> str:
        stated = self._registry.lanes.get(lane)
        return stated.chain if stated is not None else ""

    def _count(self, changes: Sequence[Change]) -> None:
        for change in changes:
            run = change.after.run
            if change.is_new:
                self._meters.counter("lianjing_runs_total", run.playbook, "started").inc()
                _log.info(
                    "run started", run=run.run_id, playbook=run.playbook, lane=run.lane, node=run.node, level=run.level
                )
            if change.ended_at is not None and run.state is RunState.DONE:
                self._meters.counter("lianjing_runs_total", run.playbook, "done").inc()

    @contextmanager
    def _noting(self, part: str) -> Iterator[None]:
        """Show whether a part was reached by what runs inside."""
        try:
            yield
        except UnreachableError:
            self._meters.gauge("lianjing_part_up", part).set(0)
            raise
        self._meters.gauge("lianjing_part_up", part).set(1)

    def _beat(self) -> None:
        self._meters.gauge("lianjing_heartbeat_timestamp_seconds", GROUP).set(self._clock.now().timestamp())

    def _show_lag(self, consumer: Consumer) -> None:
        now = self._clock.monotonic()
        partitions = sorted(consumer.assignment())
        if now - self._lag_at < _LAG_EVERY_S or not partitions:
            return
        self._lag_at = now
        with self._noting("broker"):
            ends = consumer.end_offsets(partitions)
        for topic in sorted({topic for topic, _ in partitions}):
            lag = sum(max(0, ends[p] - consumer.position(p)) for p in partitions if p[0] == topic)
            self._meters.gauge("lianjing_consumer_lag_messages", GROUP, topic).set(lag)


def build(settings: Settings, lifecycle: Lifecycle, meters: Meters) -> App:
    """Read the plans, open clients and the metrics port, start delivery. Raises ConfigurationError, UnreachableError."""
    if not settings.database_url:
        raise ConfigurationError("LIANJING_DATABASE_URL 未设置 is not set: response keeps its runs in the database")
    config = settings.config or asset_path("deploy/config")
    plans = load_plans(config)
    book = ContactBook(plans.contacts, plans.roster)
    clock = WallClock()
    registry = Registry(KafkaStreamConsumer(settings, client_id="response-registry"))
    lifecycle.register("registry", registry.close)
    registry.open()
    producer = KafkaStreamProducer(settings, client_id=GROUP, linger_ms=0)
    lifecycle.register("producer", producer.close)
    messaging = open_messaging(settings, book, producer, clock, meters)
    publisher = Delivery(settings.database_url, Publisher(producer, clock))
    app = App(
        database_url=settings.database_url,
        owner=f"{GROUP}-{settings.slot}",
        open_consumer=lambda: KafkaStreamConsumer(settings, group=GROUP, client_id=GROUP, max_poll_records=_MOST_READ),
        registry=registry,
        plans=plans,
        rewrite=lambda changes: load_plans(config, changes=changes),
        book=book,
        wakes=(messaging.wake, publisher.wake),
        clock=clock,
        meters=meters,
    )
    exposure = Exposure(settings.metrics_host, settings.metrics_port or METRICS_PORT, meters, lambda: app.is_ready)
    exposure.start()
    lifecycle.register("exposure", exposure.close)
    messaging.start(lifecycle)
    publisher.start(lifecycle)
    return app


def main() -> None:
    """Run the stage until SIGTERM."""
    with stage_process(GROUP) as (settings, lifecycle):
        build(settings, lifecycle, Meters()).run(lifecycle)
