"""The director on the topics: the same doors as everything else, an abort at once, letters that wait while their channel is away."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from schemas.command import Command
from schemas.drill import DrillEvent, DrillEventKind
from schemas.drill_plan import Beginning, Plan
from schemas.feed import FeedMessage
from schemas.lane import Lane
from schemas.level import Level
from schemas.report import EventReport
from schemas.topic import ALERT, ALL_TOPICS, COMMAND, DRILL_EVENT, FEED_TOPICS, LANE
from services.cli.drill.building import LetterBox, prepared, read_log, zero_of
from services.cli.drill.carried import Carried, still_open
from services.cli.drill.director import Director, Stage
from services.cli.drill.reporting import item_events
from services.drill.cast import Cast
from services.drill.conduct import Conduct
from services.drill.phase import Phase
from services.intake.publisher import Publisher
from services.intake.scenario.feeds.library import load_scenario
from services.intake.scenario.reading import problems_on
from services.response.notice import Letter
from services.runtime.chain import load_chain
from services.runtime.chain.folder import chain_folder
from services.runtime.clock import ManualClock, from_us
from services.runtime.debrief.scoring import score
from services.runtime.errors import UnreachableError
from services.runtime.memory import MemoryBroker, MemoryConsumer, MemoryProducer
from tests.rehearsing import ZERO, Box, Silent

if TYPE_CHECKING:
    from schemas.alert import Alert

NOON = datetime(2026, 1, 10, 4, 0, tzinfo=UTC)


class Theatre:
    """A drill on a memory broker, on a clock that moves a tenth of a second a turn."""

    def __init__(self, plan: Plan, *, scripted: bool = True, carried: Carried | None = None) -> None:
        self.broker = MemoryBroker({t.name: t.partitions for t in ALL_TOPICS})
        self.producer = MemoryProducer(self.broker)
        self.clock = ManualClock(NOON)
        self.box = Box()
        chain = load_chain(chain_folder(None, "ordos"))
        series = {s.id: s for s in chain.series}
        self.conduct = Conduct(plan, "daqin-1", msgspec.json.encode(plan).decode(), NOON)
        stage = Stage(
            chain="ordos",
            zero=ZERO,
            play=lambda lane: Silent(),
            sink=Publisher(self.producer, lambda: series, ends=MemoryConsumer(self.broker)),
            producer=self.producer,
            listener=MemoryConsumer(self.broker),
            channel=self.box,
            clock=self.clock,
            carried=carried,
        )
        self.director = Director(self.conduct, stage, Cast(plan) if scripted else None)
        self.director.open()

    def turn(self, times: int = 1) -> None:
        for _ in range(times):
            self.clock.advance(timedelta(seconds=0.1))
            self.director.turn(0.0)

    def to_minute(self, minute: float) -> None:
        while self.conduct.phase in (Phase.PREPARING, Phase.RUNNING) and self.conduct.minute(self.clock.now()) < minute:
            self.turn()
        self.turn(3)

    def log(self) -> list[DrillEvent]:
        return read_log(MemoryConsumer(self.broker))

    def said(self, kind: str = "") -> list[Command]:
        """Commands on their topic, of one kind or all."""
        found = [msgspec.json.decode(m.value or b"", type=Command) for m in self.broker.messages(COMMAND.name)]
        return [c for c in found if kind in ("", c.kind)]

    def alert(self, alert: "Alert") -> None:
        self.producer.send(ALERT.name, msgspec.json.encode(alert), partition=0)

    def say(self, actor: str, kind: str, **arguments: str) -> None:
        said = Command(
            command_id=f"{kind}-{len(self.commands())}", lane=self.conduct.lane, kind=kind, actor=actor, reason="",
            issued_at=self.clock.now(), arguments=arguments,
        )  # fmt: skip
        self.producer.send(COMMAND.name, msgspec.json.encode(said), partition=0)

    def commands(self) -> list[Command]:
        return [msgspec.json.decode(m.value or b"", type=Command) for m in self.broker.messages(COMMAND.name)]

    def lanes(self) -> dict[str, Lane]:
        found = [msgspec.json.decode(m.value or b"", type=Lane) for m in self.broker.messages(LANE.name)]
        return {lane.name: lane for lane in sorted(found, key=lambda lane: lane.revision)}


@pytest.fixture
def theatre(daqin: Plan) -> Theatre:
    """The shipped drill with its scripted participants, a short time before."""
    return Theatre(msgspec.structs.replace(daqin, lead_in_days=1, start_hour=0))


def test_a_full_drill_is_scored_from_its_topic_alone(
    theatre: Theatre, daqin: Plan, make_alert: Callable[..., "Alert"]
) -> None:
    theatre.to_minute(310.0)
    theatre.alert(make_alert("drill:daqin-1", Level.ORANGE))
    theatre.to_minute(600.0)
    assert theatre.conduct.phase is Phase.OVER
    log = theatre.log()
    assert [e.sequence for e in log] == list(range(1, len(log) + 1))
    found = {j.expected.id: j.outcome.value for j in score(daqin, log).judged}
    assert found == {
        "E1": "on_time", "E2": "on_time", "E3": "on_time", "E4": "late", "E5": "on_time", "E6": "on_time", "E7": "missed",
    }  # fmt: skip
    assert len(item_events(log, log, NOON)) == 2
    lane = theatre.lanes()["drill:daqin-1"]
    assert lane.closed_at is not None
    said = theatre.said()
    assert {c.lane for c in said} == {"drill:daqin-1"}
    assert said[0].kind == "drill.roster"
    assert said[0].arguments == {"persons": "duty,team,chief"}
    assert {c.actor for c in said} == {"drill", "duty", "team"}


def test_an_injected_reading_goes_through_its_feed_at_its_minute_of_lane_time(theatre: Theatre) -> None:
    theatre.to_minute(161.0)
    rows = [
        msgspec.json.decode(m.value or b"", type=FeedMessage)
        for t in FEED_TOPICS.values()
        for m in theatre.broker.messages(t.name)
    ]
    (only,) = rows
    assert (only.lane, only.series, only.value) == ("drill:daqin-1", ["volume.R_DQ.steam_coal"], [0.0])
    assert abs(from_us(only.observed_us[0]) - (ZERO + timedelta(minutes=160))) < timedelta(minutes=2)


def test_a_real_red_alert_ends_the_drill_within_two_seconds(
    theatre: Theatre, make_alert: Callable[..., "Alert"]
) -> None:
    theatre.to_minute(100.0)
    before, started = len(theatre.box.notices), theatre.clock.now()
    theatre.alert(make_alert("live", Level.RED, node="P_CFD"))
    theatre.turn(20)
    told = theatre.box.notices[before:]
    assert {n.recipient.split()[0] for n in told} == {"值班员", "工作专班", "链长"}
    assert all(n.text_zh.startswith("【演练】演练中止，转入实战") for n in told)
    posted = [c.arguments for c in theatre.said("message.send")][-len(told) :]
    assert [(a["notification"], a["text_zh"]) for a in posted] == [(n.notification_id, n.text_zh) for n in told]
    assert {a["person"] for a in posted} == {"duty", "team", "chief"}, "each by his own channels"
    aborted = next(e for e in theatre.log() if e.kind is DrillEventKind.ABORTED)
    assert aborted.wall - started <= timedelta(seconds=2)
    assert theatre.lanes()["drill:daqin-1"].closed_at == aborted.wall
    acknowledged = [e.actor for e in theatre.log() if e.kind is DrillEventKind.ACKNOWLEDGED]
    assert sorted(acknowledged) == ["chief", "duty", "team"], "scripted participants acknowledge by a command"
    assert theatre.conduct.phase is Phase.OVER


def test_alerts_that_stood_before_the_drill_do_not_end_it(daqin: Plan, make_alert: Callable[..., "Alert"]) -> None:
    quick = msgspec.structs.replace(daqin, lead_in_days=1, start_hour=0)
    theatre = Theatre(quick)
    old = MemoryProducer(theatre.broker)
    old.send(ALERT.name, msgspec.json.encode(make_alert("live", Level.RED, state="closed")), partition=0)
    theatre.turn(5)
    assert theatre.conduct.phase is not Phase.CLOSING


def test_letters_wait_while_the_channel_is_away(theatre: Theatre) -> None:
    theatre.box.is_away = True
    theatre.to_minute(25.0)
    before = len(theatre.box.notices)
    theatre.box.is_away = False
    theatre.turn(2)
    texts = [n.text_zh for n in theatre.box.notices[before:]]
    assert any("电话脚本" in t for t in texts)
    assert len({n.notification_id for n in theatre.box.notices}) == len(theatre.box.notices)


def test_an_outage_of_the_broker_loses_no_event(theatre: Theatre) -> None:
    theatre.to_minute(15.0)
    theatre.broker.is_away = True
    for _ in range(30):
        theatre.clock.advance(timedelta(seconds=0.1))
        with pytest.raises(UnreachableError):
            theatre.director.turn(0.0)
    theatre.broker.is_away = False
    theatre.to_minute(30.0)
    log = theatre.log()
    assert [e.sequence for e in log] == list(range(1, len(log) + 1))
    assert [e.subject for e in log if e.kind is DrillEventKind.INJECT] == ["I1"]


def test_the_organiser_pauses_and_rewinds_by_commands_and_the_next_lane_takes_over(theatre: Theatre) -> None:
    theatre.to_minute(25.0)
    theatre.say("o", "drill.pause")
    theatre.turn(2)
    stood = theatre.conduct.minute(theatre.clock.now())
    assert theatre.lanes()["drill:daqin-1"].rate < 1e-3
    theatre.turn(20)
    assert theatre.conduct.minute(theatre.clock.now()) == stood
    theatre.say("o", "drill.resume")
    theatre.turn(2)
    assert theatre.lanes()["drill:daqin-1"].rate == 200.0
    theatre.say("o", "drill.rewind", to="10")
    theatre.turn(2)
    while theatre.conduct.phase is Phase.PREPARING:
        theatre.turn()
    lanes = theatre.lanes()
    assert lanes["drill:daqin-1"].closed_at is not None
    assert (lanes["drill:daqin-1.2"].rate, lanes["drill:daqin-1.2"].closed_at) == (200.0, None)
    assert lanes["drill:daqin-1.2"].origin == ZERO + timedelta(minutes=10)
    theatre.to_minute(40.0)
    found = {j.expected.id: j.outcome.value for j in score(theatre.conduct.plan, theatre.log()).judged}
    assert found["E1"] == "on_time", "given and done again in the next lane"
    rosters = [c for c in theatre.commands() if c.kind == "drill.roster"]
    assert [c.lane for c in rosters] == ["drill:daqin-1", "drill:daqin-1.2"]


def test_ctrl_c_ends_a_drill_and_an_aborted_one_waits_for_nobody(
    theatre: Theatre, make_alert: Callable[..., "Alert"]
) -> None:
    theatre.director.run(lambda: True)
    assert [e.kind for e in theatre.log()].count(DrillEventKind.ENDED) == 1
    again = Theatre(theatre.conduct.plan, scripted=False)
    again.alert(make_alert("live", Level.RED))
    again.turn(3)
    again.director.run(lambda: True)
    kinds = [e.kind for e in again.log()]
    assert kinds.count(DrillEventKind.UNACKNOWLEDGED) == 3
    assert DrillEventKind.ENDED not in kinds


def test_letters_are_filed_and_leave_standard_output_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    box = LetterBox(tmp_path / "drills" / "daqin-1.log")
    box.open()
    letter = Letter(
        notification_id="n1", lane="drill:daqin-1", level="", address="", recipient="值班员 值班员甲", text_zh="【演练】请核对",
        text_en="EXERCISE please check", created_at=NOON,
    )  # fmt: skip
    box.send([letter])
    assert "【演练】请核对" in (tmp_path / "drills" / "daqin-1.log").read_text(encoding="utf-8")
    assert capsys.readouterr().out == ""


def test_nothing_of_a_drill_is_said_outside_its_lane_or_without_the_mark(theatre: Theatre) -> None:
    theatre.to_minute(600.0)
    assert all(e.text_zh.startswith("【演练】") and e.text_en.startswith("EXERCISE") for e in theatre.log())
    assert all(n.text_zh.startswith("【演练】") and n.lane == "drill:daqin-1" for n in theatre.box.notices)
    assert {m.key for m in theatre.broker.messages(DRILL_EVENT.name)} == {
        f"daqin-1\n{e.sequence}".encode() for e in theatre.log()
    }


REPORT = EventReport(
    event="e1", command="c1", target="node", place="R_DQ", kind="closure", left=0.25, begun_at=NOON - timedelta(hours=5), told_at=NOON,
    earliest_at=NOON + timedelta(hours=6), likely_at=NOON + timedelta(hours=24), latest_at=NOON + timedelta(hours=72),
    due_at=NOON + timedelta(hours=20), source="铁路调度", caller="赵", officer="duty", is_verified=True,
)  # fmt: skip


def test_what_was_told_by_telephone_stands_in_the_drill_as_it_stood_live(daqin: Plan) -> None:
    overdue = msgspec.structs.replace(
        REPORT, event="e2", target="area", place="150600", likely_at=NOON - timedelta(hours=1)
    )
    carried = Carried(
        NOON,
        still_open([msgspec.json.encode(r) for r in (REPORT, overdue, msgspec.structs.replace(REPORT, is_ended=True))]),
    )
    theatre = Theatre(daqin, carried=carried)
    theatre.to_minute(2.0)
    said = theatre.said("report.event")
    assert [(c.lane, c.actor) for c in said] == [("drill:daqin-1", "drill")] * 2
    first, second = (c.arguments for c in said)
    assert (first["node"], first["left"], first["earliest_h"], first["likely_h"], first["latest_h"]) == (
        "R_DQ",
        "0.25",
        "6",
        "24",
        "72",
    )
    assert first["begun_at"] == (ZERO - timedelta(hours=5)).isoformat()
    assert (second["area"], second["earliest_h"], second["likely_h"]) == ("150600", "6", "0")
    chain = load_chain(chain_folder(None, "ordos"))
    plan = msgspec.structs.replace(daqin, beginning=Beginning.LIVE)
    found = prepared(
        plan, load_scenario("daqin-stylised"), chain, NOON, lambda _: {"stock.P_QHD.steam_coal": 1.0}, carried
    )
    (own,) = [d for d in found.disruptions if d.id.startswith("carried")]
    assert (own.nodes, own.depth, own.hold_h) == (["R_DQ"], 0.75, 29.0), "in its world it is so, until its likely end"
    assert problems_on(found, chain) == []


def test_a_drill_can_begin_from_the_live_stocks_known_when_it_begins(daqin: Plan) -> None:
    chain = load_chain(chain_folder(None, "ordos"))
    scenario = load_scenario("daqin-stylised")
    asked: list[datetime] = []

    def stocks(at: datetime) -> dict[str, float]:
        asked.append(at)
        return {"stock.P_QHD.steam_coal": 4_321_000.0}

    plan = msgspec.structs.replace(daqin, beginning=Beginning.LIVE)
    found = prepared(plan, scenario, chain, NOON, stocks)
    assert asked == [NOON], "live is read once, before the drill begins, and never afterwards"
    assert [(s.node, s.quantity) for s in found.stocks] == [("P_QHD", 4_321_000.0)]
    assert timedelta(0) <= zero_of(plan, found) - NOON.replace(hour=0) + timedelta(hours=8) < timedelta(days=1)
    assert prepared(daqin, scenario, chain, NOON, stocks) == scenario
