"""The rows of a remedy as a mixed-integer programme.

Columns: x, the amount of an offer dispatched in a window; s, the deficit of an account left open in a window; y, whether an offer is used.
Rows: deficits covered in time, room, shared limits, blends, donors, starts; each row knows which limit it stands for.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy.sparse import coo_array, csr_array, hstack, vstack

from detectors.network.programme import Indices, Numbers
from detectors.network.remedy import Blend, Case


class Bound(StrEnum):
    """What can hold a remedy back; the number that goes with it is that of an offer, a shared limit, an account or a donor."""

    SPARE = "spare"  # of an offer
    SHARED = "shared"  # route or loading place
    BLEND = "blend"  # property of what an account accepts
    DONOR = "donor"
    ROOM = "room"  # of an account
    LEAD_TIME = "lead_time"  # of all offers
    START = "start"  # least amount of an offer
    NEED = "need"  # the deficit itself


@dataclass(frozen=True, slots=True)
class Name:
    """Which limit a row stands for; ``side`` is the property of a blend."""

    bound: Bound
    number: int
    side: int = 0


@dataclass(frozen=True)
class Dispatch:
    """The columns x (N): ``offer``, ``window``, most ``amount``, and ``arrived`` (N, K), the part that is there by the end of each window."""

    offer: Indices
    window: Indices
    amount: Numbers
    arrived: Numbers


@dataclass(frozen=True)
class RemedyRows:
    """``left`` (R, N + D·K + Y) times columns is at most ``right`` (R), row r named ``names[r]``; ``starting`` (Y) are the offers with a column y."""

    dispatch: Dispatch
    starting: Indices
    left: csr_array
    right: Numbers
    names: tuple[Name, ...]


def dispatch_of(case: Case, *, is_instant: bool = False) -> Dispatch:
    """What can be dispatched and still arrive; ``is_instant`` as if every lead time were nothing."""
    start, end = case.edges_h[:-1], case.edges_h[1:]
    begin = np.array([np.maximum(start, offer.from_h) for offer in case.offers]).reshape(-1, len(start))
    until = np.array([np.minimum(end, offer.until_h) for offer in case.offers]).reshape(-1, len(start))
    lead = np.array([0.0 if is_instant else offer.lead_h for offer in case.offers])
    hours = np.maximum(until - begin, 0.0)
    amount = hours * np.array([[offer.capacity_per_h] for offer in case.offers]).reshape(-1, 1)
    elapsed = end[None, None, :] - begin[:, :, None] - lead[:, None, None]
    arrived = np.clip(elapsed / np.where(hours > 0, hours, 1.0)[:, :, None], 0.0, 1.0)
    offer, window = np.nonzero((amount > 0) & (arrived[:, :, -1] > 0))
    return Dispatch(offer, window, amount[offer, window], arrived[offer, window])


def rows_of(case: Case, dispatch: Dispatch) -> RemedyRows:
    """All rows of a case."""
    is_starting = [offer.start_cost_cny > 0 or offer.least_amount > 0 for offer in case.offers]
    starting = np.array([number for number, starts in enumerate(is_starting) if starts], dtype=np.int64)
    builder = _Builder(case, dispatch, starting)
    parts = [
        part
        for rows in (builder.needs, builder.shared, builder.blends, builder.donors, builder.starts)
        for part in rows()
    ]
    if not parts:
        return RemedyRows(dispatch, starting, csr_array((0, builder.width)), np.empty(0), ())
    return RemedyRows(
        dispatch=dispatch,
        starting=starting,
        left=vstack([part.left for part in parts]).tocsr(),
        right=np.concatenate([part.right for part in parts]),
        names=tuple(name for part in parts for name in part.names),
    )


@dataclass(frozen=True)
class _Part:
    left: coo_array
    right: Numbers
    names: list[Name]


class _Builder:
    def __init__(self, case: Case, dispatch: Dispatch, starting: Indices) -> None:
        self.case, self.dispatch, self.starting = case, dispatch, starting
        self.open_count = case.deficit.size
        self.width = len(dispatch.offer) + self.open_count + len(starting)
        rows = case.row_of
        self._account = np.array([rows[case.offers[o].account] for o in dispatch.offer], dtype=np.int64)
        self._arriving = np.diff(dispatch.arrived, axis=1, prepend=0.0)

    def needs(self) -> Iterator[_Part]:
        """What has arrived and what is left open make up the deficit by the end of each window; no more than the room is there ahead."""
        case, windows = self.case, self.case.window_count
        worth = np.array([case.offers[o].worth for o in self.dispatch.offer])
        for row, account in enumerate(case.accounts):
            mine = np.where(self._account == row, worth, 0.0)
            covered = self.dispatch.arrived.T * mine
            still_open = np.zeros((windows, self.open_count))
            still_open[:, row * windows : (row + 1) * windows] = np.tri(windows)
            by_now = np.cumsum(case.deficit[row])
            yield self._part(-covered, -still_open, -by_now, [Name(Bound.NEED, int(account))] * windows)
            if case.room is not None and np.isfinite(case.room[row]).any():
                finite = np.isfinite(case.room[row])
                ahead = (case.room[row] + by_now)[finite]
                yield self._part(
                    covered[finite], still_open[finite], ahead, [Name(Bound.ROOM, int(account))] * len(ahead)
                )

    def shared(self) -> Iterator[_Part]:
        """Dispatch of a window over a shared limit."""
        hours = np.diff(self.case.edges_h)
        for number, free in enumerate(self.case.limit_per_h):
            users = np.array([number in self.case.offers[o].limits for o in self.dispatch.offer], dtype=bool)
            finite = np.flatnonzero(np.isfinite(free))
            uses = users & (self.dispatch.window == finite[:, None])
            yield self._part(
                uses.astype(float), None, (free * hours)[finite], [Name(Bound.SHARED, number)] * len(finite)
            )

    def blends(self) -> Iterator[_Part]:
        """Distance from the accepted bound, weighted by what arrives in a window."""
        for blend in self.case.blends:
            mine = self._account == self.case.row_of[blend.account]
            for side in range(len(blend.low)):
                values = np.array([self.case.offers[o].properties[side] if is_mine else 0.0
                                   for o, is_mine in zip(self.dispatch.offer, mine, strict=True)])  # fmt: skip
                for bound, sign in ((blend.high[side], 1.0), (blend.low[side], -1.0)):
                    if np.isfinite(bound):
                        yield self._blend(
                            blend,
                            side,
                            np.where(mine, sign * (values - bound), 0.0),
                            sign * (bound - blend.base_properties[side]),
                        )

    def _blend(self, blend: Blend, side: int, excess: Numbers, base_slack: float) -> _Part:
        right = np.maximum(blend.base_amount * base_slack, 0.0)
        return self._part(self._arriving.T * excess, None, right, [Name(Bound.BLEND, blend.account, side)] * len(right))

    def donors(self) -> Iterator[_Part]:
        """All that is taken from a donor."""
        for number, donor in enumerate(self.case.donors):
            takes = np.array([self.case.offers[o].donor == number for o in self.dispatch.offer], dtype=float)
            if takes.any():
                yield self._part(takes[None], None, np.array([donor.free_amount]), [Name(Bound.DONOR, number)])

    def starts(self) -> Iterator[_Part]:
        """Nothing of an offer that is not used, at least its least amount of one that is."""
        for position, number in enumerate(self.starting):
            mine = (self.dispatch.offer == number).astype(float)
            used = np.zeros((2, len(self.starting)))
            used[:, position] = [-float(mine @ self.dispatch.amount), self.case.offers[number].least_amount]
            yield self._part(np.array([mine, -mine]), None, np.zeros(2), [Name(Bound.START, int(number))] * 2, used)

    def _part(
        self,
        dispatched: Numbers,
        left_open: Numbers | None,
        right: Numbers,
        names: list[Name],
        used: Numbers | None = None,
    ) -> _Part:
        rows = len(right)
        left_open = np.zeros((rows, self.open_count)) if left_open is None else left_open
        used = np.zeros((rows, len(self.starting))) if used is None else used
        return _Part(hstack([coo_array(dispatched), coo_array(left_open), coo_array(used)]), right, names)
