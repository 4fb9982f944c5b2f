"""The shell of detection: a Faust app as a thin adapter over :mod:`services.detection.scoring`; a keeper writes the table."""

import asyncio
import gc
import math
import ssl
import threading
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import faust
import msgspec
import uvloop
from aiokafka.errors import IllegalStateError
from faust.exceptions import NotReady
from faust.types import TP
from mode import CrashingSupervisor

from schemas.snapshot import Snapshot
from schemas.topic import FEED_TOPICS, SCORE, SNAPSHOT
from services.detection.configured import load_watch
from services.detection.gap import Stored
from services.detection.membership import Membership
from services.detection.rebuilding import Rebuilder
from services.detection.scoring import Scorer, Told, warm
from services.detection.snapshot import cut, key_of
from services.detection.store import Database, project
from services.detection.ticks import Ticks
from services.detection.watch import Watch
from services.runtime.clock import Clock, WallClock
from services.runtime.errors import UnreachableError
from services.runtime.exposure import Exposure
from services.runtime.kafka import KafkaStreamConsumer
from services.runtime.keeper import keeper_of
from services.runtime.lifecycle import Lifecycle
from services.runtime.logs import logger
from services.runtime.metrics import Meters
from services.runtime.process import stage_process
from services.runtime.registry import Registry
from services.runtime.settings import Settings
from services.runtime.streams import Consumer, Message, Partition

GROUP = "detection"
METRICS_PORT = 18102
BATCH_MESSAGES = 400
BATCH_WITHIN_S = 0.1
_SETTLE_AFTER_S = 2.0
_SNAPSHOT_TURNS = 6
_log = logger("detection")
_encode = msgspec.json.Encoder().encode


