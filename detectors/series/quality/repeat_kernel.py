"""The loop over rows of :mod:`detectors.series.quality.repeat`. One file, so that its compiled form knows when a piece changed."""

from typing import Any

import numpy as np

from detectors.series.compiled import compiled, part
from detectors.series.quality.kinds import Event, Kind, Nature

RING = 200
_OPENED, _CLOSED = int(Event.OPENED), int(Event.CLOSED)
_STUCK, _FROZEN, _COPY = int(Kind.STUCK), int(Kind.FROZEN_QUOTE), int(Kind.STALE_COPY)
_PRICE, _STOCK, _CATEGORY = int(Nature.PRICE), int(Nature.STOCK), int(Nature.CATEGORY)

_LEAST_RUN = 3
"""Repeats, whatever the chance."""
_LEAST_COPY = 4
_LEAST_MOVE = 0.003
"""Share of itself by which a stock must have had cause to move."""
_MEMORY = 400.0
"""Rows after which what was learnt counts half."""
_REMNANT, _FADES = 0.03, 0.999
_COARSE = 0.4
"""Chance of a repeat when a usual step is one grain of rounding."""
_LAPS = 2.0
"""A run is too long when it is so many times as long as the longest that was normal."""

# numbers: warm_up, stuck_chance, copied_chance
_WARM, _STUCK_CHANCE, _COPY_CHANCE = range(3)


