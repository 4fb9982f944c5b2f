"""The player through intake's own gate and publisher on the broker in memory."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TypeVar

import msgspec
import pytest

from schemas.chain import Chain
from schemas.feed import FeedMessage
from schemas.lane import Lane
from schemas.rejection import Rejection
from schemas.tick import Tick
from schemas.topic import CLOCK, FEED_TOPICS, LANE, REJECTED
from services.intake.catalogue import catalogue_of
from services.intake.gate import Gate
from services.intake.publisher import Publisher
from services.intake.scenario.player import Player, Progress, dates_meeting
from services.intake.scenario.scenario import Defect, ReportDefect, Scenario
from services.runtime.clock import ManualClock, to_us
from services.runtime.errors import UnreachableError
from services.runtime.memory import MemoryBroker, MemoryConsumer, MemoryProducer

Quiet = Callable[..., Scenario]
T = TypeVar("T")
NAME = "replay:trial"
NOW = datetime(2026, 11, 22, 10, 37, 12, tzinfo=UTC)


class Stage:
    """A player on its own broker, and what it left there."""

    def __init__(self, chain: Chain, scenario: Scenario, seed: int = 1) -> None:
        self.broker = MemoryBroker(
            {t.name: t.partitions for t in FEED_TOPICS.values()} | {REJECTED.name: REJECTED.partitions}
        )
        self.clock = ManualClock(NOW)
        series = {s.id: s for s in chain.series}
        catalogue = catalogue_of(series, {}, {})
        publisher = Publisher(MemoryProducer(self.broker), lambda: series, ends=MemoryConsumer(self.broker))
        self.player = Player(Gate(publisher, lambda: catalogue), self.clock, chain, scenario, lane=NAME, seed=seed)

    def rows(self) -> list[tuple[str, int, int, int, float]]:
        found = []
        for topic in FEED_TOPICS.values():
            for message in self.broker.messages(topic.name):
                m = msgspec.json.decode(message.value or b"", type=FeedMessage)
                assert m.is_rectangular()
                assert m.lane == NAME
                found += list(zip(m.series, m.observed_us, m.issued_us, m.known_us, m.value, strict=True))
        return sorted(found)

    def decoded(self, topic: str, kind: type[T]) -> list[T]:
        return [msgspec.json.decode(m.value or b"", type=kind) for m in self.broker.messages(topic)]


def never(seconds: float) -> bool:
    del seconds
    return False


def test_all_rows_arrive_in_order_of_knowledge_and_each_hour_is_ticked(chain: Chain, quiet: Quiet) -> None:
    stage = Stage(chain, quiet(3, lead_in_days=1))
    progress = stage.player.play(wait=never)
    ticks = stage.decoded(CLOCK.name, Tick)
    assert len(ticks) == 96
    assert [t.at for t in ticks] == [ticks[0].at + timedelta(hours=i) for i in range(96)]
    assert ticks[-1].at == quiet(3).start.astimezone(UTC) + timedelta(days=3)
    for topic in FEED_TOPICS.values():
        for partition in range(topic.partitions):
            known = [
                t
                for m in stage.broker.read((topic.name, partition), 0, 1 << 30)
                for t in msgspec.json.decode(m.value or b"", type=FeedMessage).known_us
            ]
            assert known == sorted(known)
    rows, rejected = stage.rows(), stage.decoded(REJECTED.name, Rejection)
    assert len(rows) + len(rejected) == progress.rows
    assert max(r[3] for r in rows) <= to_us(ticks[-1].at)


def test_a_tick_comes_after_everything_known_before_it(chain: Chain, quiet: Quiet) -> None:
    stage = Stage(chain, quiet(1, lead_in_days=1))
    stage.player.play(wait=never)
    for tick in stage.decoded(CLOCK.name, Tick)[::6]:
        for topic, ends in tick.positions.items():
            for partition, end in enumerate(ends):
                for message in stage.broker.read((topic, partition), 0, 1 << 30):
                    known = msgspec.json.decode(message.value or b"", type=FeedMessage).known_us
                    assert (max(known) <= to_us(tick.at)) == (message.offset < end)


def test_a_clock_that_strikes_every_six_hours_leaves_out_no_row(chain: Chain, quiet: Quiet) -> None:
    hourly, rarely = (Stage(chain, quiet(1, lead_in_days=1)) for _ in range(2))
    hourly.player.play(meet=NOW, wait=never)
    rarely.player.play(meet=NOW, wait=never, tick_every_h=6)
    every, some = (stage.decoded(CLOCK.name, Tick) for stage in (hourly, rarely))
    assert rarely.rows() == hourly.rows()
    assert some[-1].at == every[-1].at
    assert len(every) > 5 * len(some)
    assert {t.at for t in some} < {t.at for t in every}


def test_the_same_play_sends_the_same_rows(chain: Chain, quiet: Quiet) -> None:
    plays = [Stage(chain, quiet(1, lead_in_days=1)) for _ in range(2)]
    for stage in plays:
        stage.player.play(meet=NOW, wait=never)
    assert plays[0].rows() == plays[1].rows()
    other = Stage(chain, quiet(1, lead_in_days=1), seed=2)
    other.player.play(meet=NOW, wait=never)
    assert other.rows() != plays[0].rows()


@pytest.mark.parametrize("hour", range(0, 24, 5))
def test_the_last_hour_meets_the_wall_clock_by_whole_days(quiet: Quiet, hour: int) -> None:
    wall = NOW.replace(hour=hour)
    dates = dates_meeting(quiet(10), wall)
    assert dates.at(dates.last_hour) == wall.replace(minute=0, second=0, microsecond=0)
    assert (dates.start - quiet(10).start) % timedelta(days=1) == timedelta(0)
    assert 9 * 24 < dates.last_hour <= 240


def test_afterwards_it_lives_on_with_something_new_every_minute(chain: Chain, quiet: Quiet) -> None:
    stage = Stage(chain, quiet(2, lead_in_days=1))
    stage.player.play(meet=NOW, wait=never)
    told: list[Progress] = []

    def wait(seconds: float) -> bool:
        stage.clock.advance(timedelta(seconds=seconds))
        return len(told) >= 70

    before = len(stage.rows())
    stage.player.live_on(wait=wait, on_minute=told.append)
    assert len(told) == 70
    assert all(b.rows > a.rows for a, b in pairwise(told))
    after = stage.rows()[:]
    assert len(after) > before + 70 * 100
    assert max(r[3] for r in after) <= to_us(stage.clock.now())
    lanes = stage.decoded(LANE.name, Lane)
    assert lanes[-1].rate == 1.0
    assert lanes[-1].origin == lanes[-1].wall_origin
    assert [lane.revision for lane in lanes] == list(range(1, len(lanes) + 1))


def test_speed_is_kept_by_waiting(chain: Chain, quiet: Quiet) -> None:
    stage = Stage(chain, quiet(1, lead_in_days=1))

    def wait(seconds: float) -> bool:
        stage.clock.advance(timedelta(seconds=seconds))
        return False

    stage.player.play(speed=3600.0, wait=wait)
    assert stage.clock.monotonic() == pytest.approx(48.0)


def test_a_stop_ends_the_play_at_once(chain: Chain, quiet: Quiet) -> None:
    stage = Stage(chain, quiet(2, lead_in_days=1))
    progress = stage.player.play(wait=lambda _: True)
    assert progress.hour == -23


def test_slips_beyond_the_plausible_become_rejections(chain: Chain, quiet: Quiet) -> None:
    slip = ReportDefect(kind=Defect.DECIMAL, series="volume.R_DQ.*", start_h=5.0, hold_h=10.0, size=10_000.0)
    stage = Stage(chain, msgspec.structs.replace(quiet(1, lead_in_days=0), reporting=[slip]))
    stage.player.play(wait=never)
    rejected = [r for r in stage.decoded(REJECTED.name, Rejection) if r.raw and b"volume.R_DQ" in r.raw]
    assert len(rejected) >= 9


def test_without_the_broker_it_says_so(chain: Chain, quiet: Quiet) -> None:
    stage = Stage(chain, quiet(1, lead_in_days=0))
    stage.broker.is_away = True
    with pytest.raises(UnreachableError):
        stage.player.play(wait=never)
