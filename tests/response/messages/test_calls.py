"""叫应 on the real database: called until a named person answers, the deputy after five minutes, every call kept."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import psycopg
import pytest

from schemas.command import Command
from schemas.topic import COMMAND
from services.response.actions.caller import Caller
from services.response.actions.receipts import project
from services.response.channel import ChannelKind, ChannelSpec
from services.response.contacts import Contact, Person, Way
from services.response.roster import Duty, Roster
from services.runtime.clock import ManualClock
from services.runtime.metrics import Meters
from services.runtime.streams import Message

NOON = datetime(2026, 1, 10, 4, 0, tzinfo=UTC)
PEOPLE = tuple(
    Person(id=name, name=zh, phone="+86138", ways=(Way(channel="ding"),))
    for name, zh in (("zhang", "张三"), ("li", "李四"))
)
DESK = Contact(role="duty_officer", name_zh="值班员", name_en="duty", office="值班室", channels=("log",))
CHIEF = Contact(
    role="chief",
    name_zh="链长",
    name_en="chief",
    office="链长办",
    channels=("log", "person"),
    people=PEOPLE,
    is_called=True,
)
VOICE = {"voice": ChannelSpec(id="voice", kind=ChannelKind.VOICE, url="https://x")}


class Scene:
    """A caller on a database, with a clock to move and commands to give."""

    roster = Roster()

    def __init__(self, url: str, specs: Mapping[str, ChannelSpec]) -> None:
        self.connection = psycopg.connect(url)
        self.clock = ManualClock(NOON)
        self.meters = Meters()
        self._specs = specs
        self.caller = self.fresh()
        self.execute(
            "INSERT INTO run (run_id, lane, episode, playbook, version, state, started_at, node, product, level, name_zh, name_en)"
            " VALUES ('run-1', 'live', 'ep-1', 'p', '1', 'running', %s, 'n', 'coal', 'red', 'x', 'x')",
            NOON,
        )

    def fresh(self) -> Caller:
        return Caller({"duty_officer": DESK, "chief": CHIEF}, self._specs, self.clock, self.meters, lambda: self.roster)

    def execute(self, statement: str, *values: object) -> Any:
        with self.connection.transaction():
            done = self.connection.execute(statement.encode(), values)
            return done.fetchall() if done.description else None

    def message(self, name: str = "note-1", level: str = "red", lane: str = "live", run: str = "run-1") -> None:
        self.execute(
            "INSERT INTO notification (notification_id, run_id, lane, step, channel, recipient, text_zh, text_en, state, created_at, queued_at,"
            " role, level) VALUES (%s, %s, %s, 's', 'person', 'r', '【系统研判】甲\n请办：乙', 'A', 'sent', %s, %s, 'chief', %s)",
            name, run, lane, self.clock.now(), self.clock.now(), level,
        )  # fmt: skip

    def run(self, seconds: int = 1) -> None:
        """Let time pass, looking on the way twice at a time: a second caller, or one started anew, changes nothing."""
        step = max(1, seconds // 10)
        for passed in range(0, seconds, step):
            self.clock.advance(timedelta(seconds=min(step, seconds - passed)))
            self.caller.turn(self.connection)
            self.fresh().turn(self.connection)

    def say(self, kind: str, lane: str = "live", **arguments: str) -> None:
        command = Command(
            command_id="c",
            lane=lane,
            kind=kind,
            actor="duty",
            reason="",
            issued_at=self.clock.now(),
            arguments=arguments,
        )
        message = Message(COMMAND.name, 0, 0, None, msgspec.json.encode(command))
        with self.connection.transaction():
            project(self.connection, [message, message])

    def calls(self) -> list[tuple[Any, ...]]:
        return self.execute("SELECT number, name, state, answered_by FROM call ORDER BY level, number")  # type: ignore[no-any-return]  # rows of a connection are Any

    def ringing(self) -> str:
        return str(self.execute("SELECT call_id FROM call WHERE state = 'ringing'")[0][0])


@pytest.fixture(params=[VOICE, {}], ids=["voice", "by hand"])
def scene(request: pytest.FixtureRequest, migrated_database: Any) -> Iterator[Scene]:
    made = Scene(migrated_database.url, request.param)
    yield made
    made.connection.close()


def test_called_until_a_named_person_answers(scene: Scene) -> None:
    scene.message()
    scene.message("note-2")
    scene.run()
    assert scene.calls() == [(1, "张三", "ringing", "")]
    scene.run(296)
    assert len(scene.calls()) == 1
    scene.run(5)
    assert scene.calls() == [(1, "张三", "unanswered", ""), (2, "李四", "ringing", "")]
    scene.run(301)
    assert scene.calls()[-1] == (3, "张三", "ringing", "")
    assert scene.meters.registry.get_sample_value("lianjing_call_oldest_unanswered_seconds") > 600  # type: ignore[operator]  # None fails the test as it should
    scene.say("call.answered", call=scene.ringing(), name="张三", note="已知情")
    scene.run(900)
    assert scene.calls()[-1] == (3, "张三", "answered", "张三")
    assert len(scene.calls()) == 3
    assert scene.meters.registry.get_sample_value("lianjing_call_oldest_unanswered_seconds") == 0
    assert scene.execute("SELECT count(*) FROM task WHERE state IN ('open', 'overdue')")[0][0] == 0


def test_whoever_is_on_duty_is_called_first_the_others_after_him(scene: Scene) -> None:
    scene.roster = Roster((Duty(role="chief", person="李四", deputy="张三"),))
    scene.caller = scene.fresh()
    scene.message()
    scene.run()
    scene.run(301)
    assert scene.calls() == [(1, "李四", "unanswered", ""), (2, "张三", "ringing", "")]


def test_by_voice_or_by_a_task_for_the_desk(scene: Scene) -> None:
    scene.message()
    scene.run(3)
    spoken = scene.execute("SELECT notification_id, person, role, level FROM notification WHERE channel = 'call'")
    tasks = scene.execute("SELECT title_zh, assignee, detail->>'person' FROM task")
    if scene.caller._has_voice:
        assert spoken == [(scene.ringing(), "zhang", "chief", "red")]
        assert tasks == []
        scene.execute("UPDATE notification SET state = 'failed' WHERE channel = 'call'")
        scene.run(3)
        tasks = scene.execute("SELECT title_zh, assignee, detail->>'person' FROM task")
    assert [(who, whom) for _, who, whom in tasks] == [("duty_officer: 值班员", "zhang")]
    assert "电话叫应 张三" in tasks[0][0]
    told = scene.execute("SELECT recipient, text_zh FROM notification WHERE role = 'duty_officer'")
    assert [recipient for recipient, _ in told] == ["值班员 值班室"]
    assert scene.ringing() in told[0][1]
    scene.say("call.answered", call=scene.ringing(), name="张三")
    assert scene.execute("SELECT state FROM task") == [("done",)]


def test_acknowledging_by_link_answers_the_call(scene: Scene) -> None:
    scene.message()
    scene.run()
    scene.say("message.acknowledge", notification="note-1", person="zhang", name="张三")
    assert scene.calls() == [(1, "张三", "answered", "张三")]
    assert scene.execute("SELECT acknowledged_by FROM notification WHERE notification_id = 'note-1'") == [("张三",)]
    scene.say("message.acknowledge", notification="note-1", person="li", name="李四")
    assert scene.execute("SELECT acknowledged_by FROM notification WHERE notification_id = 'note-1'") == [("张三",)]
    scene.run(400)
    assert len(scene.calls()) == 1


def test_a_gateway_tells_of_answers(scene: Scene) -> None:
    scene.message()
    scene.run()
    first = scene.ringing()
    scene.say("message.receipt", notification=first, event="unanswered", channel="voice")
    scene.run(1)
    assert scene.calls() == [(1, "张三", "unanswered", ""), (2, "李四", "ringing", "")]
    scene.say("message.receipt", notification=scene.ringing(), event="answered", channel="voice", name="李四")
    assert scene.calls()[-1] == (2, "李四", "answered", "李四")
    scene.say("message.receipt", notification="note-1", event="read", channel="sms")
    assert scene.execute(
        "SELECT read_at IS NOT NULL AND delivered_at IS NOT NULL FROM notification WHERE notification_id = 'note-1'"
    ) == [(True,)]


def test_a_graver_item_takes_over_and_the_end_of_the_run_ends_it(scene: Scene) -> None:
    scene.message("orange", "orange")
    scene.run()
    scene.message("red", "red")
    scene.run(3)
    assert scene.calls() == [(1, "张三", "ended", ""), (1, "张三", "ringing", "")]
    scene.execute("UPDATE run SET state = 'done'")
    scene.run(400)
    assert [row[2] for row in scene.calls()] == ["ended", "ended"]


def test_yellow_is_not_called_about(scene: Scene) -> None:
    scene.message(level="yellow")
    scene.run(3)
    assert scene.calls() == []


def test_a_drill_calls_its_roster_by_the_stand_in(scene: Scene) -> None:
    scene.execute(
        "INSERT INTO run (run_id, lane, episode, playbook, version, state, started_at, node, product, level, name_zh, name_en)"
        " VALUES ('run-d', 'drill:a', 'ep-1', 'p', '1', 'running', %s, 'n', 'coal', 'red', 'x', 'x')",
        NOON,
    )
    scene.message("drilled", lane="drill:a", run="run-d")
    scene.run(3)
    assert scene.calls() == []
    scene.say("drill.roster", lane="drill:a", persons="li,\x00,somebody")
    scene.say("drill.roster", lane="live", persons="zhang")
    scene.run(3)
    assert scene.calls() == [(1, "李四", "ringing", "")]
    assert scene.execute("SELECT channel, person FROM notification WHERE step = '@call'") == [("call", "li")]
    assert scene.execute("SELECT lane, person FROM drill_roster ORDER BY 2") == [
        ("drill:a", "li"),
        ("drill:a", "somebody"),
    ]


def test_a_letter_of_a_drill_waits_for_its_member_once(scene: Scene) -> None:
    words = {
        "recipient": "值班员 李四",
        "person": "li",
        "text_zh": "【演练】请签收",
        "text_en": "EXERCISE: acknowledge",
    }
    scene.say("message.send", lane="drill:a", notification="drill:a/abort/li", **words)
    scene.say("message.send", lane="drill:a", notification="drill:b/abort/li", **words)
    scene.say("message.send", lane="live", notification="live/abort/li", **words)
    assert scene.execute("SELECT notification_id, lane, channel, role, state FROM notification") == [
        ("drill:a/abort/li", "drill:a", "member", "li", "pending")
    ]
