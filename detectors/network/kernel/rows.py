"""Straight loops over the scenarios of a block. ``at`` is the offset of a row within a member; rows given together must not overlap."""

from detectors.network.kernel.plan import (
    LANES,
    Events,
    Floats,
    inlined,
    straight,
)

_SHIFT = LANES.bit_length() - 1


@inlined
def whole(row: Floats) -> int:
    """The scenarios of a row, so said that the compiler knows them to be whole blocks, but does not unroll them one by one."""
    return (len(row) >> _SHIFT) << _SHIFT


@inlined
def factors(e: Events, row: int, k: int, s0: int) -> Floats:
    """The factors of a block that act in a step on what has this row of ``at``."""
    acting: Floats = e.factors[e.at[row, k], s0 : s0 + LANES]
    return acting


@straight
def clear(row: Floats) -> None:
    for s in range(whole(row)):
        row[s] = 0.0


@straight
def clear_at(here: Floats, at: int) -> None:
    for s in range(LANES):
        here[at + s] = 0.0


@straight
def copy_from(into: Floats, here: Floats, at: int) -> None:
    for s in range(whole(into)):
        into[s] = here[at + s]


@straight
def add(into: Floats, row: Floats) -> None:
    for s in range(whole(row)):
        into[s] += row[s]


@straight
def add_at(here: Floats, at: int, row: Floats) -> None:
    for s in range(whole(row)):
        here[at + s] += row[s]


@straight
def add_times(into: Floats, factor: float, row: Floats) -> None:
    for s in range(whole(row)):
        into[s] += factor * row[s]


@straight
def add_times_at(here: Floats, at: int, factor: float, row: Floats) -> None:
    for s in range(whole(row)):
        here[at + s] += factor * row[s]


@inlined
def add_up_at(here: Floats, at: int, rows: Floats, begin: int, end: int) -> None:
    clear_at(here, at)
    for q in range(begin, end):
        add_at(here, at, rows[q])


@straight
def is_above(total: Floats, here: Floats, at: int) -> bool:
    above = 0
    for s in range(whole(total)):
        above += 1 if total[s] > here[at + s] else 0
    return above > 0


@straight
def set_times_at(into: Floats, amount: float, here: Floats, at: int) -> None:
    for s in range(whole(into)):
        into[s] = amount * here[at + s]
