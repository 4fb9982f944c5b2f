"""How well warnings foretold the onsets of a table: plain rules on the file, and the alert episodes of the stream."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
from msgspec import Struct

from detectors.series.onsets import (
    Days,
    Flags,
    OnsetRule,
    Outcome,
    below,
    carried_forward,
    judged,
    together,
    trend_reaches,
    wilson,
)
from schemas.level import Level, rank
from services.runtime.clock import from_us
from services.runtime.errors import InputError

if TYPE_CHECKING:
    from services.intake.history.loading import History
    from services.runtime.settings import Settings

_STEPS = """
SELECT node, episode, level, state, as_of FROM alert
WHERE lane = %s AND hazard = 'starved' ORDER BY node, episode, sequence
"""
_WARNING_RANK = rank(Level.YELLOW)


class Step(Struct, frozen=True):
    """One step of an episode: node, episode, level reached, whether it closed it, lane time."""

    node: str
    episode: str
    level: Level
    is_closing: bool
    as_of: datetime

    def is_warning(self) -> bool:
        """True at yellow or above; unknown and closed are none."""
        place = rank(self.level)
        return not self.is_closing and place is not None and _WARNING_RANK is not None and place >= _WARNING_RANK


class Result(Struct, frozen=True, kw_only=True):
    """One line of the table. ``is_target`` marks the line that the targets apply to."""

    name_zh: str
    name_en: str
    outcome: Outcome
    is_target: bool = False

    def figures(self) -> dict[str, object]:
        """As one JSON object; shares from 0 to 1, leads in days."""
        o = self.outcome
        return {
            "name": self.name_en,
            "onsets": o.onsets,
            "foretold": o.foretold,
            "jumps": o.jumps,
            "warnings": o.warnings,
            "hits": o.hits,
            "recall": _plain(o.recall),
            "recall_interval": [_plain(x) for x in wilson(o.foretold, o.onsets)],
            "precision": _plain(o.precision),
            "precision_interval": [_plain(x) for x in wilson(o.hits, o.warnings)],
            "median_lead_days": _plain(o.median_lead_days),
            "false_per_plant_year": _plain(o.false_per_year),
            "plant_years": round(o.known_days / 365.25, 2),
            "is_target": self.is_target,
        }


def _plain(value: float) -> float | None:
    return None if np.isnan(value) else round(value, 4)


class Skill:
    """Onsets of one table. Raises InputError when its mapping names no stock and norm to score by."""

    def __init__(self, history: "History") -> None:
        scoring = history.mapping.scoring
        if scoring is None:
            raise InputError(
                f"{history.mapping.file}: 缺少 scoring（stock 与 norm）/ the mapping has no scoring: with stock and norm"
            )
        self._rule = OnsetRule(critical=scoring.critical_share, jump=scoring.jump_share)
        self._zone = ZoneInfo(history.mapping.date.zone)
        self._lag = history.mapping.publication_lag
        self._first, self._length = self._days(history)
        self._ratios = self._read(history, scoring.stock, scoring.norm)

    def of_rules(self) -> list[Result]:
        """The plain rules, on every day of the file."""
        rule = self._rule
        return [
            self._result(
                "库存 < 30 % 定额", "stock < 30 % of norm", {n: below(r, 0.30) for n, r in self._ratios.items()}
            ),
            self._trend("7 日趋势 5 日内到 25 %，且 < 40 %", "7-day trend reaches 25 % in 5 d, < 40 %", rule, 5, 0.4),
            self._trend("7 日趋势 7 日内到 25 %，且 < 50 %", "7-day trend reaches 25 % in 7 d, < 50 %", rule, 7, 0.5),
        ]

    def of_stream(self, steps: list[Step]) -> list[Result]:
        """The episodes of the stream: each opening one warning (the targets' line), every day it stood, and openings by the day of publication."""
        opened = self._flags(self._openings(steps), self._lag)
        standing = self._flags(self._standing(steps), self._lag)
        published = self._flags(self._openings(steps), timedelta(0))
        return [
            self._result("本系统：每次预警", "stream: each episode", opened, is_target=True),
            self._result("本系统：预警期间逐日", "stream: each day at yellow or above", standing),
            self._result("本系统：按发布日计", "stream: each episode, from publication", published),
        ]

    def _days(self, history: "History") -> tuple[date, int]:
        days = {from_us(o.observed_us).astimezone(self._zone).date() for o in history.reading.observations}
        return min(days), (max(days) - min(days)).days + 1

    def _read(self, history: "History", stock: str, norm: str) -> dict[str, Days]:
        series = {s.id: (s.indicator, s.node) for s in history.chain.series if s.indicator in (stock, norm)}
        grid: dict[tuple[str, str], Days] = defaultdict(lambda: np.full(self._length, np.nan))
        for row in history.reading.observations:
            if row.series in series:
                day = self._index(from_us(row.observed_us))
                grid[series[row.series]][day] = row.value
        nodes = sorted({node for _, node in grid})
        return {n: self._ratio(grid[(stock, n)], grid[(norm, n)]) for n in nodes}

    def _ratio(self, stock: Days, norm: Days) -> Days:
        has_norm = norm > 0
        ratio = np.where(has_norm, stock / np.where(has_norm, norm, 1.0), np.nan)
        return carried_forward(ratio, self._rule.carried_days)

    def _index(self, moment: datetime) -> int:
        return (moment.astimezone(self._zone).date() - self._first).days

    def _trend(self, zh: str, en: str, rule: OnsetRule, within: float, ceiling: float) -> Result:
        flags = {
            node: trend_reaches(ratio, rule, trend_days=7, within_days=within, ceiling=ceiling)
            for node, ratio in self._ratios.items()
        }
        return self._result(zh, en, flags)

    def _result(self, zh: str, en: str, flags: dict[str, Flags], *, is_target: bool = False) -> Result:
        nothing = np.zeros(self._length, dtype=np.bool_)
        outcomes = [judged(ratio, flags.get(node, nothing), self._rule) for node, ratio in self._ratios.items()]
        return Result(name_zh=zh, name_en=en, outcome=together(outcomes), is_target=is_target)

    def _openings(self, steps: list[Step]) -> list[tuple[str, datetime, datetime]]:
        first: dict[tuple[str, str], datetime] = {}
        for step in steps:
            if step.is_warning():
                first.setdefault((step.node, step.episode), step.as_of)
        return [(node, at, at) for (node, _), at in first.items()]

    def _standing(self, steps: list[Step]) -> list[tuple[str, datetime, datetime]]:
        """Spells at yellow or above: from the step that reached it to just before the step that left it, or to the end of the table."""
        end = datetime.combine(self._first, datetime.min.time(), self._zone) + timedelta(days=self._length) + self._lag
        spells: list[tuple[str, datetime, datetime]] = []
        began: dict[tuple[str, str], datetime] = {}
        for step in steps:
            key = (step.node, step.episode)
            if step.is_warning():
                began.setdefault(key, step.as_of)
            elif key in began:
                start = began.pop(key)
                spells.append((step.node, start, max(start, step.as_of - timedelta(days=1))))
        return spells + [(node, start, end) for (node, _), start in began.items()]

    def _flags(self, spells: Iterable[tuple[str, datetime, datetime]], lag: timedelta) -> dict[str, Flags]:
        flags: dict[str, Flags] = defaultdict(lambda: np.zeros(self._length, dtype=np.bool_))
        for node, start, end in spells:
            low, high = self._index(start - lag), self._index(end - lag)
            flags[node][max(0, low) : max(0, high + 1)] = True
        return dict(flags)


def read_steps(settings: "Settings", lane: str) -> list[Step]:
    """Every step of the lane's episodes of shortage, in order. Raises UnreachableError."""
    from services.runtime.database import connect

    with connect(settings.database_url, application="score", autocommit=True) as connection:
        rows = connection.execute(_STEPS, (lane,)).fetchall()
    return [_step(*row) for row in rows]


def _step(node: object, episode: object, level: object, state: object, as_of: object) -> Step:
    if not isinstance(as_of, datetime):
        raise TypeError(f"as_of {as_of!r} is no time")
    return Step(str(node), str(episode), Level(str(level)), str(state) == "closed", as_of)
