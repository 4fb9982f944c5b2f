"""What a newcomer reads while the demo plays."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from schemas.alert import Alert, AlertState
from schemas.assessment import Hazard
from schemas.feed import Feed, FeedMessage
from schemas.level import Level
from schemas.run import Run, RunState
from schemas.score import Score, ScoreMessage
from schemas.topic import ALERT, FEED_TOPICS, RUN, SCORE
from services.cli.story import Story
from services.runtime.streams import Message

NOW = datetime(2026, 1, 5, 4, tzinfo=UTC)
LANE = "replay:demo"


def _message(topic: str, noun: Any) -> Message:
    return Message(topic, 0, 0, None, msgspec.json.encode(noun))


def _alert(level: Level, state: AlertState = AlertState.OPENED, lane: str = LANE) -> Message:
    alert = Alert(
        lane=lane, chain="ordos", node="D_CST", product="steam_coal", hazard=Hazard.STARVED, episode="e1", sequence=1,
        state=state, level=level, opened_at=NOW, as_of=NOW, known_at=NOW, headline_zh="沿海电厂6.3天后断供",
        headline_en="coastal power starved in 6.3 d", path=["R_DQ", "P_QHD", "D_CST"],
    )  # fmt: skip
    return _message(ALERT.name, alert)


def test_the_story_of_a_break_reads_from_feed_to_playbook() -> None:
    story = Story(LANE, {"R_DQ": "大秦铁路"})
    feed = FeedMessage(
        lane=LANE, source="rail", series=["s"], observed_us=[0], issued_us=[0], known_us=[3_600_000_000], value=[1.0]
    )
    score = Score(
        lane=LANE, series="flow.R_DQ", observed_at=NOW, known_at=NOW, detector="robust_level", version="1", value=1.0,
        p_value=1e-6, is_anomaly=True, sentence_zh="大秦线运量骤降", sentence_en="Daqin volume fell",
    )  # fmt: skip
    run = Run(
        run_id="r", lane=LANE, episode="e1", playbook="rail", version="1", state=RunState.RUNNING, started_at=NOW,
        node="D_CST", product="steam_coal", level="yellow", name_zh="铁路中断保供", name_en="railway interruption",
    )  # fmt: skip
    topic = FEED_TOPICS[Feed.LOGISTICS].name
    heard = [
        story.hear(_message(topic, feed)),
        story.hear(_message(topic, feed)),
        story.hear(_message(SCORE.name, ScoreMessage(lane=LANE, topic=topic, partition=0, offset=0, scores=[score]))),
        story.hear(_alert(Level.YELLOW)),
        story.hear(_alert(Level.YELLOW, AlertState.UPDATED)),
        story.hear(_alert(Level.RED, AlertState.WORSENED)),
        story.hear(_alert(Level.RED, AlertState.CLOSED)),
        story.hear(_alert(Level.BLUE)),
    ]
    before_the_run = story.is_complete
    heard.append(story.hear(_message(RUN.name, run)))
    lines = [line for each in heard for line in each]
    assert [len(each) for each in heard] == [1, 0, 2, 3, 0, 3, 0, 0, 1]
    assert "01-01 09:00" in lines[0]
    assert "大秦线运量骤降" in lines[1]
    assert "Daqin volume fell" in lines[2]
    assert "🟡 预警 warning: 沿海电厂6.3天后断供" in lines[3]
    assert "coastal power starved in 6.3 d" in lines[4]
    assert "大秦铁路 → P_QHD → D_CST" in lines[5]
    assert "🔴 升级 raised from 黄色" in lines[6]
    assert "预案启动 playbook started: 铁路中断保供" in lines[-1]
    assert (before_the_run, story.is_complete) == (False, True)
    assert story.row_count == 2


def test_an_anomaly_of_a_detector_on_trial_is_not_told() -> None:
    score = Score(
        lane=LANE, series="flow.R_DQ", observed_at=NOW, known_at=NOW, detector="ewma", version="1", value=1.0,
        p_value=1e-9, is_anomaly=True, shadow=True,
    )  # fmt: skip
    told = ScoreMessage(lane=LANE, topic="t", partition=0, offset=0, scores=[score])
    assert Story(LANE).hear(_message(SCORE.name, told)) == []


def test_other_lanes_are_not_told() -> None:
    story = Story(LANE)
    assert story.hear(_alert(Level.RED, lane="live")) == []
    assert not story.is_complete