class Stage:
    """What stands behind the agent: the scorer, a reader for rebuilding, and which partitions wait for their state.

    The agent and the timer that settles idle partitions take turns by ``lock``; the registry's thread only hands over closed lanes.
    """

    def __init__(
        self,
        watch: Watch,
        registry: Registry,
        reader: Consumer,
        ticks: Ticks,
        clock: Clock,
        meters: Meters,
        stored: Stored | None = None,
    ) -> None:
        self._watch = watch
        self._registry = registry
        self._ticks = ticks
        self._clock = clock
        self._meters = meters
        self.scorer = Scorer(watch, lambda: registry.series)
        self._rebuilder = Rebuilder(
            self.scorer,
            reader,
            window=watch.rebuild_messages,
            republish=watch.republish_messages,
            now=clock.monotonic,
            stored=stored,
        )
        self._written_at = clock.monotonic()
        self._written: dict[Partition, tuple[int, int]] = {}
        self._kept_at: dict[Partition, float] = {}
        self.lock = asyncio.Lock()
        self.unsettled: dict[Partition, float] = {}
        self.is_ready = False

    def note_assigned(self, partitions: set[Partition]) -> None:
        """Keep the state of what is still ours, forget the rest, remember what has to be settled."""
        for partition in set(self.scorer.positions) - partitions:
            self.scorer.forget(partition)
        self._rebuilder.look_again()
        now = self._clock.monotonic()
        self.unsettled = dict.fromkeys(partitions, now)
        self.is_ready = True

    def score(self, messages: list[Message]) -> list[Told]:
        """Scores of a batch, with those published again where a partition was taken over. Blocking. Raises UnreachableError."""
        lanes = list(self._registry.lanes.values())
        self.scorer.close_lanes(frozenset(lane.name for lane in lanes if lane.closed_at is not None))
        again: list[Told] = []
        fresh: list[Message] = []
        expected = dict(self.scorer.positions)
        for message in messages:
            partition = (message.topic, message.partition)
            if expected.get(partition) != message.offset:
                # Taken over, or delivered twice: what was gathered so far is scored first, in order.
                again += self._told(fresh)
                fresh = []
                again += self.settle(partition, message.offset)
            self.unsettled.pop(partition, None)
            expected[partition] = message.offset + 1
            fresh.append(message)
        return again + self._told(fresh)

    def ask_clocks(self) -> list[Told]:
        """Series that have fallen silent by the clock of their lane. Blocking. Raises UnreachableError."""
        self._ticks.read()
        self._ticks.drop(frozenset(lane.name for lane in self._registry.lanes.values() if lane.closed_at is not None))
        settled = [p for p in self.scorer.positions if p not in self.unsettled]
        return self._counted([told for p in settled for told in self.scorer.overdue(p, self._ticks)])

    def settle(self, partition: Partition, end: int) -> list[Told]:
        """Rebuild the state of a partition before offset ``end``. Blocking. Raises UnreachableError."""
        if partition not in self.unsettled:
            self._rebuilder.look_again()
        found = self._rebuilder.rebuild(partition, end)
        self._written[partition] = (self._rebuilder.turns.get(partition, 1), -1)
        self.unsettled.pop(partition, None)
        return found

    def idle_partitions(self) -> list[Partition]:
        """Assigned a while ago, without a message since."""
        now = self._clock.monotonic()
        return [p for p, since in self.unsettled.items() if now - since >= _SETTLE_AFTER_S]

    def needs_settling(self, partition: Partition, end: int) -> bool:
        """True when no message came since the assignment and the state does not stand at ``end``; otherwise it is settled."""
        if self.unsettled.get(partition) is None or self.scorer.positions.get(partition) == end:
            self.unsettled.pop(partition, None)
            return False
        return True

    def due_snapshots(self) -> list[Snapshot]:
        """Snapshots of what moved since the last ones; nothing before it is time. All scores up to here must have been published. Each takes the
        place of the one before the last of its partition, so that one whole snapshot is always there. Partitions take turns, a few at a time: all at
        once would be a burst that the broker feels."""
        now, every_s = self._clock.monotonic(), self._watch.snapshot_every_s
        turns = max(1, min(_SNAPSHOT_TURNS, int(every_s)))
        if now - self._written_at < every_s / turns:
            return []
        self._written_at = now
        positions = self.scorer.positions
        moved = [p for p, at in positions.items() if self._written.get(p, (1, -1))[1] != at]
        due = sorted((self._kept_at.setdefault(p, now), p) for p in moved)
        ready = [p for since, p in due if now - since >= every_s][: math.ceil(len(positions) / turns)]
        found: list[Snapshot] = []
        for kept in self.scorer.snapshot(ready):
            turn = 1 - self._written.get(kept.partition, (1, -1))[0]
            self._written[kept.partition] = (turn, kept.next_offset)
            self._kept_at[kept.partition] = now
            found += cut(msgspec.structs.replace(kept, turn=turn))
        return found

    def beat(self) -> None:
        """Say that the stage is alive."""
        self._meters.gauge("lianjing_heartbeat_timestamp_seconds", GROUP).set(self._clock.now().timestamp())

    def monotonic(self) -> float:
        """Seconds, for waits."""
        return self._clock.monotonic()

    def _told(self, messages: list[Message]) -> list[Told]:
        if not messages:
            return []
        return self._counted(self.scorer.score(messages))

    def _counted(self, found: list[Told]) -> list[Told]:
        told = Counter((s.detector, s.is_anomaly) for each in found for s in each.message.scores)
        for (detector, is_anomaly), count in told.items():
            outcome = "anomaly" if is_anomaly else "normal"
            self._meters.counter("lianjing_detection_scores_total", detector, outcome).inc(count)
        return found


