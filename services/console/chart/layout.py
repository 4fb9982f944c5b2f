"""Where each place of a chain stands on the map. Pure and deterministic: the same chain gives the same picture on every screen.

Columns come from ``layering``. Within a column places are put near those they trade with (barycentres, swept to and fro). A column that would be
too high for the picture's shape is folded into several.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence

from msgspec import Struct

from schemas.chain import Chain
from services.console.chart.layering import layers_of

COLUMN_WIDTH = 162.0
FOLD_WIDTH = 130.0
ROW_HEIGHT = 54.0
_SHAPE = 1.8
"""Width of the picture over its height; a wall has about this."""
_SWEEPS = 12


class Spot(Struct, frozen=True):
    """Middle of a place on the map, in units of the picture."""

    x: float
    y: float


class Layout(Struct, frozen=True):
    """Spots of all nodes and the size of the picture they stand in, margins of half a cell included."""

    spots: dict[str, Spot]
    width: float
    height: float


def lay_out(chain: Chain) -> Layout:
    """Spots for every node; no two closer than a cell."""
    if not chain.nodes:
        return Layout({}, COLUMN_WIDTH, ROW_HEIGHT)
    columns = _ordered(chain, layers_of(chain))
    rows = _rows([len(column) for column in columns])
    height = rows * ROW_HEIGHT
    spots: dict[str, Spot] = {}
    x = 0.0
    for column in columns:
        folds = [column[first : first + rows] for first in range(0, len(column), rows)]
        for number, fold in enumerate(_evened(folds)):
            spots |= _spots(fold, x + COLUMN_WIDTH / 2 + number * FOLD_WIDTH, height)
        x += COLUMN_WIDTH + (len(folds) - 1) * FOLD_WIDTH
    return Layout(spots, x, height)


def _rows(sizes: Sequence[int]) -> int:
    """Places a column may hold so that the picture comes nearest to its shape."""
    most = max(sizes)

    def off(rows: int) -> float:
        width = sum(COLUMN_WIDTH + (math.ceil(size / rows) - 1) * FOLD_WIDTH for size in sizes)
        return abs(math.log(width / (rows * ROW_HEIGHT) / _SHAPE))

    return min(range(1, most + 1), key=off)


def _evened(folds: list[list[str]]) -> list[list[str]]:
    """The same places dealt over as many folds of nearly one size, neighbours staying neighbours: place i goes to fold i mod n."""
    if len(folds) == 1:
        return folds
    places = [node for fold in folds for node in fold]
    return [places[first :: len(folds)] for first in range(len(folds))]


def _spots(nodes: Sequence[str], x: float, height: float) -> dict[str, Spot]:
    step = height / len(nodes)
    return {node: Spot(round(x, 1), round((row + 0.5) * step, 1)) for row, node in enumerate(nodes)}


def _ordered(chain: Chain, layers: Mapping[str, int]) -> list[list[str]]:
    """Nodes of each column from top to bottom, begun in the order of the chain's file."""
    columns: list[list[str]] = [[] for _ in range(max(layers.values()) + 1)]
    for node in chain.nodes:
        columns[layers[node.id]].append(node.id)
    near = _trade(chain)
    place = _places(columns)
    for sweep in range(_SWEEPS):
        for column in columns if sweep % 2 == 0 else columns[::-1]:
            wanted = {node: _barycentre(near[node], place, place[node]) for node in column}
            column.sort(key=wanted.__getitem__)
            place |= _places([column])
    return columns


def _trade(chain: Chain) -> dict[str, list[str]]:
    near: dict[str, list[str]] = defaultdict(list)
    for link in chain.links:
        if link.share_normal > 0:
            near[link.source].append(link.target)
            near[link.target].append(link.source)
    return near


def _places(columns: Sequence[Sequence[str]]) -> dict[str, float]:
    """Height of each node in its column, 0 to 1."""
    return {node: (row + 0.5) / len(column) for column in columns for row, node in enumerate(column)}


def _barycentre(near: Sequence[str], place: Mapping[str, float], own: float) -> float:
    return sum(place[node] for node in near) / len(near) if near else own
