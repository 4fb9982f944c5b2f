"""One scenario played through the path: what was forecast and what was warned of, hour by hour, and nothing of the truth."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Struct

from schemas.alert import Alert, AlertState
from schemas.assessment import Assessment
from schemas.chain import Chain
from schemas.lane import Lane
from schemas.level import Level, rank
from schemas.topic import CLOCK, SCORE
from services.alerting.chains import Chains
from services.alerting.ledger import Ledger
from services.alerting.policy import Policy
from services.cli.backtest.skill.ground import Ground, Key, ground_of, possible_keys
from services.cli.backtest.skill.recording import TOPICS, Recording
from services.cli.backtest.skill.task import Task
from services.detection.configured import load_watch
from services.detection.scoring import Scorer
from services.risk.lane import hastened
from services.risk.rules import RuleSet
from services.risk.stage import Stage
from services.runtime.errors import InvariantError
from services.runtime.streams import Message, Partition

ISSUE_H = 6
WARM_UP_H = 168
HORIZONS = ("24", "72", "168", "336", "720")
STOCK_AHEAD = ("24", "72", "168")
_YELLOW = 2
_encode = msgspec.json.Encoder().encode

Floats = npt.NDArray[np.float64]


class Forecasts(Struct, frozen=True):
    """Arrays issues × accounts (and a last axis where stated). NaN: not given, or the state was unknown. Hours infinite: later than the horizon.

    ``probability`` over HORIZONS, ``time`` P10, P50, P90 of hours to the limit, ``low`` and ``high`` of stock over STOCK_AHEAD,
    ``observed`` newest stock as published, ``height`` of the level (0 normal to 4 red, -1 unknown), ``is_unknown``.
    """

    issued: Floats
    probability: Floats
    time: Floats
    low: Floats
    high: Floats
    observed: Floats
    height: npt.NDArray[np.int64]
    is_unknown: npt.NDArray[np.bool_]


class Step(Struct, frozen=True):
    """One step of an episode: hour, whether it is a warning (yellow or above), height of its level, the node it named as cause, its words, and the
    path from that node to the place."""

    hour: float
    is_warning: bool
    height: int
    cause: str
    headline: str
    path: tuple[str, ...] = ()


class Played(Struct, frozen=True):
    """What a scenario brought. Hours count from ``start``, the scenario's day 0; judged from ``from_h`` to ``until_h``. ``alerts``: every step,
    alarms about data included; ``assessments``: what was judged of each place at each hour of issue."""

    task: Task
    ground: Ground
    forecasts: Forecasts
    steps: dict[Key, list[Step]]
    start: datetime
    from_h: float
    until_h: float
    rules_version: str
    alerts: list[Alert] = []
    assessments: list[dict[Key, Assessment]] = []


class _Notes:
    """Remembers what is judged while the recording runs."""

    def __init__(self, start: datetime) -> None:
        self._start = start
        self._latest: dict[Key, Assessment] = {}
        self.issues: list[int] = []
        self.assessments: list[dict[Key, Assessment]] = []
        self.steps: dict[Key, list[Step]] = {}
        self.alerts: list[Alert] = []

    def hour(self, at: datetime) -> float:
        """Hours from the start of day 0."""
        return (at - self._start).total_seconds() / 3600

    def hear(self, assessment: Assessment, alerts: list[Alert]) -> None:
        """Keep an assessment and the steps it brought."""
        key = (assessment.node, assessment.product, assessment.hazard.value)
        self._latest[key] = assessment
        self.alerts += alerts
        for alert in alerts:
            if not alert.hazard.is_of_data():
                self.steps.setdefault(key, []).append(_step(alert, self.hour(alert.as_of)))

    def issue(self, hour: int) -> None:
        """Take down what is forecast at an hour of issue."""
        self.issues.append(hour)
        self.assessments.append(dict(self._latest))


class _Registered:
    """One chain, as the registry would hold it."""

    def __init__(self, chain: Chain) -> None:
        self.chains = {chain.id: chain}
        self.series = {s.id: s for s in chain.series}


class _Watch:
    """Detection's scorer, risk's stage and alerting's ledger on a recording, message by message as live."""

    def __init__(self, chain: Chain, rules: RuleSet, lane: Lane, config: Path | None) -> None:
        series = {s.id: s for s in chain.series}
        self._scorer = Scorer(load_watch(config).live(), lambda: series)
        self._unscored: list[Message] = []
        self._stage = Stage({chain.id: chain}, {lane.name: lane}, hastened(rules), chain.id)
        self._ledger = Ledger(Policy(), Chains(_Registered(chain)))
        self._ends: dict[Partition, int] = defaultdict(int)
        self._heard = 0

    def take(self, topic: str, partition: int, value: bytes) -> None:
        """Hand one message to detection and risk."""
        message = self._next(topic, partition, value)
        if topic != CLOCK.name:
            self._unscored.append(message)
        self._stage.take(message)

    def _next(self, topic: str, partition: int, value: bytes) -> Message:
        offset = self._ends[topic, partition]
        self._ends[topic, partition] += 1
        return Message(topic, partition, offset, None, value)

    def judge(self) -> Iterator[tuple[Assessment, list[Alert]]]:
        """Assessments of the ticks since the last call, each with the steps it brought: of its episode, and of alarms about its data."""
        for told in self._scorer.score(self._unscored):
            self._stage.take(self._next(SCORE.name, told.message.partition, _encode(told.message)))
        self._unscored = []
        for assessment in self._stage.judge_ticks():
            self._heard += 1
            yield assessment, self._ledger.hear(assessment, 0, self._heard)
        if self._stage.failed:
            raise InvariantError(
                f"{', '.join(self._stage.failed)}: 研判出错,见上面的日志 judging failed, see the log above"
            )


