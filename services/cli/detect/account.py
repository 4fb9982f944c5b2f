"""What is told of each series in the end: its alarms with reasons, its strongest moment, the defects of its data."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from msgspec import Struct

from detectors.series.detector import Integers
from detectors.series.quality.kinds import Kind, Nature
from detectors.series.quality.ledger import Finding
from services.cli.detect.judging import Judged
from services.cli.detect.table import Table

_CALM = 0.05
"""As ``BudgetSettings.calm_p``."""
_MOMENTS, _APART, _SOON = 4, 24, 24


class Moment(Struct, frozen=True):
    """A row, the value expected of it by the detector that brought most evidence, and who contributed. ``row`` numbers the rows of the table."""

    row: int
    time_us: int
    line: int
    value: float
    expected: float
    low: float
    high: float
    p: float
    contributed: tuple[str, ...]

    @property
    def is_inside(self) -> bool:
        """The value by itself is nothing special: it lies within the band."""
        return bool(self.low <= self.value <= self.high)


class Alarm(Struct, frozen=True):
    """An episode: the row that alarmed, the strongest, the time of the last unusual one (None: it goes on at the end of the file), how many rows."""

    begin: Moment
    strongest: Moment
    until_us: int | None
    rows: int


class Account(Struct, frozen=True):
    """One series. ``unjudged``: rows read but not judged, by number of the kind of defect told when they came (0: none). ``moments``: the least
    likely rows, strongest first, each well apart from the others; those that did not alarm too.
    """

    slot: int
    name: str
    nature: Nature
    cadence_us: int
    rows: int
    judged: int
    unjudged: dict[str, int]
    alarms: tuple[Alarm, ...]
    moments: tuple[Moment, ...]
    defects: tuple[Finding, ...]

    @property
    def strongest(self) -> Moment | None:
        """The least likely row of all, None when none was judged."""
        return self.moments[0] if self.moments else None

    @property
    def below(self) -> tuple[Moment, ...]:
        """Moments that are no part of an alarm."""
        last = np.iinfo(np.int64).max
        spans = [(a.begin.time_us, last if a.until_us is None else a.until_us) for a in self.alarms]
        return tuple(m for m in self.moments if not any(begin <= m.time_us <= end for begin, end in spans))

    @property
    def is_quiet(self) -> bool:
        """Nothing is to be told."""
        return not self.alarms and not self.defects


def accounts(table: Table, judged: Judged) -> list[Account]:
    """One for each series, in the order of the file."""
    return [_account(table, judged, slot) for slot in range(len(table.series))]


def moment_at(table: Table, judged: Judged, row: int) -> Moment:
    """What was said of a row."""
    share, expected = judged.share[row], judged.expected[row]
    told = [d for d in np.argsort(-share, kind="stable").tolist() if np.isfinite(expected[d])]
    best = told[0] if told else 0
    by_share = np.argsort(-share, kind="stable").tolist()
    names = tuple(judged.names[d] for d in by_share if share[d] >= 0.1)  # as Vote.contributed
    return Moment(
        row, int(table.times_us[row]), int(table.lines[row]), float(judged.used[row]), float(expected[best]),
        float(judged.low[row, best]), float(judged.high[row, best]), float(judged.p[row]), names,
    )  # fmt: skip


def _account(table: Table, judged: Judged, slot: int) -> Account:
    rows = table.rows_of(slot)
    heard = rows[np.isfinite(judged.p[rows])]
    moments = tuple(moment_at(table, judged, row) for row in _strongest(judged, heard))
    defects = _gathered([f for f in judged.findings if f.slot == slot], judged.cadence_us[slot])
    is_left = ~np.isfinite(judged.used[rows])
    why = Counter(int(k) for k in judged.defect[rows[is_left]])
    unjudged = {str(kind): count for kind, count in sorted(why.items())}
    return Account(
        slot, table.series[slot], judged.natures[slot], judged.cadence_us[slot], len(rows), int((~is_left).sum()), unjudged,
        tuple(_alarms(table, judged, heard)), moments, tuple(defects),
    )  # fmt: skip


def _strongest(judged: Judged, rows: Integers) -> Iterator[int]:
    """The least likely rows, none within ``_APART`` rows of another."""
    p = judged.p[rows].copy()
    for _ in range(_MOMENTS):
        if not np.isfinite(p).any():
            return
        best = int(np.nanargmin(p))
        yield int(rows[best])
        p[max(best - _APART, 0) : best + _APART + 1] = np.nan


def _gathered(findings: Sequence[Finding], cadence_us: int) -> list[Finding]:
    """Rows told twice one soon after the other are one finding; its evidence counts them."""
    made: list[Finding] = []
    for f in findings:
        last = made[-1] if made else None
        if (
            last is None
            or f.kind is not Kind.DUPLICATE
            or last.kind is not Kind.DUPLICATE
            or f.since_us - (last.until_us or last.since_us) > _SOON * cadence_us
        ):
            made.append(f)
        else:
            made[-1] = replace(last, evidence=last.evidence + f.evidence, until_us=f.until_us)
    return made


def _alarms(table: Table, judged: Judged, rows: Integers) -> Iterator[Alarm]:
    """Episodes from the row that alarmed to the last unusual one."""
    starts = np.flatnonzero(judged.is_alarm[rows]).tolist()
    for n, start in enumerate(starts):
        limit = starts[n + 1] if n + 1 < len(starts) else len(rows)
        closed = np.flatnonzero(~judged.is_open[rows[start:limit]])
        end = start + int(closed[0]) if len(closed) else limit
        mine = rows[start:end]
        last = int(np.flatnonzero(judged.p[mine] <= _CALM)[-1])
        goes_on = end == len(rows)
        strongest = int(mine[np.argmin(judged.p[mine])])
        yield Alarm(
            moment_at(table, judged, int(mine[0])), moment_at(table, judged, strongest),
            None if goes_on else int(table.times_us[mine[last]]), last + 1,
        )  # fmt: skip
