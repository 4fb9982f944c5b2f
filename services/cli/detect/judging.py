"""A table judged row after row: data quality first, then the bank on what can be trusted, then calibration, vote and budget."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from detectors.series.bank import Bank
from detectors.series.calibration.budget import BudgetSettings
from detectors.series.calibration.calibrator import PoolReport
from detectors.series.calibration.panel import VOTE, Panel
from detectors.series.cover_trend import CoverTrend
from detectors.series.detector import Detector, Floats, Integers, Truths
from detectors.series.quality.kinds import Kind, Nature
from detectors.series.quality.ledger import Finding, Ledger
from detectors.series.quality.reports import UNKNOWN_US, Reports
from detectors.series.quality.watch import Watch, Watched, is_wrong
from services.cli.detect.table import Table

_BATCH = 4096
_ASKED_AFTER = (3, 6, 12, 24, 48)
"""Cadences into a gap at which it is asked who is silent."""
_FAR_OFF_BUDGET = 1e6


@dataclass(frozen=True)
class Judged:
    """One entry per row of the table; two axes: rows by detectors in the order of ``names``.

    ``used``: the value that was judged (corrected where a correction is known), NaN where the row was not judged. ``defect``: Kind told of the row
    when it came. ``expected``, ``low``, ``high`` by detector; ``p_value`` by detector, calibrated; ``p`` of the vote; ``share`` of the evidence.
    ``findings``: defects as they stood at the end, none that was taken back. ``pool_of``: the pool of each series; ``pools``: what the vote stands on
    in each.
    """

    names: tuple[str, ...]
    natures: tuple[Nature, ...]
    alpha: float
    used: Floats
    defect: NDArray[np.int8]
    p_value: Floats
    expected: Floats
    low: Floats
    high: Floats
    p: Floats
    share: Floats
    is_alarm: Truths
    is_open: Truths
    findings: tuple[Finding, ...]
    cadence_us: tuple[int, ...]
    pool_of: tuple[int, ...]
    pools: tuple[PoolReport, ...] = ()


def judge_table(
    table: Table,
    natures: Sequence[Nature],
    detectors: Sequence[Detector],
    alpha: float,
    *,
    is_budgeted: bool,
    on_rows: Callable[[int], None] = lambda rows: None,
    known_us: Integers | None = None,
) -> Judged:
    """Judge all rows in their order. ``is_budgeted``: the alarm budget of the live service holds too, else ``alpha`` alone. ``known_us``: when each
    row arrived, in this order; without it rows stand in order of time, and gaps are asked for silence.
    """
    cadence_us = tuple(_cadence(table.times_us[table.rows_of(slot)]) for slot in range(len(table.series)))
    judge = _Judge(table, natures, detectors, alpha, cadence_us, known_us, is_budgeted=is_budgeted)
    for first, last, ask_us in _plain(len(table)) if known_us is not None else _batches(table, cadence_us):
        judge.take(first, last)
        if ask_us is not None:
            judge.ask(ask_us)
        on_rows(last - first)
    return judge.done()


class _Judge:
    def __init__(
        self,
        table: Table,
        natures: Sequence[Nature],
        detectors: Sequence[Detector],
        alpha: float,
        cadence_us: tuple[int, ...],
        known_us: Integers | None,
        *,
        is_budgeted: bool,
    ) -> None:
        series, rows = len(table.series), len(table)
        self._table, self._bank = table, Bank(detectors)
        self._known_us = np.full(rows, UNKNOWN_US) if known_us is None else known_us
        names = tuple(d.name for d in detectors)
        budget = BudgetSettings(most_alpha=alpha) if is_budgeted else BudgetSettings(_FAR_OFF_BUDGET, most_alpha=alpha)
        self._panel = Panel(names, budget=budget)
        self._watch = Watch(np.array([int(n) for n in natures], np.int8), np.full(series, np.nan))
        self._ledger = Ledger()
        self._found: dict[tuple[int, int, int], Finding] = {}
        self._pools = _pools(natures, cadence_us)
        self._has_limit = np.array([n in (Nature.STOCK, Nature.OTHER) for n in natures], np.bool_)
        self._bank.grow(series)
        self._panel.grow(series, int(self._pools.max()) + 1)
        wide = [np.full((rows, len(names)), np.nan) for _ in range(4)]
        self._made = Judged(
            names=names,
            natures=tuple(natures),
            alpha=alpha,
            used=np.full(rows, np.nan),
            defect=np.zeros(rows, np.int8),
            p_value=wide[0],
            expected=wide[1],
            low=wide[2],
            high=wide[3],
            p=np.full(rows, np.nan),
            share=np.zeros((rows, len(names))),
            is_alarm=np.zeros(rows, np.bool_),
            is_open=np.zeros(rows, np.bool_),
            findings=(),
            cadence_us=cadence_us,
            pool_of=tuple(self._pools.tolist()),
        )

    def take(self, first: int, last: int) -> None:
        """Rows [first, last) of the table."""
        table, made = self._table, self._made
        here = slice(first, last)
        slots, known = table.slots[here], self._known_us[here]
        watched = self._watch.take(Reports(slots, table.times_us[here], known, table.values[here]))
        self._hear(self._ledger.take(watched))
        made.defect[here] = _defect(watched)
        trusted = np.flatnonzero(watched.is_trusted)
        slots, times, values = slots[trusted], watched.times_us[trusted], watched.values[trusted]
        said = self._bank.judge(slots, times, values)
        at = np.flatnonzero(said.is_taken)
        rows = first + trusted[at]
        made.used[rows] = values[at]
        columns = [said.scored[name] for name in made.names]
        for kept, name in ((made.expected, "expected"), (made.low, "low"), (made.high, "high")):
            kept[rows] = np.stack([getattr(c, name)[at] for c in columns], axis=1)
        statistic = np.stack([c.statistic[at] for c in columns], axis=1)
        for d, name in enumerate(made.names):
            if name == CoverTrend.name:  # as in the catalogue: only a stock has a limit to run down to
                statistic[~self._has_limit[slots[at]], d] = np.nan
        own = np.stack([c.p_value[at] for c in columns], axis=1)
        heard = np.maximum(known[trusted[at]], times[at])
        verdict = self._panel.judge(self._pools[slots[at]], slots[at], heard, statistic, own)
        made.p_value[rows], made.p[rows], made.share[rows] = verdict.p_value, verdict.p, verdict.vote.share
        made.is_alarm[rows], made.is_open[rows] = verdict.decisions.is_alarm, verdict.decisions.is_open

    def ask(self, now_us: int) -> None:
        """Who is silent by now?"""
        self._hear(self._ledger.overdue(*self._watch.overdue(now_us)))

    def done(self) -> Judged:
        """All that was judged."""
        standing = [self._whole(f) for f in self._found.values() if f.counts]
        ordered = tuple(sorted(standing, key=lambda f: (f.slot, f.since_us)))
        pools = tuple(self._panel.report(VOTE, k) for k in range(int(self._pools.max()) + 1))
        return replace(self._made, findings=ordered, pools=pools)

    def _whole(self, f: Finding) -> Finding:
        """A silence was told while it had just begun; its evidence is how long it lasted."""
        cadence = self._made.cadence_us[f.slot]
        if f.kind is not Kind.SILENCE or cadence <= 0:
            return f
        end = f.until_us if f.until_us is not None else int(self._table.times_us[-1])
        return replace(f, evidence=max(f.evidence, (end - f.since_us) / cadence))

    def _hear(self, findings: list[Finding]) -> None:
        for f in findings:
            self._found[f.slot, f.since_us, f.found_us] = f


def _defect(watched: Watched) -> NDArray[np.int8]:
    """The kind told of each row, of several the first in the order of the watch; rows that end a finding are right."""
    told = np.zeros(len(watched.values), np.int8)
    for table in (watched.timing, watched.scale, watched.repeat):
        told = np.where((told == int(Kind.NONE)) & is_wrong(table), table.kind, told)
    return told.astype(np.int8)


def _cadence(times_us: Integers) -> int:
    steps = np.diff(np.unique(times_us))
    return int(np.median(steps)) if len(steps) else 0


def _pools(natures: Sequence[Nature], cadence_us: tuple[int, ...]) -> Integers:
    """Series of one nature and of like cadence (within about a third) share a pool."""
    keys = [(int(n), round(np.log(max(c, 1)) / np.log(1.5))) for n, c in zip(natures, cadence_us, strict=True)]
    number = {key: i for i, key in enumerate(dict.fromkeys(keys))}
    return np.array([number[key] for key in keys], np.int64)


def _batches(table: Table, cadence_us: tuple[int, ...]) -> Iterator[tuple[int, int, int | None]]:
    """First and last row of each batch, and the time at which it is asked who is silent before the next (None: not asked)."""
    asked = sorted({t for slot in range(len(table.series)) for t in _asked(table, slot, cadence_us[slot])})
    first = 0
    for ask_us in [*asked, None]:
        until = len(table) if ask_us is None else int(np.searchsorted(table.times_us, ask_us, side="left"))
        while until - first > _BATCH:
            yield first, first + _BATCH, None
            first += _BATCH
        if until > first or ask_us is not None:
            yield first, until, ask_us
        first = until


def _plain(rows: int) -> Iterator[tuple[int, int, int | None]]:
    """Batches of rows alone."""
    for first in range(0, rows, _BATCH):
        yield first, min(first + _BATCH, rows), None


def _asked(table: Table, slot: int, cadence_us: int) -> Iterator[int]:
    """Moments inside the gaps of a series, and at the end of the file for one that ends before the others."""
    times = table.times_us[table.rows_of(slot)]
    if cadence_us <= 0 or not len(times):
        return
    ends = np.append(times[1:], table.times_us[-1] + 1)
    for begin, end in zip(times[ends - times > 2 * cadence_us], ends[ends - times > 2 * cadence_us], strict=True):
        yield from (int(begin) + k * cadence_us for k in _ASKED_AFTER if int(begin) + k * cadence_us < end)