def play(
    task: Task, chain: Chain, rules: RuleSet, recording: Recording, *, config: Path | None = None, tick_h: int = ISSUE_H
) -> Played:
    """Play a recording through detection, risk and alerting; ticks every ``tick_h`` hours (a divisor of 6). ``config`` is the operator's
    configuration folder, of which the detectors are taken (None: the shipped one).

    The first week of the lead-in brings records only.
    """
    notes = _Notes(recording.start)
    watch = _Watch(chain, rules, recording.lane, config)
    first = recording.first_hour + WARM_UP_H
    for hour, entries in enumerate(recording.hours, recording.first_hour + 1):
        is_due = hour >= first and hour % tick_h == 0
        for topic, partition, value in entries:
            if is_due or TOPICS[topic] != CLOCK.name:
                watch.take(TOPICS[topic], partition, value)
        for assessment, alerts in watch.judge():
            notes.hear(assessment, alerts)
        if hour >= first and hour % ISSUE_H == 0:
            notes.issue(hour)
    judged = {k for each in notes.assessments for k in each}
    ground = ground_of(chain, judged | possible_keys(chain))
    return Played(
        task,
        ground,
        _forecasts(notes, ground, recording),
        notes.steps,
        recording.start,
        float(first),
        float(recording.last_hour),
        rules.version,
        notes.alerts,
        notes.assessments,
    )


def _step(alert: Alert, hour: float) -> Step:
    height = 0 if alert.state is AlertState.CLOSED else rank(alert.level) or 0
    return Step(
        hour, height >= _YELLOW, height, alert.path[0] if alert.path else "", alert.headline_zh, tuple(alert.path)
    )


def _forecasts(notes: _Notes, ground: Ground, recording: Recording) -> Forecasts:
    column = {place: i for i, place in enumerate(recording.places)}
    shape = (len(notes.issues), len(ground.keys))
    probability = np.full((*shape, len(HORIZONS)), np.nan)
    time = np.full((*shape, 3), np.nan)
    low, high = (np.full((*shape, len(STOCK_AHEAD)), np.nan) for _ in range(2))
    observed = np.full(shape, np.nan)
    height = np.full(shape, -1, dtype=np.int64)
    for i, hour in enumerate(notes.issues):
        for j, key in enumerate(ground.keys):
            newest = recording.observed[hour][column[key[:2]]] if key[:2] in column else None
            observed[i, j] = np.nan if newest is None else newest
            given = notes.assessments[i].get(key)
            if given is None or given.level is Level.UNKNOWN:
                continue
            height[i, j] = rank(given.level) or 0
            age = hour - notes.hour(given.as_of)
            probability[i, j] = [given.probability.get(h, np.nan) for h in HORIZONS]
            time[i, j] = _times(given, age)
            low[i, j], high[i, j] = _stock_range(given)
    return Forecasts(
        np.array(notes.issues, dtype=np.float64), probability, time, low, high, observed, height, height < 0
    )


def _times(given: Assessment, age: float) -> list[float]:
    """P10, P50, P90 of hours to the limit from now; NaN for a forecast that gives no interval, infinite for "later"."""
    has_interval = bool(given.probability)
    median = np.inf if given.hours_to_minimum_p50 is None else max(0.0, given.hours_to_minimum_p50 - age)
    if not has_interval:
        return [np.nan, median, np.nan]
    ends = (given.hours_to_minimum_p10, given.hours_to_minimum_p90)
    low, high = (np.inf if x is None else max(0.0, x - age) for x in ends)
    return [low, median, high]


def _stock_range(given: Assessment) -> tuple[list[float], list[float]]:
    """Ends of the 80 % interval of stock over STOCK_AHEAD; NaN from a forecast that gives none."""
    low, high = (getattr(given, name, {}) for name in ("stock_p10", "stock_p90"))
    return [low.get(h, np.nan) for h in STOCK_AHEAD], [high.get(h, np.nan) for h in STOCK_AHEAD]