def build(settings: Settings, stage: Stage) -> Any:
    """The Faust app: one agent over the four feed topics. Opens nothing until a worker runs it; makes Faust's folder."""
    folder = settings.home / "faust" / f"{GROUP}-{settings.slot}"
    folder.mkdir(parents=True, exist_ok=True)
    app: Any = faust.App(
        GROUP,
        broker=[f"kafka://{address}" for address in settings.kafka_bootstrap.split(",")],
        broker_credentials=credentials(settings),
        broker_session_timeout=settings.session_timeout_ms / 1000,
        broker_heartbeat_interval=max(0.5, settings.session_timeout_ms / 6000),
        broker_commit_interval=0.5,
        broker_max_poll_interval=600.0,
        consumer_group_instance_id=f"{GROUP}-{settings.slot}",
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=4 * 1024 * 1024,
        producer_acks=-1,
        producer_max_request_size=4 * 1024 * 1024,
        producer_compression_type="zstd",  # lz4 here is that of level 9, five times the work for larger messages
        producer_linger=0.002,
        topic_allow_declare=False,
        topic_disable_leader=True,
        stream_wait_empty=False,
        stream_buffer_maxsize=BATCH_MESSAGES * 2,
        store="memory://",
        datadir=str(folder),
        web_enabled=False,
        value_serializer="raw",
        key_serializer="raw",
    )
    feeds = app.topic(
        *(t.name for t in FEED_TOPICS.values()), value_type=bytes, value_serializer="raw", key_serializer="raw"
    )
    out = app.topic(SCORE.name, value_type=bytes, value_serializer="raw", key_serializer="raw")

    async def publish(found: list[Told]) -> None:
        waits = [await out.send(key=t.key, value=_encode(t.message), partition=t.message.partition) for t in found]
        await asyncio.gather(*waits)

    async def score(stream: Any) -> None:
        """Batch, score, publish, and only then acknowledge; an exception ends the process, which starts again where it was."""
        async for events in stream.noack_take(BATCH_MESSAGES, within=BATCH_WITHIN_S):
            async with stage.lock:
                await publish(await _off_loop(partial(stage.score, [_message(e.message) for e in events])))
            for event in events:
                event.ack()
            stage.beat()

    membership = Membership(settings.session_timeout_ms / 1000, stage.monotonic())

    async def settle() -> None:
        """Publish again the last scores of partitions that were taken over and stay silent; then what the clocks tell. A process that its group has
        dropped for good ends, and is started again."""
        membership.note(is_member=_is_member(app), now_s=stage.monotonic())
        stage.beat()
        for partition in stage.idle_partitions():
            try:
                end = await app.consumer.position(TP(*partition))
            except IllegalStateError:  # taken away meanwhile
                continue
            async with stage.lock:
                if end is not None and stage.needs_settling(partition, end):
                    found = await _off_loop(partial(stage.settle, partition, end))
                    await _unless_stopping(app, publish(found))
        async with stage.lock:
            await _unless_stopping(app, publish(await _off_loop(stage.ask_clocks)))

    async def assigned(_app: Any, assigned: set[Any], **_: Any) -> None:
        async with stage.lock:
            stage.note_assigned({(tp.topic, tp.partition) for tp in assigned})

    app.agent(feeds, name="score", supervisor_strategy=CrashingSupervisor)(score)
    app.timer(1.0, name="settle")(settle)
    app.timer(1.0, name="keep")(_keeping(app, stage))
    app.on_partitions_assigned.connect(assigned, weak=False)
    return app


def _keeping(app: Any, stage: Stage) -> Callable[[], Awaitable[None]]:
    """Writes snapshots between two batches, when it is time."""
    shelf = app.topic(SNAPSHOT.name, value_type=bytes, value_serializer="raw", key_serializer="raw")

    async def put_away(found: list[Snapshot]) -> None:
        places = [s.partition % SNAPSHOT.partitions for s in found]
        waits = [
            await shelf.send(key=key_of(s), value=_encode(s), partition=p) for s, p in zip(found, places, strict=True)
        ]
        await asyncio.gather(*waits)

    async def keep() -> None:
        async with stage.lock:
            await _unless_stopping(app, put_away(await asyncio.to_thread(stage.due_snapshots)))

    return keep


def _is_member(app: Any) -> bool:
    """As Faust itself asks when it looks after its own liveness; below 0 there is no generation of the group it belongs to."""
    consumer = app.consumer._thread._consumer
    return consumer is not None and consumer._coordinator.generation >= 0


