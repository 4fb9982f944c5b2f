"""The master of drills: started by a command, one at a time, an unannounced one by its approver only; nothing old starts anything."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from msgspec.structs import replace

from schemas.answer import Answer
from schemas.command import Command
from schemas.drill import DrillEvent, DrillEventKind
from schemas.drill_plan import Plan
from schemas.topic import ALL_TOPICS, ANSWER, COMMAND
from services.cli.drill.building import log_of
from services.cli.drill.master import Master
from services.runtime.clock import ManualClock
from services.runtime.memory import MemoryBroker, MemoryConsumer, MemoryProducer
from tests.rehearsing import MemoryHall

NOON = datetime(2026, 1, 10, 4, 0, tzinfo=UTC)


class House:
    """A master in memory, on a clock that moves a tenth of a second a turn."""

    def __init__(self, plans: dict[str, Plan]) -> None:
        self.broker = MemoryBroker({t.name: t.partitions for t in ALL_TOPICS})
        self.clock = ManualClock(NOON)
        self.hall = MemoryHall(self.broker, self.clock, plans)
        self.master = Master(self.hall, MemoryConsumer(self.broker), MemoryProducer(self.broker), self.clock)
        self.said = 0
        self.ago = timedelta(0)

    def say(self, kind: str, *, actor: str = "drill", lane: str = "live", **arguments: str) -> Answer | None:
        """Say it, let the master hear it, and give what it answered."""
        self.said += 1
        command = Command(
            command_id=f"c{self.said}", lane=lane, kind=kind, actor=actor, reason="",
            issued_at=self.clock.now() - self.ago, arguments=arguments,
        )  # fmt: skip
        self.hall.producer.send(COMMAND.name, msgspec.json.encode(command), partition=0)
        self.turn()
        return next((a for a in self.answers() if a.command_id == command.command_id), None)

    def turn(self, times: int = 1) -> None:
        for _ in range(times):
            self.clock.advance(timedelta(seconds=0.1))
            self.master.turn()

    def until(self, kind: DrillEventKind) -> DrillEvent:
        for _ in range(20_000):
            found = [e for e in self.hall.log() if e.kind is kind]
            if found:
                return found[-1]
            self.turn()
        raise AssertionError(f"no event {kind}")

    def answers(self) -> list[Answer]:
        return [msgspec.json.decode(m.value or b"", type=Answer) for m in self.broker.messages(ANSWER.name)]


@pytest.fixture
def house(daqin: Plan) -> House:
    secret = replace(daqin, id="quiet", is_announced=False, approver="chief-office")
    made = House({"daqin": daqin, "quiet": secret})
    made.master.open()
    return made


def answered(found: Answer | None) -> Answer:
    assert found is not None
    return found


def test_a_drill_is_started_steered_and_ended_by_commands_and_its_books_are_closed(house: House) -> None:
    begun = answered(house.say("drill.start", file="daqin", rate="200", scripted="true"))
    assert begun.body == {"drill": "daqin-1", "lane": "drill:daqin-1"}
    assert begun.problem == ""
    house.until(DrillEventKind.CLOCK)
    assert house.say("drill.give", lane="drill:daqin-1", inject="I5") is None
    given = next(e for e in house.hall.log() if e.kind is DrillEventKind.INJECT)
    assert (given.subject, given.detail["by"]) == ("I5", "drill")
    house.say("drill.give", lane="drill:daqin-1", inject="I5")
    assert "尚未给出" in house.until(DrillEventKind.REFUSED).detail["why"]
    house.say("drill.end", lane="drill:daqin-1")
    house.until(DrillEventKind.ENDED)
    house.turn(3)
    assert not house.master.is_conducting
    assert house.hall.open_stages == 0
    assert house.hall.reported == ["daqin-1"]
    assert any(e.kind is DrillEventKind.ITEM for e in log_of(house.hall.log(), "daqin-1"))


def test_one_drill_at_a_time(house: House) -> None:
    house.say("drill.start", file="daqin")
    assert "同时只办一场" in answered(house.say("drill.start", file="daqin")).problem


def test_a_drill_without_notice_is_started_by_its_approver_only(house: House) -> None:
    for actor in ("drill", "duty", ""):
        assert "chief-office" in answered(house.say("drill.start", actor=actor, file="quiet")).problem
    begun = answered(house.say("drill.start", actor="chief-office", file="quiet"))
    assert begun.body["drill"] == "quiet-1"
    approved = house.until(DrillEventKind.APPROVED)
    assert approved.actor == "chief-office"
    assert house.hall.box.notices == [], "nobody is told beforehand"


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"file": "../../etc/passwd"}, "不存在"),
        ({"file": ""}, "不存在"),
        ({"file": "daqin", "rate": "0"}, "倍速"),
        ({"file": "daqin", "rate": "nan"}, "倍速"),
        ({"file": "daqin", "rate": "fast"}, "倍速"),
    ],
)
def test_senseless_orders_are_refused_with_what_would_be_right(
    house: House, arguments: dict[str, str], word: str
) -> None:
    assert word in answered(house.say("drill.start", **arguments)).problem
    assert house.hall.log() == []


def test_nothing_starts_because_of_an_old_wish(house: House) -> None:
    house.ago = timedelta(minutes=10)
    assert house.say("drill.start", file="daqin") is None
    again = Master(house.hall, MemoryConsumer(house.broker), MemoryProducer(house.broker), house.clock)
    again.open()
    again.turn()
    assert house.hall.log() == []


def test_the_files_are_offered_without_stop_word_and_injects(house: House) -> None:
    told = answered(house.say("drill.files")).body
    assert [f["file"] for f in told["files"]] == ["daqin", "quiet"]
    assert "stop_word" not in str(told)
    assert told["files"][0]["injects"] == 5


def test_a_mark_after_the_end_is_noted_and_one_of_nobody_is_refused(house: House) -> None:
    house.say("drill.start", file="daqin")
    house.say("drill.end", lane="drill:daqin-1")
    house.until(DrillEventKind.ENDED)
    house.turn(3)
    lane = "drill:daqin-1"
    assert answered(house.say("drill.mark", actor="evaluator-1", lane=lane, objective="O2", rating="M")).problem == ""
    assert house.until(DrillEventKind.MARK).subject == "O2"
    assert (
        "不是评估员" in answered(house.say("drill.mark", actor="duty", lane=lane, objective="O2", rating="P")).problem
    )


def test_a_broker_that_is_away_for_a_while_loses_neither_drill_nor_books(house: House) -> None:
    from services.runtime.errors import UnreachableError

    house.say("drill.start", file="daqin")
    house.say("drill.end", lane="drill:daqin-1")
    house.broker.is_away = True
    with pytest.raises(UnreachableError):
        house.turn()
    house.broker.is_away = False
    house.until(DrillEventKind.ENDED)
    house.turn(3)
    assert house.hall.reported == ["daqin-1"]
