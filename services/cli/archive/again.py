"""Reading topics again into their tables: offsets are set back, and what is there already stays as it is."""

import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from schemas.topic import (
    ALERT,
    ANSWER,
    ASSESSMENT,
    CHAIN,
    COMMAND,
    FEED_TOPICS,
    LANE,
    OUTCOME,
    PROVIDER,
    REJECTED,
    SCORE,
    Topic,
)
from services.runtime.connection import connection_options
from services.runtime.database import connect
from services.runtime.errors import InputError, InvariantError, UnreachableError
from services.runtime.kafka import KafkaStreamConsumer
from services.runtime.keeper import Keeper, Projection
from services.runtime.lifecycle import Lifecycle
from services.runtime.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

Offsets = dict[tuple[str, int], int]
_REGISTRY = (CHAIN, PROVIDER, LANE, COMMAND)
_SLOT = 90
_SET_BACK = """
UPDATE kafka_offset o SET next_offset = k.next_offset, epoch = o.epoch + 1
FROM unnest(%s::text[], %s::int[], %s::bigint[]) AS k (topic, partition, next_offset)
WHERE o.consumer_group = %s AND o.topic = k.topic AND o.partition = k.partition AND o.next_offset > k.next_offset
"""
_AT = "SELECT topic, partition, next_offset FROM kafka_offset WHERE consumer_group = %s"


class Source(Struct, frozen=True):
    """Where a table comes from: the group that writes it and its topics."""

    group: str
    topics: tuple[Topic, ...]


SOURCES: dict[str, Source] = {
    "observation": Source("ingest", tuple(FEED_TOPICS.values())),
    "rejection": Source("ingest.rejection", (REJECTED,)),
    "chain": Source("ingest.registry", _REGISTRY),
    "series": Source("ingest.registry", _REGISTRY),
    "provider": Source("ingest.registry", _REGISTRY),
    "lane": Source("ingest.registry", _REGISTRY),
    "command": Source("ingest.registry", _REGISTRY),
    "score": Source("detection.keeper", (SCORE,)),
    "assessment": Source("risk.keeper", (ASSESSMENT, ANSWER)),
    "answer": Source("risk.keeper", (ASSESSMENT, ANSWER)),
    "alert": Source("alerting.keeper", (ALERT, OUTCOME)),
    "outcome": Source("alerting.keeper", (ALERT, OUTCOME)),
}


def read_again(settings: Settings, table: str, since: datetime | None, show: Callable[[int, int], None]) -> int:
    """Read the topics of a table again from the broker's time ``since`` (None: from the beginning); returns the messages read.

    A worker of the owning stage joins the others meanwhile, so it works with the stage running and without. ``show`` gets done and total.
    Raises InputError for a table that is no projection, UnreachableError.
    """
    source = SOURCES.get(table)
    if source is None:
        raise InputError(f"表 {table!r} 不是投影表 is no projection; right is one of {', '.join(SOURCES)}")
    starts, ends = _bounds(settings, source, since)
    with connect(settings.database_url, application="rebuild", autocommit=True) as connection:
        before = _offsets(connection, source.group)
        goals = {p: min(before[p], ends[p]) for p, start in starts.items() if before.get(p, 0) > start}
        if not goals:
            return 0
        topics, numbers = [t for t, _ in goals], [n for _, n in goals]
        connection.execute(_SET_BACK, (topics, numbers, [starts[p] for p in goals], source.group))
        total = sum(goal - starts[p] for p, goal in goals.items())
        with _worker(settings, source) as is_alive:
            while True:
                now = _offsets(connection, source.group)
                left = sum(max(0, goal - now.get(p, 0)) for p, goal in goals.items())
                show(total - left, total)
                if left == 0:
                    return total
                if not is_alive():
                    raise InvariantError("the worker ended before everything was read again; see its log above")
                time.sleep(0.2)


def _offsets(connection: Any, group: str) -> Offsets:
    return {(str(t), int(p)): int(o) for t, p, o in connection.execute(_AT, (group,))}


def _bounds(settings: Settings, source: Source, since: datetime | None) -> tuple[Offsets, Offsets]:
    """Where each partition has to be read from, and where it ends now."""
    from kafka import KafkaConsumer, TopicPartition
    from kafka.errors import KafkaError

    partitions = [TopicPartition(t.name, p) for t in source.topics for p in range(t.partitions)]
    try:
        consumer: Any = KafkaConsumer(**connection_options(settings), client_id="lianjing-rebuild")
        try:
            found, ends = consumer.beginning_offsets(partitions), consumer.end_offsets(partitions)
            if since is not None:
                at = consumer.offsets_for_times(dict.fromkeys(partitions, int(since.timestamp() * 1000)))
                found = {p: at[p].offset if at.get(p) else ends[p] for p in partitions}
            names = [(p, (p.topic, p.partition)) for p in partitions]
            return {n: int(found[p]) for p, n in names}, {n: int(ends[p]) for p, n in names}
        finally:
            consumer.close(autocommit=False)
    except KafkaError as error:
        raise UnreachableError(f"no broker at {settings.kafka_bootstrap}: {error}") from error


@contextmanager
def _worker(settings: Settings, source: Source) -> "Iterator[Callable[[], bool]]":
    """A worker of the group that reads beside those that run already."""
    from services.cli.stack.ports import free_port

    lifecycle = Lifecycle()
    own = settings.with_changes(slot=_SLOT, metrics_port=free_port())
    run = _ingest(own, lifecycle) if source.group == "ingest" else _keeper(own, source, lifecycle)
    thread = threading.Thread(target=run, name="rebuild", daemon=True)
    thread.start()
    try:
        yield thread.is_alive
    finally:
        lifecycle.request_stop()
        thread.join(20.0)
        lifecycle.close()


def _ingest(settings: Settings, lifecycle: Lifecycle) -> Callable[[], None]:
    from services.ingest.app import build
    from services.runtime.metrics import Meters

    app = build(settings, lifecycle, Meters())
    app.open()
    return app.run


def _keeper(settings: Settings, source: Source, lifecycle: Lifecycle) -> Callable[[], None]:
    keeper = Keeper(
        group=source.group,
        owner=f"{source.group}-{_SLOT}",
        database_url=settings.database_url,
        open_consumer=lambda: KafkaStreamConsumer(settings, group=source.group, client_id="lianjing-rebuild"),
        topics=[t.name for t in source.topics],
        project=_projection(source.group),
    )
    return lambda: keeper.run(lifecycle)


def _projection(group: str) -> Projection:
    from services.alerting.store import project as alerts
    from services.detection.store import project as scores
    from services.ingest.registry.store import project_registry, project_rejections
    from services.risk.store import project as judgements

    found: dict[str, Projection] = {
        "ingest.rejection": project_rejections,
        "ingest.registry": project_registry,
        "detection.keeper": scores,
        "risk.keeper": judgements,
        "alerting.keeper": alerts,
    }
    return found[group]
