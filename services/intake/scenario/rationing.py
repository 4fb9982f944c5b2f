"""Sharing what is short: the more urgent class first, in proportion within a class."""

import numpy as np

from services.intake.scenario.layout import Floats, Ints, totals


def ration(asked: Floats, group: Ints, rank: Ints, limit: Floats) -> Floats:
    """What each claim gets when the claims of one group may not exceed the group's limit.

    ``rank`` 0 is served first. Nobody gets more than asked; a group's grants sum to min(asked, limit).

    >>> ration(np.array([2.0, 2.0, 4.0]), np.array([0, 0, 0]), np.array([0, 1, 1]), np.array([5.0]))
    array([2., 1., 2.])
    """
    total = totals(group, asked, len(limit))
    if bool(np.all(total <= limit)):
        return asked
    granted = np.zeros_like(asked)
    left = limit.copy()
    for level in range(int(rank.max()) + 1):
        mine = rank == level
        wanted = totals(group[mine], asked[mine], len(limit))
        ratio = np.minimum(1.0, np.divide(left, wanted, out=np.ones_like(left), where=wanted > 0))
        granted[mine] = asked[mine] * ratio[group[mine]]
        left = np.maximum(0.0, left - wanted * ratio)
    return granted


def spread(amount: Floats, group: Ints, room: Floats) -> Floats:
    """Spread each group's amount over its members in proportion to their room, never above it."""
    total = totals(group, room, len(amount))
    ratio = np.minimum(1.0, np.divide(amount, total, out=np.zeros_like(amount), where=total > 0))
    spread_out: Floats = room * ratio[group]
    return spread_out
