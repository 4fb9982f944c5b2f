"""The ledger in the database and its twin in memory keep the same promises."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import psycopg
import pytest

from services.response.actions.memory_ledger import MemoryLedger
from services.response.actions.postgres_ledger import PostgresLedger
from services.response.failover import Fate, Leg
from services.response.ledger import Attempt, Ledger, Settled
from services.response.notice import SENT, Notice, Outcome, Verdict

MakeNotice = Callable[..., Notice]
NOON = datetime(2026, 1, 10, 4, 0, tzinfo=UTC)
LEG = Leg(channel="ding", person="zhang", name="张三", meant="zhang")


class Book(Protocol):
    """A ledger and what a test does around it."""

    @property
    def ledger(self) -> Ledger: ...

    def add(self, *notices: Notice) -> None: ...

    def enlist(self, lane: str, person: str, closed_at: datetime | None) -> None: ...

    def say(self, kind: str, login: str, at: datetime, lane: str = "live") -> None: ...

    def restart(self) -> None: ...


class MemoryBook:
    def __init__(self) -> None:
        self.ledger = MemoryLedger()

    def add(self, *notices: Notice) -> None:
        self.ledger.add(*notices)

    def enlist(self, lane: str, person: str, closed_at: datetime | None) -> None:
        self.ledger.rosters[lane] = (frozenset({person}), closed_at)

    def say(self, kind: str, login: str, at: datetime, lane: str = "live") -> None:
        held = [(since, name) for since, name in self.ledger.watches.get(lane, []) if name != login]
        self.ledger.watches[lane] = [*held, (at, login)] if kind == "shift.take" else held

    def restart(self) -> None:
        """What is in memory is the database of this twin."""


class PostgresBook:
    def __init__(self, url: str) -> None:
        self._url = url
        self.connection = psycopg.connect(url)
        self.ledger = PostgresLedger(self.connection)

    def add(self, *notices: Notice) -> None:
        names = (
            "notification_id",
            "lane",
            "channel",
            "recipient",
            "text_zh",
            "text_en",
            "created_at",
            "queued_at",
            "role",
            "level",
            "leg",
        )
        with self.connection.transaction():
            for notice in notices:
                self.connection.execute(
                    f"INSERT INTO notification ({', '.join(names)}, step, state) VALUES ({', '.join(['%s'] * len(names))}, 's', 'pending')".encode(),
                    [getattr(notice, name) for name in names],
                )

    def enlist(self, lane: str, person: str, closed_at: datetime | None) -> None:
        with self.connection.transaction():
            self.connection.execute("INSERT INTO drill_roster VALUES (%s, %s, now())", (lane, person))
            self.connection.execute(
                "INSERT INTO lane (lane, kind, chain, opened_at, origin, wall_origin, rate, revision, closed_at)"
                " VALUES (%s, 'drill', 'c', now(), now(), now(), 1, 1, %s)",
                (lane, closed_at),
            )

    def say(self, kind: str, login: str, at: datetime, lane: str = "live") -> None:
        with self.connection.transaction():
            self.connection.execute(
                "INSERT INTO command (command_id, lane, kind, actor, reason, issued_at, arguments) VALUES (%s, %s, %s, %s, '', %s, '{}')",
                (f"{kind}-{login}-{at}", lane, kind, login, at),
            )

    def restart(self) -> None:
        self.connection.close()
        self.connection = psycopg.connect(self._url)
        self.ledger = PostgresLedger(self.connection)


def attempt(notice: Notice, number: int = 1) -> Attempt:
    return Attempt(notice=notice, leg=LEG, place=0, legs=2, number=number)


def settled(notice: Notice, outcome: Outcome, state: str = "pending", again: datetime | None = None) -> Settled:
    fate = Fate(state=state, leg=1, round=0, tries=0, next_attempt_at=again)
    return Settled(attempt=attempt(notice), outcome=outcome, fate=fate)


def names(ledger: Ledger, now: datetime = NOON, *without: str) -> list[str]:
    return [n.notification_id for n in ledger.due(now, 10, without)]


class Promises:
    """What every ledger keeps."""

    def test_the_gravest_then_the_oldest(self, book: Book, make_notice: MakeNotice) -> None:
        later = NOON + timedelta(hours=1)
        book.add(
            make_notice("log-2", channel="log", queued_at=NOON + timedelta(seconds=2)),
            make_notice("log-1", channel="log", level="blue", queued_at=NOON + timedelta(seconds=1)),
        )
        assert names(book.ledger) == ["log-1", "log-2"], "as they were queued, whatever their level"
        book.ledger.end(["log-1", "log-2"], "sent", "")
        book.add(
            make_notice("a", level="normal"), make_notice("b", level="yellow"), make_notice("c", created_at=later),
            make_notice("d", level="orange"), make_notice("e"),
        )  # fmt: skip
        assert names(book.ledger) == ["e", "c", "d", "b", "a"]
        assert names(book.ledger, NOON, "e", "d") == ["c", "b", "a"]
        book.ledger.postpone(["e", "c"], NOON + timedelta(seconds=5))
        book.ledger.end(["d"], "failed", "nobody")
        assert names(book.ledger) == ["b", "a"]
        assert names(book.ledger, NOON + timedelta(seconds=5)) == ["e", "c", "b", "a"]

    def test_what_was_sent_is_over_and_what_failed_goes_on(self, book: Book, make_notice: MakeNotice) -> None:
        book.add(make_notice("a"), make_notice("b"))
        first, second = book.ledger.due(NOON, 10, ())
        book.ledger.begin([attempt(first), attempt(second)], NOON)
        again = NOON + timedelta(seconds=2)
        rest = Outcome(verdict=Verdict.LIMITED, code="130101", detail="too fast", rest_s=600.0)
        book.ledger.settle([settled(first, SENT, "sent"), settled(second, rest, again=again)], NOON)
        assert names(book.ledger) == []
        (left,) = book.ledger.due(again, 10, ())
        assert (left.notification_id, left.leg, left.attempts, left.is_doubtful) == ("b", 1, 1, False)
        assert book.ledger.rests(again) == {"ding": NOON + timedelta(seconds=600)}
        assert book.ledger.rests(NOON + timedelta(seconds=601)) == {}
        assert len(book.ledger.times("ding", NOON - timedelta(seconds=60))) == 2
        assert book.ledger.times("ding", NOON) == []

    def test_killed_while_sending_it_is_doubtful(self, book: Book, make_notice: MakeNotice) -> None:
        book.add(make_notice("a"))
        (notice,) = book.ledger.due(NOON, 10, ())
        assert book.ledger.is_alone()
        book.ledger.begin([attempt(notice)], NOON)
        book.restart()
        assert book.ledger.is_alone()
        (notice,) = book.ledger.due(NOON, 10, ())
        assert notice.is_doubtful
        book.ledger.begin([attempt(notice, 2)], NOON)
        book.ledger.settle([settled(notice, SENT, "sent")], NOON)
        assert names(book.ledger) == []

    def test_rosters_hold_until_a_day_after_the_drill(self, book: Book) -> None:
        book.enlist("drill:a", "zhang", None)
        book.enlist("drill:b", "li", NOON - timedelta(hours=23))
        book.enlist("drill:c", "wang", NOON - timedelta(hours=25))
        assert book.ledger.roster("drill:c") == {"wang"}
        assert book.ledger.roster("drill:d") == frozenset()
        assert book.ledger.drilled(NOON) == {"zhang", "li"}

    def test_the_watch_is_held_from_taking_to_handing_over(self, book: Book) -> None:
        book.say("shift.take", "zhang", NOON)
        book.say("shift.take", "li", NOON + timedelta(hours=1))
        book.say("shift.take", "wang", NOON, lane="drill:a")
        assert book.ledger.watch("live", NOON + timedelta(minutes=1)) == ("zhang",)
        assert book.ledger.watch("live", NOON + timedelta(hours=2)) == ("li", "zhang")
        book.say("shift.hand", "li", NOON + timedelta(hours=3))
        assert book.ledger.watch("live", NOON + timedelta(hours=3)) == ("zhang",)
        assert book.ledger.watch("replay:x", NOON + timedelta(hours=3)) == ()

    def test_the_oldest_that_reached_nobody(self, book: Book, make_notice: MakeNotice) -> None:
        now = NOON + timedelta(minutes=10)
        assert book.ledger.oldest_waiting_s(now) == 0
        book.add(
            make_notice("a"), make_notice("r", lane="replay:x"), make_notice("b", queued_at=NOON + timedelta(minutes=4))
        )
        assert book.ledger.oldest_waiting_s(now) == 600
        book.ledger.end(["a"], "sent", "")
        assert book.ledger.oldest_waiting_s(now) == 360
        book.ledger.end(["b"], "failed", "")
        assert book.ledger.oldest_waiting_s(now) == 360


class TestMemoryLedger(Promises):
    @pytest.fixture
    def book(self) -> MemoryBook:
        return MemoryBook()


class TestPostgresLedger(Promises):
    @pytest.fixture
    def book(self, migrated_database: Any) -> Iterator[PostgresBook]:
        made = PostgresBook(migrated_database.url)
        yield made
        made.connection.close()


def test_only_one_process_sends(migrated_database: Any) -> None:
    with psycopg.connect(migrated_database.url) as one, psycopg.connect(migrated_database.url) as other:
        assert PostgresLedger(one).is_alone()
        assert not PostgresLedger(other).is_alone()
