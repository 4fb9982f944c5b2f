"""The story a newcomer reads while the demo plays: what the stream says, in a few lines. Pure: messages in, lines out."""

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone

import msgspec

from schemas.alert import Alert, AlertState
from schemas.feed import FeedMessage
from schemas.level import LEVEL_ZH, Level, rank
from schemas.run import Run, RunState
from schemas.score import ScoreMessage
from schemas.topic import ALERT, ASSESSMENT, FEED_TOPICS, RUN, SCORE
from services.runtime.clock import from_us
from services.runtime.streams import Message

_BEIJING = timezone(timedelta(hours=8))
_FEEDS = {topic.name: feed for feed, topic in FEED_TOPICS.items()}
_WORTH_TELLING = 2  # yellow
_MARGIN = " " * 24
_STRIKING = 1e-6  # the first anomaly told; at the detectors' own level quiet series alarm now and then
_COLOURS = {
    Level.BLUE: "🔵",
    Level.YELLOW: "🟡",
    Level.ORANGE: "🟠",
    Level.RED: "🔴",
    Level.UNKNOWN: "⚪",
    Level.NORMAL: "🟢",
}


class _Judged(msgspec.Struct, frozen=True):
    """The two fields of an assessment that the story looks at."""

    lane: str
    as_of: datetime


class Story:
    """Listens to one lane and tells what is new: first rows of each feed, first anomaly, each new height of an alert, every run.

    ``hear`` returns the lines a message is worth, mostly none; what eases or comes back no higher is counted, not told. Lines are Chinese first,
    English beside; times are Beijing time of the lane. ``names`` gives the words for node ids in a path.
    """

    def __init__(self, lane: str, names: Mapping[str, str] | None = None) -> None:
        self._lane = lane
        self._names = names or {}
        self._feeds: set[str] = set()
        self._heard_anomaly = False
        self._heights: dict[tuple[str, str, str], Level] = {}
        self._runs: set[str] = set()
        self._judged_until: datetime | None = None
        self._lane_now: datetime | None = None
        self.row_count = 0

    @property
    def lane_now(self) -> datetime | None:
        """Latest known_at heard on a feed; None before the first row."""
        return self._lane_now

    @property
    def judged_until(self) -> datetime | None:
        """Latest as_of of an assessment; None before the first. Risk follows the feeds at some distance."""
        return self._judged_until

    @property
    def is_complete(self) -> bool:
        """True once an alert at yellow or above was heard and a run has started."""
        return bool(self._runs) and bool(self._heights)

    def hear(self, message: Message) -> list[str]:
        """Lines worth telling about one message of a feed, score, alert or run topic."""
        if message.value is None:
            return []
        if message.topic in _FEEDS:
            return self._hear_feed(message)
        if message.topic == SCORE.name:
            return self._hear_scores(msgspec.json.decode(message.value, type=ScoreMessage))
        if message.topic == ALERT.name:
            return self._hear_alert(msgspec.json.decode(message.value, type=Alert))
        if message.topic == RUN.name:
            return self._hear_run(msgspec.json.decode(message.value, type=Run))
        if message.topic == ASSESSMENT.name:
            self._hear_assessment(msgspec.json.decode(message.value, type=_Judged))
        return []

    def _hear_assessment(self, judged: "_Judged") -> None:
        if judged.lane == self._lane:
            self._judged_until = max(judged.as_of, self._judged_until or judged.as_of)

    def _hear_feed(self, message: Message) -> list[str]:
        rows = msgspec.json.decode(message.value or b"", type=FeedMessage)
        if rows.lane != self._lane:
            return []
        self.row_count += rows.row_count()
        known = from_us(max(rows.known_us))
        self._lane_now = max(known, self._lane_now or known)
        feed = _FEEDS[message.topic].value
        if feed in self._feeds:
            return []
        self._feeds.add(feed)
        return [f"{_stamp(known)}  数据接入 feed {feed}: 首批 first rows, {rows.row_count()} 条 from {rows.source}"]

    def _hear_scores(self, message: ScoreMessage) -> list[str]:
        anomalies = [s for s in message.scores if s.is_anomaly and not s.shadow and s.p_value <= _STRIKING]
        if message.lane != self._lane or self._heard_anomaly or not anomalies:
            return []
        self._heard_anomaly = True
        first = min(anomalies, key=lambda s: (s.observed_at, s.series))
        said = first.sentence_zh or f"{first.series} = {first.value:g} (p = {first.p_value:.1e})"
        english = [f"{_MARGIN}{first.sentence_en}"] if first.sentence_en else []
        return [f"{_stamp(first.observed_at)}  首个异常 first anomaly: {said}", *english]

    def _hear_alert(self, alert: Alert) -> list[str]:
        place = (alert.node, alert.product, alert.hazard.value)
        before = self._heights.get(place)
        height = rank(alert.level) or 0
        if alert.lane != self._lane or alert.state is AlertState.CLOSED or height < _WORTH_TELLING:
            return []
        if before is not None and height <= (rank(before) or 0):
            return []
        self._heights[place] = alert.level
        word = "预警 warning" if before is None else f"升级 raised from {LEVEL_ZH[before]}"
        lines = [
            f"{_stamp(alert.as_of)}  {_COLOURS[alert.level]} {word}: {alert.headline_zh}",
            f"{_MARGIN}{alert.headline_en}",
        ]
        if len(alert.path) > 1:
            path = " → ".join(self._names.get(node, node) for node in alert.path)
            lines.append(f"{_MARGIN}起因路径 cause path: {path}")
        return lines

    def _hear_run(self, run: Run) -> list[str]:
        if run.lane != self._lane or run.run_id in self._runs or run.state is not RunState.RUNNING:
            return []
        self._runs.add(run.run_id)
        return [
            f"{_stamp(run.started_at)}  📋 预案启动 playbook started: {run.name_zh} | {run.name_en} ({run.node}, {run.level})"
        ]


def _stamp(moment: datetime) -> str:
    return moment.astimezone(_BEIJING).strftime("%m-%d %H:%M 情景时间")
