"""What a change can reach, and that part of a network laid out to be simulated alone, with the same numbers to the last bit.

Orders go up to all suppliers, so whoever orders from a place reaches it. Goods go down, but a customer only feels its supplier where the
supplier cuts what is asked: a place that never cut a claim, in no scenario and no step, shields its customers and makers. So the reach of a change is
closed upward always and downward through the tight places. Customers outside the reach ask what they asked before; should a place cut one of
them that did not before, the reach was too small and grows.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from detectors.network.course import Part, Target
from detectors.network.flow_network import Indices
from detectors.network.kernel.plan import (
    CLAIM_FIRST,
    CLAIM_LINK,
    CLAIM_OF_LINK,
    CLAIM_OF_USE,
    IN_FIRST,
    IN_LINK,
    INPUT_ACCOUNT,
    INPUT_CLAIM,
    KEPT_CLAIM,
    MAKER,
    NODE,
    NODE_IS_LIMITED,
    NODE_IS_SHARED,
    RING_FIRST,
    RING_ROWS,
    Plan,
    Start,
)
from detectors.network.layout import Layout, Members

Bools = NDArray[np.bool_]
_Kind = TypeVar("_Kind", bound=np.generic)


@dataclass(frozen=True, eq=False)
class Region:
    """``plan`` of a part alone; ``number`` gives its members in the network, ``at`` their places in the whole layout. ``own_links`` are those
    that end in the part, ``shields`` its accounts with customers outside, both by place in the part; ``ring`` are rows of the whole.
    """

    plan: Plan
    number: Members
    at: Members
    own_links: Indices
    ring: Indices
    shields: Indices

    def start(self, whole: Start) -> Start:
        """The start of the part."""
        account, link = self.at.account, self.at.link
        return Start(
            whole.stock[account], whole.transit[link], whole.held[link], whole.expected[account], whole.sent_before[self.ring]
        )


class Reach:
    """Who feels whom in a layout: links, recipes, and nodes with a common capacity. Accounts by their place."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._account_at, self._link_at = np.argsort(layout.account), np.argsort(layout.link)
        plan = layout.plan
        links = np.arange(plan.links)
        self.source = _segment(plan.account_index[CLAIM_FIRST], plan.link_index[CLAIM_OF_LINK, : plan.links])
        self.end = np.empty(plan.links, dtype=np.int64)
        self.end[plan.link_index[IN_LINK, : plan.links]] = _segment(plan.account_index[IN_FIRST], links)
        has_maker = plan.account_index[MAKER, : plan.accounts] >= 0
        output = np.empty(len(plan.maker_capacity), dtype=np.int64)
        output[plan.account_index[MAKER, : plan.accounts][has_maker]] = np.flatnonzero(has_maker)
        self.output = output
        made = output[_segment(plan.input_first, np.arange(plan.input_first[-1]))]
        used = plan.input_index[INPUT_ACCOUNT]
        beside, other = self._neighbours()
        self.made, self.used = made, used
        self._from = np.concatenate([self.end, made, beside])
        self._to = np.concatenate([self.source, used, other])
        self._down_from = np.concatenate([self.source, used])
        self._down_to = np.concatenate([self.end, made])

    def _neighbours(self) -> tuple[Indices, Indices]:
        """Accounts that share the capacity of their node, each with the next in a ring."""
        plan = self.layout.plan
        node = plan.account_index[NODE, : plan.accounts]
        together = (plan.node_index[NODE_IS_SHARED] > 0) & (plan.node_index[NODE_IS_LIMITED] > 0)
        account = np.flatnonzero(together[node])
        account = account[np.argsort(node[account], kind="stable")]
        first = np.searchsorted(node[account], node[account])
        is_last = np.append(np.diff(node[account]) != 0, True)[: len(account)]
        following = np.where(is_last, account[first], np.roll(account, -1))
        return account, following

    def of(self, seeds: Bools, is_tight: Bools) -> Bools:
        """All accounts that feel a change at the ``seeds`` (A), where those that are tight (A) pass it down."""
        down = is_tight[self._down_from]
        from_ = np.concatenate([self._from, self._down_from[down]])
        to = np.concatenate([self._to, self._down_to[down]])
        reached, count = seeds.copy(), -1
        while count != (now := int(np.count_nonzero(reached))):
            count = now
            reached[to[reached[from_]]] = True
        return reached

    def touched(self, parts: Iterable[Part]) -> Bools:
        """The accounts on which other courses of these parts act at once (A)."""
        layout, touched = self.layout, np.zeros(self.layout.plan.accounts, dtype=bool)
        for target, number in parts:
            if target is Target.NODE:
                touched |= layout.plan.account_index[NODE, :-1] == number
            elif target is Target.MAKER:
                touched[self.output[number]] = True
            elif target is Target.LINK:
                touched[self.end[self._link_at[number]]] = True
            else:
                touched[self._account_at[number]] = True
        return touched

    def cut_out(self, inside: Bools) -> Region:
        """The region of the accounts ``inside``, which must be closed as ``of`` gives it."""
        whole, layout = self.layout.plan, self.layout
        account = np.flatnonzero(inside)
        link = np.flatnonzero(inside[self.source])
        node = np.unique(whole.account_index[NODE, account])
        maker_of = whole.account_index[MAKER, account]
        maker = np.sort(maker_of[maker_of >= 0])
        claim = _spans(whole.account_index[CLAIM_FIRST], account)
        entry = _spans(whole.input_first, maker)
        arriving = whole.link_index[IN_LINK, _spans(whole.account_index[IN_FIRST], account)]
        places = {
            "account": _places(account, whole.accounts),
            "link": _places(link, whole.links),
            "claim": _places(claim, whole.claim_index.shape[1]),
        }
        account_index = np.zeros((len(whole.account_index), len(account) + 1), dtype=np.int64)
        account_index[:, :-1] = whole.account_index[:, account]
        account_index[IN_FIRST] = _first(whole.account_index[IN_FIRST], account)
        account_index[CLAIM_FIRST] = _first(whole.account_index[CLAIM_FIRST], account)
        account_index[CLAIM_OF_USE, :-1] = _moved(places["claim"], account_index[CLAIM_OF_USE, :-1])
        account_index[MAKER, :-1] = _moved(_places(maker, len(whole.maker_capacity)), maker_of)
        account_index[NODE, :-1] = np.searchsorted(node, whole.account_index[NODE, account])
        rows = whole.link_index[RING_ROWS, link]
        link_index = np.zeros((len(whole.link_index), len(link) + 1), dtype=np.int64)
        link_index[:, :-1] = whole.link_index[:, link]
        link_index[IN_LINK] = 0
        link_index[IN_LINK, : len(arriving)] = places["link"][arriving]
        link_index[CLAIM_OF_LINK, :-1] = places["claim"][link_index[CLAIM_OF_LINK, :-1]]
        link_index[RING_FIRST] = np.concatenate([[0], np.cumsum(rows)])
        claim_index = _columns(whole.claim_index, claim)
        claim_index[CLAIM_LINK] = _moved(places["link"], claim_index[CLAIM_LINK])
        input_index = _columns(whole.input_index, entry)
        input_index[INPUT_ACCOUNT] = places["account"][input_index[INPUT_ACCOUNT]]
        input_index[INPUT_CLAIM] = places["claim"][input_index[INPUT_CLAIM]]
        late = places["link"][whole.late_link]
        source, end = np.concatenate([self.source, self.used]), np.concatenate([self.end, self.made])
        own = _columns(whole.own, np.flatnonzero(inside[end]))
        given = _columns(whole.own, np.flatnonzero(inside[source] & ~inside[end]))
        for table in (own, given):
            table[KEPT_CLAIM] = places["claim"][table[KEPT_CLAIM]]
        plan = whole._replace(
            accounts=len(account),
            links=len(link),
            nodes=len(node),
            account_number=_columns(whole.account_number, account),
            account_index=account_index,
            link_number=_columns(whole.link_number, np.append(link, 0)),
            link_index=link_index,
            claim_index=claim_index,
            claim_contract=whole.claim_contract[claim],
            input_number=_columns(whole.input_number, entry),
            input_index=input_index,
            input_first=_first(whole.input_first, maker),
            maker_capacity=whole.maker_capacity[maker],
            node_capacity=whole.node_capacity[node],
            node_index=_columns(whole.node_index, node),
            late_link=late[late >= 0],
            own=own,
            given=given,
        )
        number = Members(layout.account[account], layout.link[link], layout.maker[maker], layout.node[node])
        ring = _spans(whole.link_index[RING_FIRST], link)
        shields = places["account"][np.unique(source[inside[source] & ~inside[end]])]
        return Region(plan, number, Members(account, link, maker, node), np.flatnonzero(inside[self.end[link]]), ring, shields)


