"""One scenario played through the path: what was forecast and what was warned of, hour by hour, and nothing of the truth."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path as FilePath

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from schemas.alert import Alert, AlertState
from schemas.assessment import Assessment
from schemas.chain import Chain
from schemas.level import Level, rank
from services.cli.backtest.skill.ground import Ground, Key, ground_of, possible_keys
from services.cli.backtest.skill.task import Task, scenario_of
from services.cli.backtest.skill.wire import Path
from services.intake.rows import Rows
from services.intake.scenario.player import Player, Progress
from services.intake.scenario.scenario import Scenario
from services.risk.rules import RuleSet
from services.runtime.clock import WallClock

ISSUE_H = 6
WARM_UP_H = 168
HORIZONS = ("24", "72", "168", "336", "720")
STOCK_AHEAD = ("24", "72", "168")
_YELLOW = 2

Floats = npt.NDArray[np.float64]


class Forecasts(Struct, frozen=True):
    """Arrays issues × accounts (and a last axis where stated). NaN: not given, or the state was unknown. Hours infinite: later than the horizon.

    ``probability`` over HORIZONS, ``time`` P10, P50, P90 of hours to the limit, ``low`` and ``high`` of stock over STOCK_AHEAD,
    ``observed`` newest stock as published, ``is_unknown``.
    """

    issued: Floats
    probability: Floats
    time: Floats
    low: Floats
    high: Floats
    observed: Floats
    is_unknown: npt.NDArray[np.bool_]


class Step(Struct, frozen=True):
    """One step of an episode: hour, whether it is a warning (yellow or above), height of its level, the node it named as cause, and its words."""

    hour: float
    is_warning: bool
    height: int
    cause: str
    headline: str


class Played(Struct, frozen=True):
    """What a scenario brought. Hours count from the scenario's day 0; judged from ``from_h`` to ``until_h``."""

    task: Task
    ground: Ground
    forecasts: Forecasts
    steps: dict[Key, list[Step]]
    month: int
    from_h: float
    until_h: float
    rules_version: str


class _Notes:
    """Remembers what is judged while the play runs."""

    def __init__(self, chain: Chain, scenario: Scenario) -> None:
        self._start = scenario.start.astimezone(UTC)
        self._stock_of = {s.id: (s.node, s.product) for s in chain.series if s.indicator == "stock"}
        self._newest: dict[tuple[str, str], tuple[int, float]] = {}
        self._latest: dict[Key, Assessment] = {}
        self.issues: list[float] = []
        self.assessments: list[dict[Key, Assessment]] = []
        self.observed: list[dict[tuple[str, str], float]] = []
        self.steps: dict[Key, list[Step]] = {}

    def hour(self, at: datetime) -> float:
        """Hours from the start of day 0."""
        return (at - self._start).total_seconds() / 3600

    def see(self, rows: Rows) -> None:
        """Keep the newest published stocks."""
        for series, observed, value in zip(rows.series, rows.observed_us, rows.value, strict=True):
            place = self._stock_of.get(series)
            if place is not None and observed >= self._newest.get(place, (0, 0.0))[0]:
                self._newest[place] = (observed, value)

    def hear(self, assessment: Assessment, alert: Alert | None) -> None:
        """Keep an assessment and the step it brought."""
        key = (assessment.node, assessment.product, assessment.hazard.value)
        self._latest[key] = assessment
        if alert is not None:
            self.steps.setdefault(key, []).append(_step(alert, self.hour(alert.as_of)))

    def issue(self, hour: float) -> None:
        """Take down what is forecast at an hour of issue."""
        self.issues.append(hour)
        self.assessments.append(dict(self._latest))
        self.observed.append({place: value for place, (_, value) in self._newest.items()})


def play(
    task: Task,
    chain: Chain,
    rules: RuleSet,
    config: FilePath | None,
    *,
    tick_h: int = ISSUE_H,
    on_day: Callable[[], None] = lambda: None,
) -> Played:
    """Play one task; ticks every ``tick_h`` hours (a divisor of 6). The first week of the lead-in brings records only.

    Raises ConfigurationError when the scenario does not exist or does not fit.
    """
    scenario = scenario_of(task, chain, config)
    notes = _Notes(chain, scenario)
    first = scenario.first_hour + WARM_UP_H

    def is_due(at: datetime) -> bool:
        hour = round(notes.hour(at))
        return hour >= first and hour % tick_h == 0

    path = Path(chain, rules, is_due, notes.see)
    player = Player(
        path,
        WallClock(),
        chain,
        scenario,
        lane=f"replay:{task.scenario}-{task.seed}",
        seed=task.seed,
        mismatch=task.mismatch,
    )

    def on_hour(progress: Progress) -> None:
        for assessment, alert in path.judge():
            notes.hear(assessment, alert)
        if progress.hour >= first and progress.hour % ISSUE_H == 0:
            notes.issue(float(progress.hour))
        if progress.hour % 24 == 0:
            on_day()

    player.play(wait=lambda _: False, on_hour=on_hour)
    judged = {k for each in notes.assessments for k in each}
    ground = ground_of(chain, judged | possible_keys(chain))
    return Played(
        task,
        ground,
        _forecasts(notes, ground),
        notes.steps,
        scenario.start.month,
        float(first),
        float(scenario.last_hour),
        rules.version,
    )


def _step(alert: Alert, hour: float) -> Step:
    height = 0 if alert.state is AlertState.CLOSED else rank(alert.level) or 0
    return Step(hour, height >= _YELLOW, height, alert.path[0] if alert.path else "", alert.headline_zh)


def _forecasts(notes: _Notes, ground: Ground) -> Forecasts:
    shape = (len(notes.issues), len(ground.keys))
    probability = np.full((*shape, len(HORIZONS)), np.nan)
    time = np.full((*shape, 3), np.nan)
    low, high = (np.full((*shape, len(STOCK_AHEAD)), np.nan) for _ in range(2))
    observed = np.full(shape, np.nan)
    is_unknown = np.ones(shape, dtype=bool)
    for i, hour in enumerate(notes.issues):
        for j, key in enumerate(ground.keys):
            observed[i, j] = notes.observed[i].get(key[:2], np.nan)
            given = notes.assessments[i].get(key)
            if given is None or given.level is Level.UNKNOWN:
                continue
            is_unknown[i, j] = False
            age = hour - notes.hour(given.as_of)
            probability[i, j] = [given.probability.get(h, np.nan) for h in HORIZONS]
            time[i, j] = _times(given, age)
            low[i, j], high[i, j] = _stock_range(given)
    return Forecasts(np.array(notes.issues), probability, time, low, high, observed, is_unknown)


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
