"""Who broke, when: events computed from true stocks. Read by the scorer alone; nothing here may enter a feed.

A *break* of (node, product): starved, the first hour at which true stock stays below its minimum for 24 h; blocked, the
first at which it stays at its maximum for 24 h; for a user without stock, served / needed below 0.98 for 2 h. A further
event of the same kind needs 7 days without. *Graver*: output, traffic or service below 0.95 of plan for 6 h. A carrier
(railway, road, grid) keeps no stock for itself and has no inputs to run out of: it is judged by the graver class alone.
"""

from collections.abc import Iterator
from enum import StrEnum

import numpy as np
from msgspec import Struct

from services.intake.scenario.layout import Bools, Floats
from services.intake.scenario.trace import Trace
from services.intake.scenario.world import World

STOCK_HOURS, UNSTOCKED_HOURS, GRAVER_HOURS = 24, 2, 6
QUIET_HOURS = 168
_SERVED, _GRAVER_SERVED = 0.98, 0.95
_FULL = 0.999


class Break(StrEnum):
    """How it broke."""

    STARVED = "starved"
    BLOCKED = "blocked"
    GRAVER = "graver"


class Event(Struct, frozen=True, kw_only=True):
    """One true event. ``hour`` counts from the start of day 0; ``hours`` is how long the condition held; ``worst`` is the least stock over
    minimum (starved), the fullest share of the maximum (blocked) or the least served share."""

    node: str
    product: str
    kind: Break
    hour: int
    hours: int
    worst: float


def runs(flags: Bools, least: int, quiet: int = QUIET_HOURS) -> list[tuple[int, int]]:
    """Starts and lengths of runs of at least ``least`` true hours, each after ``quiet`` hours without such a run.

    A run at the very beginning was there before and is no event.

    >>> runs(np.array([False, True, True, True, False, True, True]), least=2, quiet=3)
    [(1, 3)]
    """
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.astype(np.int8), [0]))))
    found: list[tuple[int, int]] = []
    last_end = -quiet
    for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if end - start < least:
            continue
        if start > 0 and start - last_end >= quiet:
            found.append((start, end - start))
        last_end = end
    return found


def events_of(world: World, trace: Trace) -> list[Event]:
    """All events of a life, breaks and graver ones, by hour."""
    found = [*_breaks(world, trace), *_graver(world, trace)]
    return sorted(found, key=lambda e: (e.hour, e.node, e.product, e.kind.value))


def breaks_of(world: World, trace: Trace) -> list[Event]:
    """The breaks alone: the class that targets apply to."""
    return [e for e in events_of(world, trace) if e.kind is not Break.GRAVER]


def _breaks(world: World, trace: Trace) -> Iterator[Event]:
    layout = world.layout
    stock, used, need = trace.column("stock"), trace.column("used"), trace.column("need")
    for i, key in enumerate(layout.hold_keys):
        if layout.hold_is_input[i] and layout.hold_minimum[i] > 0:
            cover = stock[:, i] / layout.hold_minimum[i]
            yield from _events(key, Break.STARVED, cover < 1.0, cover, STOCK_HOURS, trace)
        if layout.hold_is_output[i] and layout.hold_maximum[i] > 0:
            fill = stock[:, i] / layout.hold_maximum[i]
            yield from _events(key, Break.BLOCKED, fill >= _FULL, -fill, STOCK_HOURS, trace)
        if not layout.hold_has_stock[i] and _is_user(world, i) and need[:, i].max() > 0:
            served = _share(used[:, i], need[:, i])
            yield from _events(key, Break.STARVED, served < _SERVED, served, UNSTOCKED_HOURS, trace)


def _is_user(world: World, hold: int) -> bool:
    layout = world.layout
    node = int(layout.hold_node[hold])
    return not layout.node_is_carrier[node] and (
        bool(np.any(layout.need_hold == hold)) or bool(layout.node_is_demand[node])
    )


def _graver(world: World, trace: Trace) -> Iterator[Event]:
    layout = world.layout
    made, plan, used, need = (trace.column(name) for name in ("made", "plan", "used", "need"))
    sent, asked = trace.column("sent"), trace.column("asked")
    for i, node in enumerate(layout.chain.nodes):
        own = int(layout.node_out[i])
        if layout.node_is_demand[i]:
            served = _share(used[:, own], need[:, own])
        elif layout.node_is_producer[i]:
            served = _share(made[:, i], plan[:, i])
        else:
            mine = (layout.hold_node[layout.link_source] == i) & ~layout.link_is_grid
            wanted = np.minimum(asked[:, mine].sum(axis=1), world.equilibrium.node[i])
            served = _share(sent[:, mine].sum(axis=1), wanted)
        yield from _events((node.id, node.product), Break.GRAVER, served < _GRAVER_SERVED, served, GRAVER_HOURS, trace)


def _share(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.ones_like(part), where=whole > 1e-9)


def _events(
    key: tuple[str, str], kind: Break, flags: Bools, measure: Floats, least: int, trace: Trace
) -> Iterator[Event]:
    if not flags.any():
        return
    for start, length in runs(flags, least):
        worst = float(measure[start : start + length].min())
        yield Event(
            node=key[0],
            product=key[1],
            kind=kind,
            hour=trace.first_hour + start,
            hours=length,
            worst=abs(round(worst, 4)),
        )
