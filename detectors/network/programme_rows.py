"""The rows every programme of a network shares: balances, capacities in proportion to the time, shared limits."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array, csr_array

from detectors.network.programme import Indices, Numbers, Programme


@dataclass(frozen=True)
class Rows:
    """``links`` (L), ``makers`` (M) and ``accounts`` (A) as sparse columns of amounts over the whole time.

    ``balance`` (A, L + M): what links and makers bring to an account, less what they take. ``capacity_per_h`` (L + M), infinite where nothing binds.
    ``limits`` (G, L + M) with ``limit_per_h`` (G).
    """

    balance: csr_array
    capacity_per_h: Numbers
    limits: csr_array
    limit_per_h: Numbers

    @property
    def column_count(self) -> int:
        """L + M."""
        return len(self.capacity_per_h)


def rows_of(programme: Programme) -> Rows:
    """The rows of a network, each amount a column: links first, then makers."""
    links, makers = programme.link_count, programme.makers
    rows = [programme.link_target, programme.link_source]
    columns = [np.arange(links), np.arange(links)]
    values = [programme.link_gain, -np.ones(links)]
    taken = [(account, links + number, -amount) for number, m in enumerate(makers) for account, amount in m.inputs]
    made = [(maker.output, links + number, 1.0) for number, maker in enumerate(makers)]
    entries = [*taken, *made]
    rows.append(np.array([row for row, _, _ in entries], dtype=np.int64))
    columns.append(np.array([column for _, column, _ in entries], dtype=np.int64))
    values.append(np.array([value for _, _, value in entries]))
    return Rows(
        balance=_sparse(rows, columns, values, (programme.account_count, links + len(makers))),
        capacity_per_h=np.concatenate([programme.link_capacity_per_h, [maker.capacity_per_h for maker in makers]]),
        limits=_limits(programme, links + len(makers)),
        limit_per_h=np.array([limit.capacity_per_h for limit in programme.limits]),
    )


def _limits(programme: Programme, width: int) -> csr_array:
    columns = [np.array(limit.links, dtype=np.int64) for limit in programme.limits]
    rows = [np.full(len(members), number) for number, members in enumerate(columns)]
    return _sparse(rows, columns, [np.ones(len(members)) for members in columns], (len(columns), width))


def _sparse(rows: list[Indices], columns: list[Indices], values: list[Numbers], shape: tuple[int, int]) -> csr_array:
    if not rows:
        return csr_array(shape)
    return coo_array((np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), shape=shape).tocsr()
