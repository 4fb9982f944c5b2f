"""Whose fault a loss is: counterfactuals over what is disturbed, on the same random numbers.

A disturbance is necessary when without it the loss all but vanishes, sufficient when it alone brings nearly all of it. Shares are Shapley values
(Shapley 1953) over at most ``MOST`` disturbances: the mean, over all orders, of what each adds to the loss. Beyond that each share is what its
removal saves, scaled to sum to one, and named so.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from math import factorial

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Cost = Callable[[frozenset[int]], Floats]

MOST = 6
_VANISHED, _NEARLY_ALL = 0.1, 0.9
_WIDTH = 1.2816  # an 80 % interval of a mean
_TINY = 1e-12


@dataclass(frozen=True)
class Share:
    """Part of the expected loss that disturbance ``number`` bears, with an 80 % interval over scenarios, and its part in the loss."""

    number: int
    share: float
    low: float
    high: float
    is_necessary: bool
    is_sufficient: bool


@dataclass(frozen=True)
class Verdict:
    """Shares, largest first; ``expected`` is the loss with everything over the loss with nothing. ``is_shapley`` is False for remove-one."""

    shares: tuple[Share, ...]
    expected: float
    is_shapley: bool


def blame(count: int, cost: Cost, most: int = MOST) -> Verdict:
    """Shares of ``count`` disturbances in a loss. ``cost`` gives the loss per scenario (S,) when only the named ones happen.

    Raises ValueError for a negative count or a loss that is not finite.
    """
    if count < 0:
        raise ValueError(f"{count} disturbances; 0 or more is right")
    everything = _checked(cost(frozenset(range(count))))
    nothing = _checked(cost(frozenset()))
    whole = everything - nothing
    expected = float(whole.mean())
    is_shapley = count <= most
    parts = _shapley(count, cost) if is_shapley else _removed(count, cost, everything)
    if expected <= _TINY:
        return Verdict((), max(expected, 0.0), is_shapley)
    total = max(float(parts.sum(axis=0).mean()), _TINY) if not is_shapley else expected
    shares = [_share(n, parts[n], total, count, cost, nothing, expected) for n in range(count)]
    return Verdict(tuple(sorted(shares, key=lambda s: (-s.share, s.number))), expected, is_shapley)


def _share(number: int, part: Floats, total: float, count: int, cost: Cost, nothing: Floats, expected: float) -> Share:
    without, alone = cost(frozenset(range(count)) - {number}), cost(frozenset({number}))
    error = _WIDTH * float(part.std()) / float(np.sqrt(len(part)))
    middle = float(part.mean())
    return Share(
        number=number,
        share=middle / total,
        low=max(0.0, (middle - error) / total),
        high=min(1.0, (middle + error) / total),
        is_necessary=float((without - nothing).mean()) <= _VANISHED * expected,
        is_sufficient=float((alone - nothing).mean()) >= _NEARLY_ALL * expected,
    )


def alike(shares: tuple[Share, ...]) -> tuple[tuple[int, int], ...]:
    """Pairs of disturbances that these data cannot tell apart: each alone is sufficient, so that neither is necessary."""
    both = [s.number for s in shares if s.is_sufficient and not s.is_necessary]
    return tuple(combinations(both, 2))


def _shapley(count: int, cost: Cost) -> Floats:
    """Shapley values per scenario, (count, S)."""
    known = {frozenset(c): cost(frozenset(c)) for size in range(count + 1) for c in combinations(range(count), size)}
    width = len(known[frozenset()])
    value = np.zeros((count, width))
    for number in range(count):
        others = [n for n in range(count) if n != number]
        for size in range(count):
            weight = factorial(size) * factorial(count - size - 1) / factorial(count)
            for chosen in combinations(others, size):
                value[number] += weight * (known[frozenset((*chosen, number))] - known[frozenset(chosen)])
    return value


def _removed(count: int, cost: Cost, everything: Floats) -> Floats:
    """What the removal of each saves, (count, S)."""
    whole = frozenset(range(count))
    return np.stack([np.maximum(everything - cost(whole - {n}), 0.0) for n in range(count)])


def _checked(loss: Floats) -> Floats:
    if loss.ndim != 1 or not len(loss) or not np.isfinite(loss).all():
        raise ValueError(f"a loss has shape {loss.shape} or is not finite; one finite number per scenario is right")
    return loss
