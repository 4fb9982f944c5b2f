"""The compacted topics in files: chains, providers and lanes as the broker keeps them."""

from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import msgspec

from schemas.topic import CHAIN, LANE, PROVIDER
from services.runtime.connection import connection_options
from services.runtime.errors import UnreachableError
from services.runtime.kafka import KafkaStreamConsumer, KafkaStreamProducer
from services.runtime.settings import Settings
from services.runtime.streams import Message

_TOPICS = (CHAIN, PROVIDER, LANE)


def cluster_id(settings: Settings) -> str:
    """The broker's own id, made when its data folder was formatted. Raises UnreachableError."""
    from kafka.admin import KafkaAdminClient
    from kafka.errors import KafkaError

    try:
        client: Any = KafkaAdminClient(**connection_options(settings), client_id="lianjing-archive")
        try:
            return str(client.describe_cluster()["cluster_id"])
        finally:
            client.close()
    except KafkaError as error:
        raise UnreachableError(f"no broker at {settings.kafka_bootstrap}: {error}") from error


def save_topics(settings: Settings, folder: Path) -> int:
    """Write the newest message of each key to files; returns how many."""
    folder.mkdir(parents=True, exist_ok=True)
    consumer = KafkaStreamConsumer(settings, client_id="lianjing-archive")
    try:
        partitions = [(t.name, p) for t in _TOPICS for p in range(t.partitions)]
        consumer.assign(partitions)
        ends = consumer.end_offsets(partitions)
        newest: dict[tuple[str, bytes], Message] = {}
        while any(consumer.position(p) < ends[p] for p in partitions):
            for message in consumer.poll(0.2):
                newest[message.topic, message.key or b""] = message
    finally:
        consumer.close()
    for topic in _TOPICS:
        lines = [_line(m) for (name, _), m in sorted(newest.items()) if name == topic.name and m.value is not None]
        (folder / f"{topic.name}.jsonl").write_bytes(b"".join(lines))
    return len(newest)


def load_topics(settings: Settings, folder: Path) -> int:
    """Publish the files' messages again, in the order of their offsets; returns how many."""
    producer = KafkaStreamProducer(settings, client_id="lianjing-archive")
    count = 0
    try:
        for topic in _TOPICS:
            path = folder / f"{topic.name}.jsonl"
            lines = [msgspec.json.decode(line) for line in path.read_bytes().splitlines()] if path.exists() else []
            for line in sorted(lines, key=lambda one: one["offset"]):
                producer.send(
                    topic.name, b64decode(line["value"]), key=b64decode(line["key"]), partition=line["partition"]
                )
                count += 1
        producer.flush(30.0)
    finally:
        producer.close()
    return count


def _line(message: Message) -> bytes:
    content = {
        "partition": message.partition,
        "offset": message.offset,
        "key": b64encode(message.key or b"").decode(),
        "value": b64encode(message.value or b"").decode(),
    }
    return msgspec.json.encode(content) + b"\n"
