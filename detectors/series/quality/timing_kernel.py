"""The loops of :mod:`detectors.series.quality.timing`. One file, so that its compiled form knows when a piece changed."""

from typing import Any

import numpy as np

from detectors.series.compiled import compiled, part
from detectors.series.detector import NEVER_US
from detectors.series.parts import median_of
from detectors.series.quality.kinds import Event, Kind
from detectors.series.quality.reports import UNKNOWN_US

MARKS, WINDOW = 32, 12
_OPENED, _CLOSED = int(Event.OPENED), int(Event.CLOSED)
_SILENCE, _TWICE, _SKEW = int(Kind.SILENCE), int(Kind.DUPLICATE), int(Kind.CLOCK_SKEW)

_NO, _YES, _LATE = 0, 1, 2
_LEAST_LAG_SPREAD_S = 60.0
_SPREADS = 6.0
_PART_OF_CADENCE = 0.05
_IN_STEP = 0.35
"""Share of a cadence by which an arrival may be early or late and still be in step."""
_ONE_GO_US = 1_000_000
"""Rows that arrive within so much came in one go."""
_LONGEST_FADES = 0.98
_LONGER = 1.4

# numbers: warm_up, least_skew_s, silent_cadences
_WARM, _LEAST_SKEW, _CADENCES = 0, 1, 2


@part
def _hash(t: int, bits: int) -> Any:
    mixed = (np.uint64(t) + np.uint64(0x9E3779B97F4A7C15)) ^ (np.uint64(bits) * np.uint64(0xBF58476D1CE4E5B9))
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0x94D049BB133111EB)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0xBF58476D1CE4E5B9)
    return np.uint32((mixed >> np.uint64(32)) | np.uint64(1))


@part
def _cadence(s: Any) -> float:
    """Usual interval of the times observed, in seconds."""
    n = min(s.seen, WINDOW)
    work = np.empty(WINDOW)
    for i in range(n):
        work[i] = s.gaps[i]
    return median_of(work, n) if n > 0 else 0.0


@part
def _lag(s: Any, cadence: float) -> Any:
    """Usual lag from time observed to arrival and its spread, in seconds."""
    n = min(s.seen, WINDOW)
    work = np.empty(WINDOW)
    for i in range(n):
        work[i] = s.lags[i]
    middle = median_of(work, n)
    for i in range(n):
        work[i] = abs(work[i] - middle)
    spread = 1.4826 * median_of(work, n)
    return middle, max(spread, _LEAST_LAG_SPREAD_S, _PART_OF_CADENCE / _SPREADS * cadence)


@part
def _is_twice(s: Any, t: int, mark: Any, moment: Any, arrived: int) -> int:
    """1: the very row was there; 2: another value for its time came in the same go; 3: a revision; 0: new."""
    same_time = False
    for i in range(MARKS):
        if s.moments[i] == moment:
            same_time = True
            if s.marks[i] == mark:
                return 1
    if same_time:
        return 2 if t == s.newest_us and arrived - s.arrived_us < _ONE_GO_US else 3
    return 0


@part
def _keep(s: Any, mark: Any, moment: Any) -> None:
    s.marks[s.rows % MARKS] = mark
    s.moments[s.rows % MARKS] = moment
    s.rows = s.rows + 1 if s.rows < 1_000_000_000 else s.rows - 999_999_936


@part
def _skewed(s: Any, t: int, arrived: int, numbers: Any) -> int:
    """How the clock of a row stands: the event, 0 for a right or late one, -1 when a finding goes on, -2 for one in doubt."""
    cadence = _cadence(s)
    usual, spread = _lag(s, cadence)
    lag = (arrived - t) * 1e-6
    shift, allowed = lag - usual, max(_SPREADS * spread, numbers[_LEAST_SKEW])
    if s.kind == _SKEW:
        s.offset_s = shift if abs(shift - s.offset_s) < allowed else s.offset_s
        if abs(shift) < min(allowed, 0.5 * abs(s.offset_s)):
            return _CLOSED
        return -1
    if abs(shift) < allowed:
        s.in_step = _NO
        return 0
    if lag < min(0.0, usual) - numbers[_LEAST_SKEW] and shift < -allowed:
        s.offset_s, s.since_us = shift, t
        return _OPENED
    is_in_step = _steps_on(s, arrived)
    claimed = (t - s.before_us) * 1e-6 - cadence
    if s.in_step == _YES and is_in_step and abs(shift - s.offset_s) < max(allowed, 0.1 * abs(shift)):
        s.offset_s = shift
        return _OPENED
    if s.in_step == _NO and is_in_step and abs(claimed + shift) < 0.5 * abs(shift):
        s.in_step, s.offset_s, s.since_us = _YES, shift, t
        return -2
    s.in_step = _LATE
    return 0


@part
def _advance(s: Any, t: int, arrived: int) -> None:
    """Learn a row that has the newest time."""
    if s.newest_us != NEVER_US:
        where = s.seen % WINDOW
        s.gaps[where] = (t - s.newest_us) * 1e-6
        s.lags[where] = (arrived - t) * 1e-6
        s.seen = s.seen + 1 if s.seen < 1_000_000_000 else s.seen - 999_999_960
    s.newest_us = t