@part
def _fingerprint(x: float) -> Any:
    """16 bits of a value, 0 never."""
    mantissa = np.int64(x * 1e6) if abs(x) < 1e12 else np.int64(x)
    mixed = (np.uint64(mantissa) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(48)
    return np.uint16(mixed if mixed != 0 else 1)


@part
def _is_remnant(s: Any, x: float) -> bool:
    """True for nothing, and for so little of what there once was that it repeats by rounding."""
    return bool(abs(x) <= _REMNANT * s.high)


@part
def _step(s: Any, x: float) -> None:
    """Learn the smallest step and the usual one, as a share: values that fell to a few grains repeat by rounding."""
    step = abs(x - s.last)
    s.grain = np.float32(step if s.grain == 0 else min(step, 1.02 * s.grain))
    if s.last != 0:
        s.swing += np.float32(0.1) * np.float32(min(step / abs(s.last), 1.0) - s.swing)


@part
def _tie(s: Any, x: float, t: int, nature: int, moved: float, numbers: Any) -> bool:
    """Count the run of equal values; true when it is longer than chance allows."""
    if x != s.last:
        if s.run > 0 and s.kind not in (_STUCK, _FROZEN):
            s.longest = max(s.longest, np.float32(s.run))
        s.longest *= np.float32(0.99)
        s.run = 0
        _step(s, x)
        s.moves += np.float32(1.0)
        s.run_us = t
        return False
    if s.run == 0:
        s.run_us = s.last_us
    s.run += 1
    learnt = (s.ties + 0.5) / (s.ties + s.moves + 6.0)
    chance = max(learnt, min(_COARSE * s.grain / max(s.swing * abs(x), 1e-30), 0.9))
    if _is_remnant(s, x) or s.seen < numbers[_WARM] or s.run < _LEAST_RUN or s.moves < 3:
        return False
    if nature == _STOCK and moved < _LEAST_MOVE:
        return False
    is_rare = s.run * np.log(chance) < np.log(numbers[_STUCK_CHANCE])
    return bool(is_rare and s.run >= _LAPS * s.longest)


@part
def _at(s: Any, back: int) -> Any:
    """Fingerprint so many rows before the newest."""
    return s.ring[(s.seen - 1 - back) % RING]


@part
def _copied(s: Any, mark: Any, numbers: Any) -> bool:
    """Look for the newest mark among the older ones, follow the longest stretch that equals the newest; true when it is no accident."""
    reach = min(s.seen - 1, RING - 1)
    best, where = 0, 0
    for back in range(2, reach + 1):
        if _at(s, back) != mark:
            continue
        length, changes = 1, 0
        while back + length <= reach and _at(s, length) == _at(s, back + length) and length < back:
            changes += 1 if _at(s, length) != _at(s, length - 1) else 0
            length += 1
        if changes + 1 > best:
            best, where = changes + 1, back
    s.asked += np.float32(1.0)
    found = (s.found + 0.02) / (s.asked + 20.0)
    if best > 0 and s.kind != _COPY:
        s.found += np.float32(1.0)
    going = (s.went_on + 0.3) / (s.could + 10.0)
    if s.length > 0 and best <= s.length and s.kind != _COPY:
        # Learnt only when a stretch is over: else a copy would teach that copies are usual while it is being sent.
        s.could += np.float32(s.length)
        s.went_on += np.float32(s.length - 1)
    s.length, s.distance = best, where
    if best < _LEAST_COPY:
        return False
    found, going = max(found, reach / 65536.0), max(going, 1e-3)
    return bool(np.log(found) + (best - 1) * np.log(going) < np.log(numbers[_COPY_CHANCE]))


@part
def _fade(s: Any) -> None:
    """Let what was learnt long ago count less."""
    if s.ties + s.moves > _MEMORY:
        s.ties *= np.float32(0.5)
        s.moves *= np.float32(0.5)
    if s.asked > _MEMORY:
        s.asked *= np.float32(0.5)
        s.found *= np.float32(0.5)
    if s.could > 0.5 * _MEMORY:
        s.could *= np.float32(0.5)
        s.went_on *= np.float32(0.5)


@part
def _event(s: Any, is_stuck: bool, is_copied: bool, is_equal: bool, nature: int, cadence_us: int, t: int) -> int:
    """Open or close the finding of a series; -1 when one goes on."""
    if s.kind in (_STUCK, _FROZEN):
        return -1 if is_equal else _CLOSED
    if s.kind == _COPY:
        return -1 if s.length >= _LEAST_COPY else _CLOSED
    if is_stuck:
        s.kind, s.since_us = (_FROZEN if nature == _PRICE else _STUCK), s.run_us
        return _OPENED
    if is_copied:
        s.kind, s.since_us = _COPY, t - cadence_us * (s.length - 1)
        return _OPENED
    return 0


@compiled
def judge_rows(
    state: Any, slots: Any, times: Any, values: Any, is_fed: Any, nature: Any, moved: Any, numbers: Any,
    kinds: Any, events: Any, since: Any, evidence: Any,
) -> None:  # fmt: skip
    """Judge and learn rows in order; fills the last four columns."""
    for i in range(len(slots)):
        s = state[slots[i]]
        x, t, what = values[i], times[i], nature[slots[i]]
        if not is_fed[i] or what == _CATEGORY or t <= s.last_us:
            continue
        s.high = np.float32(max(_FADES * s.high, abs(x)))
        if s.seen == 0:
            s.last, s.last_us, s.run_us, s.seen = x, t, t, 1
            s.ring[0] = _fingerprint(x)
            continue
        cadence_us = t - s.last_us
        is_equal = x == s.last
        is_stuck = _tie(s, x, t, what, moved[i], numbers)
        mark = _fingerprint(x)
        s.seen = s.seen + 1 if s.seen < 1_000_000_000 else s.seen - 999_999_000
        s.ring[(s.seen - 1) % RING] = mark
        is_copied = False
        if not is_equal and not _is_remnant(s, x):
            is_copied = _copied(s, mark, numbers) and s.seen > numbers[_WARM]
        elif s.kind != _COPY:
            s.length = 0
        event = _event(s, is_stuck, is_copied, is_equal, what, cadence_us, t)
        if is_equal and s.kind not in (_STUCK, _FROZEN):
            s.ties += np.float32(1.0)
        _fade(s)
        s.last, s.last_us = x, t
        if s.kind != 0:
            kinds[i], since[i], events[i] = s.kind, s.since_us, max(event, 0)
            evidence[i] = s.distance if s.kind == _COPY else s.run + 1
            if event == _CLOSED:
                s.kind = 0
                s.length = 0
