"""The accounts of a chain as the scorer counts them: what kind of place, its limits, its buffer."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from schemas.chain import Chain
from services.intake.scenario.layout import layout_of

Key = tuple[str, str, str]
"""Node, product, hazard (starved or blocked; graver for the second class)."""

STARVED, BLOCKED, GRAVER = "starved", "blocked", "graver"
SCALES = ("hour", "day", "week")
SEASONS = 4
_DAY_H, _WEEK_H = 24.0, 168.0

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class Ground(Struct, frozen=True):
    """Columns over ``keys``: ``kind`` of node (index of ``kinds``), ``limit`` of the stock (minimum, or maximum when blocked; NaN without stock),
    ``daily`` use, ``scale`` of the buffer between normal stock and limit (index of SCALES: under a day, under a week, longer)."""

    keys: tuple[Key, ...]
    kinds: tuple[str, ...]
    kind: Ints
    limit: Floats
    daily: Floats
    scale: Ints
    sign: Floats

    def margin(self, stock: Floats) -> Floats:
        """Amount left to the limit, issues × accounts; negative beyond it."""
        return (stock - self.limit) * self.sign


def ground_of(chain: Chain, keys: Iterable[Key]) -> Ground:
    """Columns for these accounts; one that is not in the chain has no limit and counts as hour-scale."""
    ordered = tuple(sorted(set(keys)))
    kinds = tuple(sorted({n.kind for n in chain.nodes}))
    kind_of = {n.id: kinds.index(n.kind) for n in chain.nodes}
    stocks = {(s.node, s.product): s for s in chain.stocks}
    limit, daily, buffer = (np.full(len(ordered), np.nan) for _ in range(3))
    for i, (node, product, hazard) in enumerate(ordered):
        stock = stocks.get((node, product))
        if stock is None or stock.daily_use <= 0:
            continue
        days = stock.days_max if hazard == BLOCKED else stock.days_min
        daily[i], limit[i] = stock.daily_use, stock.daily_use * days
        buffer[i] = abs(stock.days_normal - days) * _DAY_H
    buffer = np.nan_to_num(buffer, nan=0.0)
    return Ground(
        keys=ordered,
        kinds=kinds,
        kind=np.array([kind_of.get(k[0], 0) for k in ordered], dtype=np.int64),
        limit=limit,
        daily=daily,
        scale=np.where(buffer < _DAY_H, 0, np.where(buffer < _WEEK_H, 1, 2)).astype(np.int64),
        sign=np.where(np.array([k[2] == BLOCKED for k in ordered], dtype=bool), -1.0, 1.0),
    )


def possible_keys(chain: Chain) -> set[Key]:
    """Every account of the configured chain that can break by the definition of a break: see :mod:`services.intake.scenario.truth`."""
    layout = layout_of(chain)
    found: set[Key] = set()
    for i, (node, product) in enumerate(layout.hold_keys):
        owner = int(layout.hold_node[i])
        is_needed = bool(np.any(layout.need_hold == i)) or bool(layout.node_is_demand[owner])
        is_user = not layout.hold_has_stock[i] and not layout.node_is_carrier[owner] and is_needed
        if is_user or (layout.hold_is_input[i] and layout.hold_minimum[i] > 0):
            found.add((node, product, STARVED))
        if layout.hold_is_output[i] and layout.hold_maximum[i] > 0:
            found.add((node, product, BLOCKED))
    return found
