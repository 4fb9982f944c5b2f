"""Working memory of blocks, used again and again: fresh memory costs a large network a tenth of its time."""

import numpy as np

from detectors.network.kernel.plan import (
    ACCOUNT_ROWS,
    IN_FIRST,
    LANES,
    LINK_ROWS,
    MAKER_ROWS,
    NODE_ROWS,
    RING_FIRST,
    Bytes,
    Floats,
    Frame,
    Plan,
)

_LINE = 8
"""Numbers in a line of the cache: every member begins with a line."""


class Frames:
    """The memory of one thread. A frame holds until the next is asked for."""

    def __init__(self) -> None:
        self._numbers, self._marks = np.empty(0), np.empty(0, dtype=np.uint8)

    def of(self, p: Plan) -> Frame:
        """A frame for one block, cleared but for the ring, which a block fills as it begins."""
        into = int(np.diff(p.account_index[:, IN_FIRST]).max(initial=1))
        shapes = [
            (p.accounts, len(ACCOUNT_ROWS) * LANES),
            (p.links, len(LINK_ROWS) * LANES),
            (len(p.maker_capacity), len(MAKER_ROWS) * LANES),
            (p.nodes, len(NODE_ROWS) * LANES),
            (len(p.claim_index), LANES),
            (len(p.late_link), LANES),
            (7, LANES),
            (into, LANES),
            (int(p.link_index[p.links, RING_FIRST]), LANES),
        ]
        account, link, maker, node, claim, late_rate, row, goal, ring = self._cut(shapes)
        is_tight, is_noted = self._mark(2 * p.accounts).reshape(2, p.accounts)
        return Frame(account, link, maker, node, claim, ring, late_rate, row, goal, is_tight, is_noted)

    def _cut(self, shapes: list[tuple[int, int]]) -> list[Floats]:
        """Tables one after the other, all cleared but the last."""
        ends = np.cumsum([rows * columns for rows, columns in shapes]).tolist()
        if len(self._numbers) < ends[-1] + _LINE:
            self._numbers = np.empty(ends[-1] + _LINE)
        skip = -self._numbers.ctypes.data // self._numbers.itemsize % _LINE
        numbers = self._numbers[skip : skip + ends[-1]]
        numbers[: ends[-2]] = 0.0
        return [numbers[end - r * c : end].reshape(r, c) for (r, c), end in zip(shapes, ends, strict=True)]

    def _mark(self, count: int) -> Bytes:
        if len(self._marks) < count:
            self._marks = np.empty(count, dtype=np.uint8)
        self._marks[:count] = 0
        return self._marks[:count]
