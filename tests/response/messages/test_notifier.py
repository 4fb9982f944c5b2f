"""Messages find their way: wrong signature, rate limit and dead host each end in a retry or at the next channel or person, never in silence."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from psycopg import Connection

from services.response.actions.dingtalk import DingTalk
from services.response.actions.memory_ledger import MemoryLedger
from services.response.actions.notifier import Notifier, Plan
from services.response.actions.post import Post
from services.response.actions.webhook import Webhook
from services.response.channel import ChannelKind, ChannelSpec
from services.response.contacts import Contact, Person, Way
from services.response.link import Links, key_of, read_token
from services.response.notice import SENT, Channel, Letter, Notice, Outcome, Verdict
from services.response.pace import Limit
from services.runtime.clock import ManualClock
from services.runtime.metrics import Meters

MakeNotice = Callable[..., Notice]
NOON = datetime(2026, 1, 10, 4, 0, tzinfo=UTC)
NOBODY = cast("Connection[Any]", None)


class Box:
    """A channel that keeps letters and answers by a script."""

    at_once = 1
    is_recorded = True

    def __init__(self, *script: Outcome, limits: tuple[Limit, ...] = ()) -> None:
        self.limits = limits
        self.letters: list[Letter] = []
        self.script = list(script)

    def send(self, letters: Sequence[Letter]) -> list[Outcome]:
        self.letters += letters
        return [self.script.pop(0) if self.script else SENT for _ in letters]


def contact(*people: Person) -> Contact:
    return Contact(
        role="chief", name_zh="链长", name_en="chief", office="链长办", channels=("log", "person"), people=people
    )


ZHANG = Person(id="zhang", name="张三", ways=(Way(channel="ding"), Way(channel="sms", address="+86138")))
LI = Person(id="li", name="李四", ways=(Way(channel="mail", address="li@example.org"),))
SPECS = {
    name: ChannelSpec(id=name, kind=kind, url="https://x", is_drill=name == "drill-group")
    for name, kind in (
        ("ding", ChannelKind.DINGTALK), ("sms", ChannelKind.SMS), ("mail", ChannelKind.MAIL),
        ("drill-group", ChannelKind.FEISHU), ("hook", ChannelKind.WEBHOOK),
    )
}  # fmt: skip


class Scene:
    """A notifier with a ledger in memory, a clock to move, and channels."""

    def __init__(self, channels: dict[str, Channel], *people: Person) -> None:
        self.clock = ManualClock(NOON)
        self.ledger = MemoryLedger()
        self.meters = Meters()
        self.links = Links("https://lj.example.org", key_of("a long enough secret"))
        plan = Plan(
            contacts={"chief": contact(*(people or (ZHANG, LI)))}, specs=SPECS, channels=channels, links=self.links
        )
        self.notifier = Notifier(plan, self.clock, self.meters, lambda _: self.ledger)

    def run(self, seconds: float = 0.0) -> None:
        """Let time pass in steps of a second; at each everything that may move does."""
        for step in range(int(seconds) + 1):
            if step:
                self.clock.advance(timedelta(seconds=1))
            while self.notifier.turn(NOBODY):
                pass

    def way(self) -> list[tuple[str, str]]:
        """Channel and verdict of every attempt, in order."""
        return [(s.attempt.leg.channel, s.outcome.verdict.value) for s in self.ledger.told]

    def sample(self, name: str, **labels: str) -> float | None:
        return self.meters.registry.get_sample_value(name, labels)


def outcome(verdict: Verdict, rest_s: float = 0.0) -> Outcome:
    return Outcome(verdict=verdict, rest_s=rest_s, code="x", detail="y")


def test_the_first_channel_of_the_first_person(make_notice: MakeNotice) -> None:
    ding, sms, mail = Box(), Box(), Box()
    scene = Scene({"ding": ding, "sms": sms, "mail": mail})
    scene.ledger.add(make_notice())
    scene.run()
    (letter,) = ding.letters
    assert (letter.recipient, letter.text_zh.splitlines()[0]) == ("张三", make_notice().text_zh.splitlines()[0])
    claim = read_token(scene.links.key, letter.link.rsplit("/", 1)[1], scene.clock.now())
    assert (claim.notification_id, claim.person, claim.lane) == ("note-1", "@ding", "live")
    assert sms.letters == mail.letters == []
    assert scene.ledger.states == {"note-1": "sent"}


def test_a_refusal_goes_to_the_next_channel_at_once_then_to_the_next_person(make_notice: MakeNotice) -> None:
    ding, sms, mail = Box(outcome(Verdict.REFUSED)), Box(outcome(Verdict.REFUSED)), Box()
    scene = Scene({"ding": ding, "sms": sms, "mail": mail})
    scene.ledger.add(make_notice())
    scene.run()
    assert scene.way() == [("ding", "refused"), ("sms", "refused"), ("mail", "sent")]
    assert mail.letters[0].recipient == "李四"
    assert mail.letters[0].address == "li@example.org"
    assert scene.sample("lianjing_channel_up", channel="ding") == 0
    assert scene.sample("lianjing_channel_up", channel="mail") == 1


def test_a_busy_channel_is_tried_three_times(make_notice: MakeNotice) -> None:
    ding, sms = Box(*[outcome(Verdict.BUSY)] * 3), Box()
    scene = Scene({"ding": ding, "sms": sms})
    scene.ledger.add(make_notice())
    scene.run(4)
    assert scene.way() == [("ding", "busy")] * 3 + [("sms", "sent")]
    assert not sms.letters[0].is_repeat


def test_what_may_have_arrived_says_so(make_notice: MakeNotice) -> None:
    ding = Box(outcome(Verdict.UNKNOWN))
    scene = Scene({"ding": ding}, Person(id="zhang", name="张三", ways=(Way(channel="ding"),)))
    scene.ledger.add(make_notice())
    scene.run(2)
    assert [letter.is_repeat for letter in ding.letters] == [False, True]


def test_a_limited_channel_rests_and_the_others_carry(make_notice: MakeNotice) -> None:
    ding, sms = Box(outcome(Verdict.LIMITED, 600.0)), Box()
    scene = Scene({"ding": ding, "sms": sms})
    scene.ledger.add(*(make_notice(f"note-{n}") for n in range(3)))
    scene.run(1)
    assert scene.way() == [("ding", "limited"), *[("sms", "sent")] * 3]
    scene.clock.advance(timedelta(seconds=600))
    scene.ledger.add(make_notice("later"))
    scene.run()
    assert len(ding.letters) == 2


def test_with_every_channel_away_it_goes_round_and_is_heard(make_notice: MakeNotice) -> None:
    away = outcome(Verdict.UNREACHABLE, 5.0)
    ding, sms = Box(*[away] * 500), Box(*[away] * 500)
    scene = Scene({"ding": ding, "sms": sms})
    scene.ledger.add(make_notice())
    scene.run(300)
    tried = len(scene.ledger.told)
    assert 6 <= tried <= 60
    assert scene.ledger.states == {"note-1": "pending"}
    oldest = scene.sample("lianjing_notification_oldest_waiting_seconds")
    assert oldest is not None
    assert oldest > 290
    ding.script.clear()
    scene.run(620)
    assert scene.ledger.states == {"note-1": "sent"}
    assert scene.sample("lianjing_notification_oldest_waiting_seconds") == 0


def test_it_is_given_up_after_a_day_and_stays_heard(make_notice: MakeNotice) -> None:
    ding = Box(*[outcome(Verdict.REFUSED)] * 500)
    scene = Scene({"ding": ding}, Person(id="zhang", name="张三", ways=(Way(channel="ding"),)))
    scene.ledger.add(make_notice())
    for _ in range(24 * 6 + 5):
        scene.run()
        scene.clock.advance(timedelta(minutes=10))
    scene.run()
    assert scene.ledger.states == {"note-1": "failed"}
    assert (scene.sample("lianjing_notification_oldest_waiting_seconds") or 0) > 86_400


def test_the_gravest_goes_first_and_a_robot_keeps_its_limit(make_notice: MakeNotice) -> None:
    ding = Box(limits=(Limit(20, 60.0),))
    scene = Scene({"ding": ding}, Person(id="zhang", name="张三", ways=(Way(channel="ding"),)))
    scene.ledger.add(*(make_notice(f"yellow-{n:02}", level="yellow") for n in range(30)))
    scene.ledger.add(make_notice("red"))
    scene.run()
    assert len(ding.letters) == 20
    assert ding.letters[0].notification_id == "red"
    scene.run(59)
    assert len(ding.letters) == 20
    scene.run(62)
    assert len(ding.letters) == 31
    assert set(scene.ledger.states.values()) == {"sent"}


def test_what_is_grave_does_not_wait_for_a_full_robot(make_notice: MakeNotice) -> None:
    ding, sms = Box(limits=(Limit(2, 60.0),)), Box()
    scene = Scene({"ding": ding, "sms": sms})
    scene.ledger.add(*(make_notice(f"red-{n}") for n in range(4)), make_notice("yellow", level="yellow"))
    scene.run()
    assert [len(ding.letters), len(sms.letters)] == [2, 2]
    assert scene.ledger.states["yellow"] == "pending"
    scene.run(61)
    assert scene.ledger.states["yellow"] == "sent"
    assert len(ding.letters) == 3


def test_a_role_without_anybody_to_reach_fails_loudly(make_notice: MakeNotice) -> None:
    scene = Scene({"ding": Box()}, Person(id="x", name="无", ways=(Way(channel="gone"),)))
    scene.ledger.add(make_notice())
    scene.run()
    assert scene.ledger.states == {"note-1": "failed"}
    assert scene.sample("lianjing_notifications_total", channel="person", outcome="failed") == 1


def test_a_playbook_pushes_to_a_named_webhook_only(make_notice: MakeNotice) -> None:
    hook, stand_in = Box(), Box()
    scene = Scene({"hook": hook, "sms": Box(), "stand-in": stand_in})
    scene.ledger.add(
        make_notice("a", channel="webhook", recipient="hook", role="hook"),
        make_notice("b", channel="webhook", recipient="sms"),
        make_notice("c", channel="webhook", recipient="https://evil.example.org"),
        make_notice("d", channel="webhook", recipient="hook", lane="drill:a"),
        make_notice("e", channel="webhook", recipient="hook", lane="replay:a"),
    )
    scene.run()
    assert [letter.notification_id for letter in hook.letters] == ["a"]
    assert [letter.notification_id for letter in stand_in.letters] == ["d"]
    assert scene.ledger.states == {"a": "sent", "b": "failed", "c": "failed", "d": "sent", "e": "sent"}


class TestDrills:
    """A drill reaches its roster by channels that are theirs, gateways are stood in for; reality says that it is real."""

    PEOPLE = (
        Person(id="zhang", name="张三", ways=(Way(channel="ding"), Way(channel="sms", address="+86138"))),
        Person(id="li", name="李四", ways=(Way(channel="mail", address="li@example.org"),)),
        Person(id="wang", name="王五", ways=(Way(channel="drill-group"),)),
    )

    @pytest.fixture
    def scene(self) -> Scene:
        boxes: dict[str, Channel] = {name: Box() for name in ("ding", "sms", "mail", "drill-group", "stand-in", "log")}
        self.boxes = cast("dict[str, Box]", boxes)
        return Scene(boxes, *self.PEOPLE)

    def reached(self) -> dict[str, list[str]]:
        return {name: [letter.recipient for letter in box.letters] for name, box in self.boxes.items() if box.letters}

    @pytest.mark.parametrize(
        ("roster", "reached"),
        [
            ((), {}),
            (("li",), {"mail": ["李四"]}),
            (("wang",), {"drill-group": ["王五"]}),
            (("zhang",), {"stand-in": ["张三"]}),
            (("somebody-else",), {}),
        ],
    )
    def test_only_the_roster(
        self, scene: Scene, make_notice: MakeNotice, roster: tuple[str, ...], reached: dict[str, list[str]]
    ) -> None:
        scene.ledger.rosters["drill:a"] = (frozenset(roster), None)
        scene.ledger.rosters["drill:b"] = (frozenset({"zhang", "li", "wang"}), None)
        scene.ledger.add(make_notice(lane="drill:a"))
        scene.run()
        assert self.reached() == reached
        assert scene.ledger.states == {"note-1": "sent"}
        assert all(letter.text_zh.startswith("【演练】") for box in self.boxes.values() for letter in box.letters)
        assert all(letter.text_en.startswith("EXERCISE") for box in self.boxes.values() for letter in box.letters)

    def test_a_letter_goes_to_one_member_of_the_roster_and_to_nobody_else(
        self, scene: Scene, make_notice: MakeNotice
    ) -> None:
        scene.ledger.rosters["drill:a"] = (frozenset({"li", "wang"}), None)
        scene.ledger.add(
            make_notice("to-li", lane="drill:a", channel="member", role="li"),
            make_notice("not-on-it", lane="drill:a", channel="member", role="zhang"),
            make_notice("nobody", lane="drill:a", channel="member", role="no-such-person"),
            make_notice("real", lane="live", channel="member", role="li"),
        )
        scene.run()
        assert self.reached() == {"mail": ["李四"]}
        assert [letter.notification_id for letter in self.boxes["mail"].letters] == ["to-li"]

    def test_a_replay_reaches_the_log_only(self, scene: Scene, make_notice: MakeNotice) -> None:
        scene.ledger.add(make_notice(lane="replay:a"), make_notice("copy", lane="replay:a", channel="log"))
        scene.run()
        assert set(self.reached()) == {"log"}

    def test_reality_goes_to_no_drill_group(self, scene: Scene, make_notice: MakeNotice) -> None:
        for name in ("ding", "sms", "mail"):
            self.boxes[name].script = [outcome(Verdict.REFUSED)] * 9
        scene.ledger.add(make_notice())
        scene.run(40)
        assert self.boxes["drill-group"].letters == []

    @pytest.mark.parametrize(
        ("hours_since", "mark"), [(None, "【实警·非演练】"), (23.9, "【实警·非演练】"), (24.1, "【系统研判·红色】")]
    )
    def test_reality_says_so_to_those_who_drill(
        self, scene: Scene, make_notice: MakeNotice, hours_since: float | None, mark: str
    ) -> None:
        closed = None if hours_since is None else scene.clock.now() - timedelta(hours=hours_since)
        scene.ledger.rosters["drill:a"] = (frozenset({"zhang"}), closed)
        scene.ledger.add(make_notice(), make_notice("copy", channel="log"))
        scene.run()
        assert self.boxes["ding"].letters[0].text_zh.startswith(mark)
        assert self.boxes["log"].letters[0].text_zh.startswith("【系统研判·红色】")


@pytest.mark.parametrize("fault", ["signature", "limit", "dead"])
def test_a_robot_that_fails_hands_on_to_the_gateway(
    open_vendor: Any, certificate: Path, make_notice: MakeNotice, fault: str
) -> None:
    """From the notice to servers over TLS: whatever the robot answers, the gateway has the message."""
    robot, gateway = open_vendor(), open_vendor()
    answers = {
        "signature": {"errcode": 310000, "errmsg": "sign not match"},
        "limit": {"errcode": 130101, "errmsg": "send too fast"},
        "dead": {},
    }
    robot.answer = lambda *_: (200, answers[fault])
    gateway.answer = lambda *_: (200, {"accepted": True})
    clock = ManualClock(NOON)
    post = Post((), cafile=str(certificate / "ca.pem"))
    if fault == "dead":
        robot.close()
    scene = Scene(
        {
            "ding": DingTalk(robot.url, "token", "secret", post, clock),
            "sms": Webhook(ChannelKind.SMS, gateway.url, "secret", post, clock),
        }
    )
    scene.ledger.add(make_notice())
    scene.run(1)
    assert [body["id"] for body in gateway.bodies] == ["note-1"]
    assert scene.ledger.states == {"note-1": "sent"}
    assert scene.way()[-1] == ("sms", "sent")
    assert scene.sample("lianjing_channel_up", channel="ding") == 0
