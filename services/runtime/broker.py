"""Topics as code: made and corrected from ``schemas.topic.ALL_TOPICS``; drift is found, never guessed away."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from kafka.admin import ConfigResource, ConfigResourceType
from msgspec import Struct

from schemas.topic import ALL_TOPICS, Topic
from services.runtime.connection import administration
from services.runtime.errors import UnreachableError
from services.runtime.settings import Settings


class Drift(Struct, frozen=True):
    """One difference between a topic in code and in the broker. ``setting`` is ``topic``, ``partitions`` or a setting's name."""

    topic: str
    setting: str
    wanted: str
    found: str

    @property
    def needs_a_person(self) -> bool:
        """Partition counts are never changed by us: a group would move to another partition and lose its order."""
        return self.setting == "partitions"


def ensure_topics(settings: Settings, topics: tuple[Topic, ...] = ALL_TOPICS) -> list[str]:
    """Make missing topics and correct settings that drifted. Returns what was changed, one line each; nothing when all was right.

    Partition counts are left alone (see Drift). Raises UnreachableError.
    """
    with administration(settings) as client:
        missing = [topic for topic in topics if topic.name not in set(client.list_topics())]
        if missing:
            wanted = {t.name: {"num_partitions": t.partitions, "configs": t.settings()} for t in missing}
            client.create_topics(wanted, timeout_ms=15_000, wait_for_metadata=True)
        changed = [f"{topic.name}: made" for topic in missing]
        correctable = _correctable(client, topics)
        for drift in correctable:
            _correct(client, drift)
            changed.append(f"{drift.topic}: {drift.setting} {drift.found} → {drift.wanted}")
        _wait_until(lambda: not correctable or not _correctable(client, topics))
    return changed


def topic_drift(settings: Settings, topics: tuple[Topic, ...] = ALL_TOPICS) -> list[Drift]:
    """Every difference between the topics in code and in the broker. Raises UnreachableError."""
    with administration(settings) as client:
        return _drifts(client, topics)


def _drifts(client: Any, topics: tuple[Topic, ...]) -> list[Drift]:
    present = set(client.list_topics())
    found = [topic for topic in topics if topic.name in present]
    drifts = [Drift(t.name, "topic", "exists", "missing") for t in topics if t.name not in present]
    if not found:
        return drifts
    counts = {d["name"]: len(d["partitions"]) for d in client.describe_topics([t.name for t in found])}
    resources = [ConfigResource(ConfigResourceType.TOPIC, topic.name, None) for topic in found]
    settings = client.describe_configs(resources, config_filter="all")
    by_topic: Mapping[str, Mapping[str, Any]] = next(iter(settings.values()))
    for topic in found:
        drifts += _differences(topic, counts[topic.name], by_topic[topic.name])
    return drifts


def _differences(topic: Topic, count: int, found: Mapping[str, Any]) -> list[Drift]:
    drifts = []
    if count != topic.partitions:
        drifts.append(Drift(topic.name, "partitions", str(topic.partitions), str(count)))
    for name, wanted in topic.settings().items():
        given = _value(found.get(name))
        if given != wanted:
            drifts.append(Drift(topic.name, name, wanted, given))
    return drifts


def _value(entry: Any) -> str:
    return str(entry.get("value", "")) if isinstance(entry, Mapping) else str(entry)


def _correctable(client: Any, topics: tuple[Topic, ...]) -> list[Drift]:
    return [drift for drift in _drifts(client, topics) if not drift.needs_a_person and drift.setting != "topic"]


def _correct(client: Any, drift: Drift) -> None:
    said = client.alter_configs([ConfigResource(ConfigResourceType.TOPIC, drift.topic, {drift.setting: drift.wanted})])
    outcome = next(iter(said.values()))[drift.topic]
    if outcome != "OK":
        raise UnreachableError(f"the broker refused {drift.setting}={drift.wanted} of {drift.topic}: {outcome}")


def _wait_until(is_visible: Callable[[], bool]) -> None:
    """The broker answers OK before a change can be read back; wait for that, at most 5 s."""
    deadline = time.monotonic() + 5
    while not is_visible() and time.monotonic() < deadline:
        time.sleep(0.05)
