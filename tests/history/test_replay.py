"""A replay is the same each time, in the order in which things became known, with ticks between."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from schemas.feed import FeedMessage
from schemas.lane import Lane
from schemas.rejection import Rejection
from schemas.tick import Tick
from schemas.topic import CLOCK, FEED_TOPICS, LANE, REJECTED
from services.intake.history.loading import History, load_history
from services.intake.history.player import FASTEST, Player
from services.intake.history.reading import Observation
from services.intake.history.schedule import Batch, TickStep, steps_of
from services.intake.publisher import Publisher
from services.runtime.clock import ManualClock, from_us, to_us
from services.runtime.memory import MemoryBroker, MemoryProducer

NOW = datetime(2030, 1, 1, tzinfo=UTC)
TOPICS = {t.name: t.partitions for t in FEED_TOPICS.values()}


class Stage:
    """A broker in memory, a publisher on it, and a clock that only waiting moves."""

    def __init__(self, history: History) -> None:
        self.broker = MemoryBroker({**TOPICS, REJECTED.name: REJECTED.partitions})
        self.clock = ManualClock(NOW)
        self.waited: list[float] = []
        self.history = history
        series = {s.id: s for s in history.chain.series}
        self.publisher = Publisher(MemoryProducer(self.broker), lambda: series)

    def wait(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.clock.advance(timedelta(seconds=seconds))

    def play(self, speed: float | None = None) -> int:
        player = Player(self.publisher, self.clock, self.wait, speed=speed)
        return player.play(self.history, "replay:little", lambda _: None)

    def feeds(self) -> list[bytes | None]:
        return [m.value for topic in TOPICS for m in self.broker.messages(topic)]

    def rows(self) -> list[tuple[str, int, float]]:
        messages = [msgspec.json.decode(v, type=FeedMessage) for v in self.feeds() if v is not None]
        return sorted(row for m in messages for row in zip(m.series, m.known_us, m.value, strict=True))

    def ticks(self) -> list[Tick]:
        return [msgspec.json.decode(m.value or b"", type=Tick) for m in self.broker.messages(CLOCK.name)]

    def lanes(self) -> list[Lane]:
        return [msgspec.json.decode(m.value or b"", type=Lane) for m in self.broker.messages(LANE.name)]


def test_two_replays_send_the_same_bytes(little: History) -> None:
    first, second = Stage(little), Stage(little)
    assert first.play() == second.play() == len(little.reading.observations)
    assert first.feeds() == second.feeds()
    assert first.ticks() == second.ticks()


def test_every_value_is_sent_once_and_implied(little: History) -> None:
    stage = Stage(little)
    stage.play()
    wanted = sorted((o.series, o.known_us, o.value) for o in little.reading.observations)
    assert stage.rows() == wanted
    message = msgspec.json.decode(stage.feeds()[0] or b"", type=FeedMessage)
    assert message.lane == "replay:little"
    assert message.source == "history:little"
    assert message.issued_us == message.known_us
    assert message.implied == [True] * message.row_count()


def test_ticks_are_daily_and_come_after_what_they_cover(little: History) -> None:
    stage = Stage(little)
    stage.play()
    ticks = stage.ticks()
    assert [t.at.day for t in ticks] == [6, 7, 8, 9, 10]
    reach = [sum(sum(p) for p in t.positions.values()) for t in ticks]
    assert reach == sorted(reach)
    assert reach[1] == reach[2]  # nothing became known on 8 June
    assert reach[-1] == len(stage.feeds())


def test_the_lane_is_opened_at_the_first_moment_and_goes_on_from_the_last(little: History) -> None:
    stage = Stage(little)
    stage.play()
    opened, after = stage.lanes()
    assert opened.origin == from_us(little.reading.observations[0].known_us)
    assert (opened.rate, after.rate) == (FASTEST, 1.0)
    assert after.origin == from_us(little.reading.observations[-1].known_us) + timedelta(days=1)
    assert after.revision >= opened.revision
    assert after.chain == "little"


def test_speed_waits_until_lane_time_is_due(little: History) -> None:
    stage = Stage(little)
    stage.play(speed=86_400.0)
    assert sum(stage.waited) == pytest.approx(4.0)
    assert stage.lanes()[0].rate == 86_400.0


def test_rejections_are_sent(mapping_text: str, table_text: str) -> None:
    table = table_text + "11.06.2024,Nord (P),-4,100,5000,40\n"
    stage = Stage(load_history(mapping_text, "m.yaml", table.encode(), "little.csv"))
    stage.play()
    (message,) = stage.broker.messages(REJECTED.name)
    rejection = msgspec.json.decode(message.value or b"", type=Rejection)
    assert (rejection.field, rejection.given, rejection.source) == ("stock kt", "-4", "author")


def _at(hours: float) -> int:
    return to_us(datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=hours))


def test_steps_of_uneven_times() -> None:
    rows = [Observation(_at(h), "s", _at(h), 1.0, 2) for h in (0, 30, 24)]
    shape = [
        step.known_us if isinstance(step, Batch) else to_us(step.at) for step in steps_of(rows, timedelta(hours=24))
    ]
    assert shape == [_at(h) for h in (0, 0, 24, 24, 30, 48)]
    kinds = [isinstance(step, TickStep) for step in steps_of(rows, timedelta(hours=24))]
    assert kinds == [False, True, False, True, False, True]


def test_no_steps_without_observations() -> None:
    assert list(steps_of([], timedelta(hours=1))) == []
