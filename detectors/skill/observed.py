"""True events read off observations of a stock: the rule that a warning is judged by when nobody knows the hidden truth."""

import itertools
from collections.abc import Sequence

HOLD_H = 24.0
REST_H = 168.0
GAP_H = 60.0


def observed_breaks(
    hours: Sequence[float],
    is_broken: Sequence[bool],
    hold_h: float = HOLD_H,
    rest_h: float = REST_H,
    gap_h: float = GAP_H,
) -> list[tuple[float, float]]:
    """Breaks as (first, last) hour observed beyond the limit: beyond it for at least ``hold_h`` by observations, after ``rest_h`` without.

    ``hours`` in order, each with whether the stock was beyond its limit then. A spell ends at the first observation inside the limit, or where
    nothing was observed for more than ``gap_h``: what was not seen is not claimed. Raises ValueError for hours out of order or another length.

    >>> observed_breaks([0, 24, 48, 72, 96], [False, True, True, False, True])
    [(24, 48)]
    """
    if len(hours) != len(is_broken) or any(b < a for a, b in itertools.pairwise(hours)):
        raise ValueError(f"{len(hours)} hours, {len(is_broken)} states: hours in order, a state for each, are right")
    found: list[tuple[float, float]] = []
    ended = float("-inf")
    for first, last in _spells(hours, is_broken, gap_h):
        if last - first >= hold_h and first - ended >= rest_h:
            found.append((first, last))
        if last - first >= hold_h:
            ended = last
    return found


def _spells(hours: Sequence[float], is_broken: Sequence[bool], gap_h: float) -> list[tuple[float, float]]:
    spells: list[tuple[float, float]] = []
    first = last = None
    for hour, broken in zip(hours, is_broken, strict=True):
        if first is not None and last is not None and (not broken or hour - last > gap_h):
            spells.append((first, last))
            first = None
        if broken:
            first, last = (hour if first is None else first), hour
    if first is not None and last is not None:
        spells.append((first, last))
    return spells


def observed_share(hours: Sequence[float], start: float, end: float, cell_h: float = 24.0) -> float:
    """Share of the cells of ``cell_h`` between two hours in which something was observed; 0 where the time is empty.

    >>> observed_share([1, 2, 50], 0, 72)
    0.6666666666666666
    """
    cells = max(1, -(-int(end - start) // int(cell_h)))
    seen = {int((h - start) // cell_h) for h in hours if start <= h < start + cells * cell_h}
    return len(seen) / cells if end > start else 0.0
