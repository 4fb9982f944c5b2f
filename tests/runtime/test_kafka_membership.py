"""A static member that comes back to its group, on the real broker."""

import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from kafka.admin import KafkaAdminClient
from kafka.structs import MemberState

from schemas.topic import CLOCK, SCORE
from services.runtime.connection import connection_options
from services.runtime.kafka import KafkaStreamConsumer, KafkaStreamProducer
from services.runtime.settings import Settings
from services.runtime.streams import Partition

Open = Callable[..., KafkaStreamConsumer]
BOTH = [SCORE.name, CLOCK.name]
SCORES = {(SCORE.name, p) for p in range(SCORE.partitions)}
TICKS = {(CLOCK.name, p) for p in range(CLOCK.partitions)}


@pytest.fixture
def settings(broker: Any) -> Settings:
    return Settings(kafka_bootstrap=broker.bootstrap, session_timeout_ms=6000)


@pytest.fixture
def join(settings: Settings) -> Iterator[Open]:
    """``join(topics, slot)``: a member of one group of this test's own."""
    group, opened = f"test-{uuid.uuid4().hex[:10]}", []

    def make(topics: list[str], slot: int = 0) -> KafkaStreamConsumer:
        opened.append(KafkaStreamConsumer(settings.with_changes(slot=slot), group=group, client_id="test"))
        opened[-1].subscribe(topics)
        return opened[-1]

    yield make
    for consumer in opened:
        consumer.close()


def _assigned(*members: KafkaStreamConsumer) -> list[Partition]:
    return sorted(partition for member in members for partition in member.assignment())


def _settle(wanted: set[Partition], *members: KafkaStreamConsumer) -> None:
    """Poll until all are members after the same distribution, share just these partitions, and can fetch them."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        for member in members:
            member.poll(0.02)
        places = [m._consumer.group_metadata() for m in members]
        are_in = {p.state for p in places} == {MemberState.STABLE} and len({p.generation_id for p in places}) == 1
        fetchable = [p for m in members for p in m._consumer._subscription.fetchable_partitions()]
        if are_in and _assigned(*members) == sorted(wanted) == sorted((p.topic, p.partition) for p in fetchable):
            return
    raise AssertionError(f"assigned were {[sorted(m.assignment()) for m in members]}")


def _rest(*members: KafkaStreamConsumer) -> int:
    """Poll until the group was not distributed anew for two heartbeats; the number of the last distribution."""
    deadline, since, known = time.monotonic() + 20, time.monotonic(), set[int]()
    while time.monotonic() - since < 2.2:
        assert time.monotonic() < deadline, "the group is distributed again and again"
        for member in members:
            member.poll(0.05)
        seen = {m._consumer.group_metadata().generation_id for m in members}
        if seen != known:
            since, known = time.monotonic(), seen
    (last,) = known
    return last


def test_a_member_that_returns_with_one_more_topic_reads_it_too(join: Open, settings: Settings) -> None:
    member = join([SCORE.name])
    _settle(SCORES, member)
    member.close()
    member = join(BOTH)
    _settle(SCORES | TICKS, member)
    producer, mark = KafkaStreamProducer(settings, client_id="test"), uuid.uuid4().hex.encode()
    producer.send(CLOCK.name, mark, partition=0).offset(10)
    producer.close()
    deadline = time.monotonic() + 20
    while mark not in [m.value for m in member.poll(0.1)]:
        assert time.monotonic() < deadline, "the message in the new topic was never read"


def test_a_member_that_returns_with_one_topic_less_leaves_it(join: Open) -> None:
    member = join(BOTH)
    _settle(SCORES | TICKS, member)
    member.close()
    member = join([SCORE.name])
    _settle(SCORES, member)
    _rest(member)
    assert member.assignment() == SCORES


def test_a_member_that_returns_unchanged_disturbs_nobody(join: Open) -> None:
    """One of the two has no partition of the topic that has but one, and that is right so."""
    first, second = join(BOTH), join(BOTH, 1)
    _settle(SCORES | TICKS, first, second)
    last = _rest(first, second)
    before = (first.assignment(), second.assignment())
    for slot in (1, 0):
        member = (first, second)[slot]
        member.close()
        member = join(BOTH, slot)
        first, second = (first, member) if slot else (member, second)
        _settle(SCORES | TICKS, first, second)
    assert (first.assignment(), second.assignment()) == before
    assert _rest(first, second) == last


def test_members_that_return_one_by_one_with_one_more_topic_share_it_and_rest(join: Open) -> None:
    first, second = join([SCORE.name]), join([SCORE.name], 1)
    _settle(SCORES, first, second)
    second.close()
    second = join(BOTH, 1)
    _settle(SCORES | TICKS, first, second)
    assert second.assignment() >= TICKS
    first.close()
    first = join(BOTH)
    _settle(SCORES | TICKS, first, second)
    _rest(first, second)
    assert _assigned(first, second) == sorted(SCORES | TICKS)


def test_a_topic_that_was_made_while_the_member_was_away_is_read(join: Open, settings: Settings) -> None:
    later = f"later-{uuid.uuid4().hex[:8]}"
    member = join([SCORE.name, later])
    _settle(SCORES, member)
    member.close()
    administration: Any = KafkaAdminClient(**connection_options(settings))
    administration.create_topics({later: {"num_partitions": 1}}, wait_for_metadata=True)
    administration.close()
    _settle(SCORES | {(later, 0)}, join([SCORE.name, later]))


@pytest.mark.full
def test_a_member_with_one_more_topic_reads_on_after_the_broker_was_killed(join: Open, broker: Any) -> None:
    member = join([SCORE.name])
    _settle(SCORES, member)
    member.close()
    member = join(BOTH)
    _settle(SCORES | TICKS, member)
    broker.kill()
    broker.start()
    member.close()
    _settle(SCORES | TICKS, join(BOTH))