@part
def _silent_from(s: Any, numbers: Any) -> Any:
    """When a series that has not come since its last arrival counts as silent."""
    cadence = _cadence(s)
    _, spread = _lag(s, cadence)
    patience = max(numbers[_CADENCES] * cadence + _SPREADS * spread, _LONGER * s.longest_s)
    return s.arrived_us + np.int64(patience * 1e6)


@part
def _ended_silence(s: Any, arrived: int, numbers: Any) -> Any:
    """From when on the series was silent before a row arrived; 0 when it was not."""
    if s.seen < numbers[_WARM] or (arrived - s.arrived_us) * 1e-6 <= _LONGER * s.longest_s:
        return np.int64(0)
    since = _silent_from(s, numbers)
    return since if arrived > since else np.int64(0)


@part
def _came(s: Any, arrived: int, was_silent: bool) -> None:
    """Learn how long a series stays away; one silence does not teach that silence is usual."""
    if s.arrived_us != NEVER_US and arrived > s.arrived_us:
        away = min((arrived - s.arrived_us) * 1e-6, 3.0 * max(_cadence(s), s.longest_s)) if s.seen > 0 else 0.0
        s.longest_s = max(_LONGEST_FADES * s.longest_s, 0.0 if was_silent else away)
    s.arrived_us = max(s.arrived_us, arrived)


@part
def _steps_on(s: Any, arrived: int) -> bool:
    """True for a row that arrives when the next is due."""
    cadence = _cadence(s)
    return bool(abs((arrived - s.arrived_us) * 1e-6 - cadence) < _IN_STEP * cadence)


@part
def _stands(s: Any, t: int, arrived: int, is_known: bool, numbers: Any) -> int:
    """Event of the clock of a row, as ``_skewed``; series that are young or whose arrivals are not known tell nothing."""
    if not is_known or s.seen < numbers[_WARM]:
        return 0
    event = _skewed(s, t, arrived, numbers)
    if event == _OPENED:
        s.kind = _SKEW
    return event


@compiled
def judge_rows(
    state: Any, slots: Any, times: Any, arrivals: Any, values: Any, numbers: Any,
    kinds: Any, events: Any, since: Any, evidence: Any, shifts: Any, is_new: Any, is_late: Any, silent: Any, missed: Any, due: Any,
) -> None:  # fmt: skip
    """Judge and learn rows in order; fills the columns from ``kinds`` on. ``silent``: from when on a silence that the row ends and that nobody told
    should have been told, 0 where there is none; ``missed`` cadences by then, and when the first missing report was due."""
    bits = values.view(np.int64)
    for i in range(len(slots)):
        s = state[slots[i]]
        t, is_known = times[i], arrivals[i] != UNKNOWN_US
        arrived = arrivals[i] if is_known else t
        mark, moment = _hash(t, bits[i]), _hash(t, 0)
        twice = _is_twice(s, t, mark, moment, arrived)
        if twice in (1, 2):
            s.twice += 1
            s.since_us = t if s.twice == 1 and s.kind == 0 else s.since_us
            kinds[i], events[i] = _TWICE, (_OPENED if s.twice == 1 else 0)
            since[i], evidence[i] = t, s.twice
            if s.twice == 1 and _steps_on(s, arrived):
                # Told again just when the next row is due: perhaps a clock that stands back by a whole step.
                _stands(s, t, arrived, is_known, numbers)
                s.before_us, s.arrived_us = t, arrived
            continue
        s.twice = 0
        _keep(s, mark, moment)
        ended = _ended_silence(s, arrived, numbers)
        was_silent = ended > 0 or s.is_silent == 1
        if ended > 0 and s.is_silent == 0:
            cadence = max(_cadence(s), 1e-6)
            silent[i], missed[i] = ended, (ended - s.arrived_us) * 1e-6 / cadence
            due[i] = s.newest_us + np.int64(cadence * 1e6)
        event = _stands(s, t, arrived, is_known, numbers)
        moved = np.int64(s.offset_s * 1e6) if s.kind == _SKEW and event != _CLOSED else np.int64(0)
        if s.kind == _SKEW:
            kinds[i], events[i], since[i] = _SKEW, max(event, 0), s.since_us
            evidence[i], shifts[i] = -s.offset_s / 3600.0, moved
            s.kind = 0 if event == _CLOSED else s.kind
        elif was_silent:
            kinds[i], events[i], since[i] = _SILENCE, _CLOSED, s.newest_us + np.int64(_cadence(s) * 1e6)
            evidence[i] = (t - s.newest_us) * 1e-6 / max(_cadence(s), 1e-6)
        _came(s, arrived, was_silent)
        s.is_silent, s.before_us = 0, t
        if t + moved > s.newest_us and event != -2:
            _advance(s, t + moved, arrived)
            is_new[i] = np.isfinite(values[i])
        elif event != -2:
            is_late[i] = np.isfinite(values[i])


@compiled
def find_silent(state: Any, slots: Any, now_us: int, numbers: Any, silent: Any, missed: Any, due: Any) -> None:
    """Fill since when each of these slots is silent (0: it is not, or was told), cadences missed then, and when it was due; mark it as told."""
    for i in range(len(slots)):
        s = state[slots[i]]
        if s.is_silent or s.seen < numbers[_WARM]:
            continue
        since = _silent_from(s, numbers)
        if now_us > since:
            s.is_silent = 1
            cadence = max(_cadence(s), 1e-6)
            silent[i], missed[i] = since, (since - s.arrived_us) * 1e-6 / cadence
            due[i] = s.newest_us + np.int64(cadence * 1e6)