def _segment(first: Indices, members: Indices) -> Indices:
    """Whose span each member lies in, where spans begin at ``first``."""
    return np.asarray(np.searchsorted(first, members, side="right") - 1)


def _first(first: Indices, chosen: Indices) -> Indices:
    """Where the spans of the chosen begin when only they are left."""
    return np.concatenate([[0], np.cumsum(first[chosen + 1] - first[chosen])])


def _spans(first: Indices, chosen: Indices) -> Indices:
    """All members of the spans of the chosen, span by span."""
    length = first[chosen + 1] - first[chosen]
    return np.repeat(first[chosen] - (np.cumsum(length) - length), length) + np.arange(length.sum())


def _places(chosen: Indices, count: int) -> Indices:
    """The place of each of ``count`` among the chosen, -1 where it is not."""
    places = np.full(count, -1, dtype=np.int64)
    places[chosen] = np.arange(len(chosen))
    return places


def _moved(places: Indices, of: Indices) -> Indices:
    """New places; -1 stays -1."""
    return np.where(of >= 0, places[of], -1)


def _columns(table: NDArray[_Kind], chosen: Indices) -> NDArray[_Kind]:
    """Some columns of a table, row after row in memory as the kernel is compiled for."""
    return np.ascontiguousarray(table[:, chosen])
