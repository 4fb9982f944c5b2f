"""Straight loops over the scenarios of a block. ``at`` is the offset of a row within a member."""

from detectors.network.kernel.plan import (
    LANES,
    Floats,
    inlined,
    part,
)


@part
def clear(row: Floats) -> None:
    for s in range(len(row)):
        row[s] = 0.0


@inlined
def clear_at(here: Floats, at: int) -> None:
    for s in range(LANES):
        here[at + s] = 0.0


@part
def add(into: Floats, row: Floats) -> None:
    for s in range(len(row)):
        into[s] += row[s]


@inlined
def add_at(here: Floats, at: int, row: Floats) -> None:
    for s in range(len(row)):
        here[at + s] += row[s]


@part
def add_times(into: Floats, factor: float, row: Floats) -> None:
    for s in range(len(row)):
        into[s] += factor * row[s]


@inlined
def add_times_at(here: Floats, at: int, factor: float, row: Floats) -> None:
    for s in range(len(row)):
        here[at + s] += factor * row[s]


@inlined
def add_up_at(here: Floats, at: int, rows: Floats, begin: int, end: int) -> None:
    clear_at(here, at)
    for q in range(begin, end):
        add_at(here, at, rows[q])


@inlined
def is_above(total: Floats, here: Floats, at: int) -> bool:
    above = 0
    for s in range(len(total)):
        above += 1 if total[s] > here[at + s] else 0
    return above > 0
