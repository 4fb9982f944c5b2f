"""The loops of :mod:`detectors.series.revisable`. One file, so that their compiled form knows when a piece changed."""

from typing import Any

import numpy as np

from detectors.series.compiled import compiled
from detectors.series.detector import LARGEST

PENDING, NEW, LATE, REFUSED = 0, 1, 2, 3
_CLOSED = -1


@compiled
def next_step(
    newest_us: Any, held: Any, reach: int, slots: Any, times: Any, values: Any, turn: Any, seen_us: Any, step: Any
) -> Any:
    """Give rows that are still PENDING the part they have in the next step: of each series either new rows, as many as fit until its state has to
    be marked, or one row that is late. ``turn`` is zeros by slot, and zeros again afterwards; ``seen_us`` is room by slot. Returns how many rows of
    the step are new, late, and left for later steps."""
    new, late, left = 0, 0, 0
    for i in range(len(slots)):
        if step[i] != PENDING:
            continue
        slot = slots[i]
        if not abs(values[i]) <= LARGEST:
            step[i] = REFUSED
            continue
        if turn[slot] == _CLOSED:
            left += 1
            continue
        if turn[slot] == 0:
            seen_us[slot] = newest_us[slot]
        if times[i] <= seen_us[slot]:
            if turn[slot] > 0:
                left += 1
            else:
                step[i] = LATE
                late += 1
            turn[slot] = _CLOSED
            continue
        room = reach - held[slot] % reach
        if turn[slot] >= room:
            turn[slot] = _CLOSED
            left += 1
            continue
        step[i] = NEW
        new += 1
        turn[slot] += 1
        seen_us[slot] = times[i]
    for i in range(len(slots)):
        turn[slots[i]] = 0
    return new, late, left


@compiled
def append(
    kept_us: Any, issued_us: Any, kept: Any, held: Any, slots: Any, times: Any, issued: Any, values: Any
) -> None:
    """Put rows behind those of their series; there must be room."""
    for i in range(len(slots)):
        slot, at = slots[i], held[slots[i]]
        kept_us[slot, at], issued_us[slot, at], kept[slot, at] = times[i], issued[i], values[i]
        held[slot] = at + 1


@compiled
def drop_half(kept_us: Any, issued_us: Any, kept: Any, held: Any, floor_us: Any, reach: int, slots: Any) -> None:
    """Forget the older half of the rows of these full slots."""
    for slot in slots:
        floor_us[slot] = kept_us[slot, reach - 1]
        for at in range(reach):
            kept_us[slot, at] = kept_us[slot, at + reach]
            issued_us[slot, at] = issued_us[slot, at + reach]
            kept[slot, at] = kept[slot, at + reach]
        held[slot] = reach


@compiled
def insert(
    kept_us: Any, issued_us: Any, kept: Any, held: Any, floor_us: Any,
    slots: Any, times: Any, issued: Any, values: Any, place: Any,
) -> None:  # fmt: skip
    """Put one late row of each of these slots where it belongs, or in place of the row it corrects; ``place`` tells where, -1 for a row beyond reach,
    one that says nothing new, or an older issue."""
    for i in range(len(slots)):
        slot, t = slots[i], times[i]
        n = held[slot]
        place[i] = -1
        if t <= floor_us[slot]:
            continue
        at = 0
        while at < n and kept_us[slot, at] < t:
            at += 1
        if at < n and kept_us[slot, at] == t:
            if issued[i] > issued_us[slot, at] and values[i] != kept[slot, at]:
                issued_us[slot, at], kept[slot, at], place[i] = issued[i], values[i], at
            continue
        for later in range(n, at, -1):
            kept_us[slot, later] = kept_us[slot, later - 1]
            issued_us[slot, later] = issued_us[slot, later - 1]
            kept[slot, later] = kept[slot, later - 1]
        kept_us[slot, at], issued_us[slot, at], kept[slot, at] = t, issued[i], values[i]
        held[slot], place[i] = n + 1, at


@compiled
def lay_out(slots: Any, first: Any, last: Any, kept_us: Any, kept: Any, of: Any, times: Any, values: Any) -> None:
    """Kept rows [first, last) of each slot, one after the other."""
    n = 0
    for i in range(len(slots)):
        for at in range(first[i], last[i]):
            of[n], times[n], values[n] = slots[i], kept_us[slots[i], at], kept[slots[i], at]
            n += 1


def room(rows: int) -> Any:
    """Slots, times and values to be filled by ``lay_out``."""
    return np.empty(rows, np.int64), np.empty(rows, np.int64), np.empty(rows, np.float64)
