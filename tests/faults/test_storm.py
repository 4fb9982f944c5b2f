"""Nothing lost, nothing doubled: ingest is killed, broker and database are restarted, members come and go."""

import os
import random
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

pytestmark = [pytest.mark.integration, pytest.mark.timeout(1500)]
RESUME_S = 10.0
Event = tuple[str, Callable[[], None]]


def seed_of() -> int:
    """A new seed each time; LIANJING_TEST_SEED repeats an earlier run."""
    return int(os.environ.get("LIANJING_TEST_SEED", random.SystemRandom().randrange(1 << 31)))


def events(storm: Any, kills: int, slots: int, dice: random.Random) -> Iterator[Event]:
    """Kills at random moments, and between them two restarts of the broker and two of the database, one violent each."""

    def kill_ingest() -> None:
        slot = dice.randrange(slots)
        storm.ground.kill_ingest(slot)
        storm.ground.start_ingest(slot)

    def cut(part: Any) -> Callable[[], None]:
        def run() -> None:
            part.kill()
            part.start()

        return run

    ground = storm.ground
    planned: list[Event] = [("kill ingest", kill_ingest)] * kills
    for event in (
        ("restart broker", ground.kafka.restart),
        ("kill broker", cut(ground.kafka)),
        ("restart database", ground.postgres.restart),
        ("kill database", cut(ground.postgres)),
    ):
        planned.insert(dice.randrange(len(planned) + 1), event)
    yield from planned


def change_members(storm: Any, slots: int, dice: random.Random) -> list[Event]:
    """A fourth member joins, another leaves for good: everybody's partitions move."""

    def join() -> None:
        storm.ground.start_ingest(slots)

    def leave() -> None:
        storm.ground.stop_one_ingest(dice.randrange(slots))

    return [("a member joins", join), ("a member leaves", leave)]


def weather(storm: Any, happenings: list[Event], dice: random.Random) -> None:
    """Let everything happen while the plan is published; work resumes after each within ten seconds."""
    started = time.monotonic()
    publishing = storm.publish_meanwhile()
    slowest = 0.0
    for number, (name, happen) in enumerate(happenings):
        storm.allowed = (number + 0.5) / len(happenings)
        time.sleep(dice.uniform(0.0, 0.6))  # a random moment: this is the test's subject, nothing is waited for
        at = time.monotonic() - started
        happen()
        storm.allowed = (number + 1) / len(happenings)
        took = storm.resumed_after(name)
        slowest = max(slowest, took)
        print(f"  {at:7.2f} s  {name:<18} resumed after {took:5.2f} s, {storm.published} rows published")
        assert took <= RESUME_S, f"{name}: work resumed only after {took:.1f} s"
    storm.allowed = 2.0
    publishing.join(300)
    assert not publishing.is_alive()
    assert storm.failure is None
    storm.finish()
    print(f"  slowest resumption {slowest:.2f} s")


def compare(storm: Any) -> None:
    """Exactly the expected rows; a second reading of everything changes none."""
    table = storm.table()
    expected = storm.plan.expected()
    lost = expected - set(table)
    assert not lost, "\n".join(storm.whereabouts(lost))
    assert len(table) == len(set(table)) == len(expected)
    reasons = {r for (r,) in storm.ground.rows("SELECT DISTINCT reason FROM rejection")}
    assert reasons == {"conflicting_duplicate"}
    rejected = storm.ground.rows("SELECT count(*) FROM rejection")[0][0]
    assert rejected >= storm.plan.conflicts
    before = storm.checksum()
    storm.ground.stop_ingest()
    storm.forget_offsets()
    storm.ground.start_ingest(0)
    storm.finish()
    assert storm.checksum() == before


def run(make_storm: Any, mode: str, count: int, kills: int, slots: int) -> None:
    """One storm from beginning to end."""
    seed = seed_of()
    dice = random.Random(seed)
    storm = make_storm(count, seed, mode)
    print(
        f"\nseed {seed}, mode {mode}, {count} observations, {kills} kills, {slots} processes, {len(storm.plan.blocks)} blocks"
    )
    for slot in range(slots):
        storm.ground.start_ingest(slot)
    happenings = list(events(storm, kills, slots, dice))
    if slots > 1:
        happenings += change_members(storm, slots, dice)
    weather(storm, happenings, dice)
    compare(storm)


@pytest.mark.parametrize(
    ("mode", "slots"), [("timescale", 3), *(pytest.param("plain", slots, marks=pytest.mark.full) for slots in (1, 3))]
)
def test_nothing_is_lost_or_doubled(make_storm: Any, mode: str, slots: int) -> None:
    run(make_storm, available(mode), 20_000, 2, slots)


@pytest.mark.full
@pytest.mark.parametrize("slots", [1, 3])
def test_nothing_is_lost_or_doubled_long(make_storm: Any, slots: int) -> None:
    run(make_storm, available("timescale"), 200_000, 30, slots)


def available(mode: str) -> str:
    """The mode itself, or plain where TimescaleDB is not installed."""
    from services.cli.stack.postgres_programs import find_programs

    return mode if find_programs().timescale else "plain"
