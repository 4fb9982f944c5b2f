"""Sharing what is short: a part by contract in proportion, the rest to the more urgent class first."""

import numpy as np

from services.intake.scenario.layout import Floats, Ints, totals


def ration(asked: Floats, group: Ints, rank: Ints, limit: Floats, fair: float = 0.0) -> Floats:
    """What each claim gets when the claims of one group may not exceed the group's limit.

    ``fair`` of the limit is shared in proportion first (contracts); the rest goes by ``rank``, 0 first. Nobody gets more than
    asked; a group's grants sum to min(asked, limit).

    >>> ration(np.array([2.0, 2.0, 4.0]), np.array([0, 0, 0]), np.array([0, 1, 1]), np.array([5.0]))
    array([2., 1., 2.])
    >>> ration(np.array([4.0, 4.0]), np.array([0, 0]), np.array([0, 1]), np.array([4.0]), fair=0.5)
    array([3., 1.])
    """
    total = totals(group, asked, len(limit))
    if bool(np.all(total <= limit)):
        return asked
    bounded = np.minimum(limit, total)
    first = np.divide(fair * bounded, total, out=np.zeros_like(total), where=total > 0)
    first = np.where(total <= limit, 1.0, first)
    granted = asked * first[group]
    wanted = asked - granted
    left = np.maximum(0.0, bounded - total * first)
    for level in range(int(rank.max()) + 1):
        mine = rank == level
        claim = totals(group[mine], wanted[mine], len(limit))
        ratio = np.minimum(1.0, np.divide(left, claim, out=np.ones_like(left), where=claim > 0))
        granted[mine] += wanted[mine] * ratio[group[mine]]
        left = np.maximum(0.0, left - claim * ratio)
    return granted


def spread(amount: Floats, group: Ints, room: Floats) -> Floats:
    """Spread each group's amount over its members in proportion to their room, never above it."""
    total = totals(group, room, len(amount))
    ratio = np.minimum(1.0, np.divide(amount, total, out=np.zeros_like(amount), where=total > 0))
    spread_out: Floats = room * ratio[group]
    return spread_out
