"""Reading the topics of alerts and commands back, and sending a command and waiting for the step that it brings."""

import time
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

import msgspec

from schemas.alert import Alert
from schemas.command import Command
from schemas.lane import LIVE
from schemas.topic import ALERT, COMMAND, Topic
from services.runtime.errors import InputError

if TYPE_CHECKING:
    from services.runtime.kafka import KafkaStreamConsumer
    from services.runtime.settings import Settings

_PATIENCE_S = 10.0
Noun = TypeVar("Noun")


def read_alerts(settings: "Settings", lane: str) -> list[Alert]:
    """Every step of a lane that the broker keeps, by episode and sequence. Raises UnreachableError."""
    found = [a for a in _read_all(settings, ALERT, Alert) if a.lane == lane]
    return sorted(found, key=lambda a: (a.opened_at, a.episode, a.sequence))


def read_commands(settings: "Settings", lane: str) -> list[Command]:
    """Every command of a lane that the broker keeps, in order. Raises UnreachableError."""
    return [c for c in _read_all(settings, COMMAND, Command) if c.lane == lane]


def newest(alerts: Iterable[Alert]) -> dict[str, Alert]:
    """The last step of each episode."""
    return {alert.episode: alert for alert in alerts}


def last_step(settings: "Settings", lane: str, episode: str) -> Alert:
    """The last step of an episode, named in full or by a beginning that fits one only. Raises InputError, UnreachableError."""
    known = newest(read_alerts(settings, lane))
    fitting = [a for name, a in known.items() if name == episode or name.startswith(episode)]
    if len(fitting) != 1:
        raise InputError(
            f"{episode}: {'没有这样的' if not fitting else '不止一个'}事件 fits {len(fitting)} episodes of lane {lane}; 见 see lianjing alert list"
        )
    return fitting[0]


def lane_now(lane: str) -> datetime:
    """The time it is in a lane: the wall clock's in live. Raises InputError for a lane nobody opened, UnreachableError."""
    from services.runtime.clock import WallClock, lane_time
    from services.runtime.kafka import KafkaStreamConsumer
    from services.runtime.registry import Registry
    from services.runtime.settings import Settings

    now = WallClock().now()
    registry = Registry(KafkaStreamConsumer(Settings.from_environment(), client_id="lianjing-alert"))
    try:
        registry.open()
        registry.load()
    finally:
        registry.close()
    stated = registry.lanes.get(lane)
    if stated is None and lane != LIVE:
        raise InputError(f"{lane}: 没有这条通道 there is no such lane")
    return lane_time(stated, now) if stated is not None else now


def order(
    settings: "Settings", kind: str, arguments: dict[str, str], reason: str, lane: str
) -> tuple[Command, Alert | None]:
    """Send a command and wait for the step that names it; None when alerting has not obeyed in time. Raises InputError without a reason,
    UnreachableError."""
    from services.cli.archive.audit import note
    from services.runtime.kafka import KafkaStreamConsumer

    if not reason.strip():
        raise InputError("--reason: 须写明原因，写入审计 a reason is needed; it is kept")
    consumer = KafkaStreamConsumer(settings, client_id="lianjing-alert")
    try:
        places = [(ALERT.name, p) for p in range(ALERT.partitions)]
        consumer.assign(places)
        for place, end in consumer.end_offsets(places).items():
            consumer.seek(place, end)
        command = note(settings, kind, arguments, reason, lane=lane)
        return command, _await(consumer, command)
    finally:
        consumer.close()


def _await(consumer: "KafkaStreamConsumer", command: Command) -> Alert | None:
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until:
        for message in consumer.poll(0.2):
            alert = msgspec.json.decode(message.value or b"", type=Alert)
            if alert.command_id == command.command_id:
                return alert
    return None


def _read_all(settings: "Settings", topic: Topic, shape: type[Noun]) -> list[Noun]:
    from services.runtime.kafka import KafkaStreamConsumer
    from services.runtime.reading import contents

    consumer = KafkaStreamConsumer(settings, client_id="lianjing-alert")
    decoder = msgspec.json.Decoder(shape)
    found: list[Noun] = []
    try:
        places = [(topic.name, p) for p in range(topic.partitions)]
        consumer.assign(places)
        ends = consumer.end_offsets(places)
        while any(consumer.position(p) < ends[p] for p in places):
            found += contents(decoder, consumer.poll(0.2))
    finally:
        consumer.close()
    return found