async def _unless_stopping(app: Any, work: Awaitable[None]) -> None:
    """Do the work; a producer that was stopped meanwhile is no error while the app stops, the next start publishes what is left."""
    try:
        await work
    except NotReady:
        if not app.should_stop:
            raise


async def _off_loop(work: Callable[[], list[Told]]) -> list[Told]:
    """Run blocking work beside the loop; while the broker is away, again and again."""
    while True:
        try:
            return await asyncio.to_thread(work)
        except UnreachableError as error:
            _log.warning("waiting for the broker", why=str(error))
            await asyncio.sleep(0.5)


def _message(message: Any) -> Message:
    return Message(message.topic, message.partition, message.offset, message.key, message.value)


def credentials(settings: Settings) -> Any:
    """TLS and SASL as Faust wants them; None for plaintext. Raises ssl.SSLError or OSError for a bad certificate file."""
    protocol = settings.kafka_security_protocol
    context = None
    if protocol.endswith("SSL"):
        context = ssl.create_default_context(cafile=settings.kafka_ssl_cafile or None)
        if settings.kafka_ssl_certfile:
            context.load_cert_chain(settings.kafka_ssl_certfile, settings.kafka_ssl_keyfile or None)
    if protocol.startswith("SASL"):
        return faust.SASLCredentials(
            username=settings.kafka_sasl_username,
            password=settings.kafka_sasl_password,
            mechanism=settings.kafka_sasl_mechanism,
            ssl_context=context,
        )
    return faust.SSLCredentials(context) if context is not None else None


def open_stage(settings: Settings, lifecycle: Lifecycle, meters: Meters) -> Stage:
    """Open the reader, the registry, the metrics port and, when a database is set, the keeper. Raises UnreachableError, ConfigurationError."""
    watch = load_watch(settings.config)
    warm(watch)
    registry = Registry(KafkaStreamConsumer(settings, client_id="detection-registry"))
    lifecycle.register("registry", registry.close)
    registry.open()
    registry.load()
    reader = KafkaStreamConsumer(settings, client_id="detection-reader")
    lifecycle.register("reader", reader.close)
    stored = Database(settings.database_url) if settings.database_url else None
    clock = KafkaStreamConsumer(settings, client_id="detection-clock")
    lifecycle.register("clock", clock.close)
    stage = Stage(watch, registry, reader, Ticks(clock), WallClock(), meters, stored)
    exposure = Exposure(settings.metrics_host, settings.metrics_port or METRICS_PORT, meters, lambda: stage.is_ready)
    exposure.start()
    lifecycle.register("exposure", exposure.close)
    _start(lifecycle, "names", lambda: _follow(registry, lifecycle))
    if settings.database_url:
        _start(
            lifecycle,
            "keeper",
            lambda: keeper_of(settings, GROUP, f"{GROUP}.keeper", [SCORE.name], project).run(lifecycle),
        )
    return stage


def _start(lifecycle: Lifecycle, name: str, work: Callable[[], None]) -> None:
    thread = threading.Thread(target=work, name=name, daemon=True)
    thread.start()
    lifecycle.register(name, lambda: thread.join(10.0))


def _follow(registry: Registry, lifecycle: Lifecycle) -> None:
    while not lifecycle.wait(0.5):
        try:
            registry.refresh()
        except UnreachableError as error:
            _log.warning("registry not read", why=str(error))


def _spare_garbage_collection() -> None:
    """What was loaded stays; batches make lists of numbers by the thousand and no cycles. Looking through all of it as often as usual took a quarter
    of the time of scoring."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def main() -> None:
    """Run the stage until SIGTERM."""
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    with stage_process(GROUP, hears_signals=False) as (settings, lifecycle):
        app = build(settings, open_stage(settings, lifecycle, Meters()))
        _spare_garbage_collection()
        worker: Any = faust.Worker(app, loglevel="warning", quiet=True, redirect_stdouts=False)
        worker.spinner = None  # it would write escape codes into the log
        worker.execute_from_commandline()
