"""Straight loops over the scenarios of a block."""

from detectors.network.kernel.plan import (
    Floats,
    part,
)


@part
def clear(row: Floats) -> None:
    lanes = len(row)
    for s in range(lanes):
        row[s] = 0.0


@part
def add(into: Floats, row: Floats) -> None:
    lanes = len(into)
    for s in range(lanes):
        into[s] += row[s]


@part
def add_times(into: Floats, factor: float, row: Floats) -> None:
    lanes = len(into)
    for s in range(lanes):
        into[s] += factor * row[s]


@part
def add_up(total: Floats, rows: Floats, begin: int, end: int) -> None:
    clear(total)
    for q in range(begin, end):
        add(total, rows[q])


@part
def is_above(total: Floats, limit: Floats) -> bool:
    lanes = len(total)
    above = 0
    for s in range(lanes):
        above += 1 if total[s] > limit[s] else 0
    return above > 0
