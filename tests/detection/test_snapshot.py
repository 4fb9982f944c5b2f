"""Snapshots of detection's state: whole or not at all, and who goes on from one is told apart by nothing."""

from collections.abc import Callable, Sequence

import msgspec
import pytest

from schemas.feed import FeedMessage
from schemas.snapshot import Snapshot
from schemas.topic import SNAPSHOT
from services.detection.configured import load_watch
from services.detection.rebuilding import Rebuilder
from services.detection.scoring import Scorer, Told
from services.detection.snapshot import cut, key_of, newest_whole
from services.runtime.memory import MemoryBroker, MemoryConsumer, MemoryProducer
from services.runtime.streams import Message

Made = Callable[..., FeedMessage]
TOPIC, LANE = "lianjing.feed.logistics", "replay:unit"
PLACE = (TOPIC, 3)


class World:
    """A partition with 120 messages of five series in two lanes, and what an undisturbed scorer says of them."""

    def __init__(self, made: Made) -> None:
        self.broker = MemoryBroker()
        self.producer = MemoryProducer(self.broker)
        self.feeds = [
            made(LANE if i % 2 else "live", f"output.N{i % 5}.coal", i, [100.0 + (i * 7) % 11 + 900 * (i == 97)])
            for i in range(120)
        ]
        for feed in self.feeds:
            self.producer.send(TOPIC, msgspec.json.encode(feed), key=b"g", partition=3)
        self.expected = scorer().score(self.messages(0, 120))

    def messages(self, start: int, end: int) -> list[Message]:
        return [Message(TOPIC, 3, i, b"g", msgspec.json.encode(self.feeds[i])) for i in range(start, end)]

    def put(self, snapshots: Sequence[Snapshot]) -> None:
        for told in snapshots:
            self.producer.send(SNAPSHOT.name, msgspec.json.encode(told), key=key_of(told), partition=3)

    def take_over(self, end: int, window: int = 30) -> tuple[list[Told], list[Told]]:
        """What another worker publishes again, and what it says of the rest."""
        fresh = scorer()
        again = Rebuilder(fresh, MemoryConsumer(self.broker), window=window, republish=10, now=lambda: 0.0).rebuild(
            PLACE, end
        )
        return again, fresh.score(self.messages(end, 120))


def scorer() -> Scorer:
    return Scorer(msgspec.structs.replace(load_watch(None), normal_every_h=0), dict)


def snapshots(world: World, end: int, turn: int, most_bytes: int = 2_000_000) -> list[Snapshot]:
    """What a worker that has scored up to ``end`` writes."""
    worker = scorer()
    worker.score(world.messages(0, end))
    (kept,) = worker.snapshot([PLACE])
    return cut(msgspec.structs.replace(kept, turn=turn), most_bytes)


@pytest.fixture
def world(message: Made) -> World:
    return World(message)


@pytest.mark.parametrize("most_bytes", [1, 1000, 2_000_000])
def test_who_goes_on_from_a_snapshot_says_the_same_to_the_last_bit(world: World, most_bytes: int) -> None:
    world.put(snapshots(world, 70, 0, most_bytes))
    again, rest = world.take_over(90, window=1)
    assert again == world.expected[70:90]
    assert rest == world.expected[90:]


def test_the_snapshot_that_reaches_furthest_is_taken_but_none_from_beyond(world: World) -> None:
    world.put(snapshots(world, 40, 0))
    world.put(snapshots(world, 60, 1))
    world.put(snapshots(world, 95, 0))
    again, rest = world.take_over(90)
    assert again == world.expected[60:90]
    assert rest == world.expected[90:]


def test_one_cut_off_while_it_was_written_is_passed_over(world: World) -> None:
    world.put(snapshots(world, 40, 0, 1000))
    world.put(snapshots(world, 60, 1, 1000)[:-1])
    again, rest = world.take_over(90)
    assert again == world.expected[40:90]
    assert rest == world.expected[90:]


def test_a_torn_turn_never_mixes_two_positions(world: World) -> None:
    old, new = snapshots(world, 40, 0, 1000), snapshots(world, 60, 0, 1000)
    assert len(old) == len(new) > 1
    name, version = scorer().detector
    assert newest_whole([*old, *new[:-1]], PLACE, name, version, 90) is None


def test_without_one_of_this_version_the_window_is_read(world: World) -> None:
    world.put([msgspec.structs.replace(s, version="0-other") for s in snapshots(world, 70, 0)])
    again, rest = world.take_over(90, window=90)
    assert again == world.expected[80:90]
    assert rest == world.expected[90:]


def test_a_snapshot_of_other_settings_is_refused(world: World) -> None:
    worker = scorer()
    worker.score(world.messages(0, 20))
    (kept,) = worker.snapshot([PLACE])
    with pytest.raises(ValueError, match="0-other"):
        scorer().restore(msgspec.structs.replace(kept, version="0-other"))
