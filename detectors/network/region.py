"""What a change can reach, and that part of a network laid out to be simulated alone, with the same numbers to the last bit.

Orders go up to all suppliers, so whoever orders from a place reaches it. Goods go down, but a customer only feels its supplier where the
supplier cuts what is asked: a place that never cut a claim, in no scenario and no step, shields its customers and makers. So the reach of a change is
closed upward always and downward through the tight places. Customers outside the reach ask what they asked before; should a place cut one of
them that did not before, the reach was too small and grows.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from detectors.network.course import Part, Target
from detectors.network.flow_network import Indices
from detectors.network.kernel.plan import (
    ASKED_ROW,
    CLAIM_FIRST,
    CLAIM_LINK,
    CLAIM_OF_LINK,
    CLAIM_OF_USE,
    CLOSING_FIRST,
    HELD_ACCOUNT,
    IN_FIRST,
    INPUT_ACCOUNT,
    INPUT_CLAIM,
    KEPT_CLAIM,
    MAKER,
    NODE,
    NODE_IS_LIMITED,
    NODE_IS_SHARED,
    RING_FIRST,
    RING_ROWS,
    TAKEN_ROW,
    Plan,
    Start,
)
from detectors.network.layout import Layout, Members, closing_of

Bools = NDArray[np.bool_]


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
            whole.stock[account],
            whole.transit[link],
            whole.held[link],
            whole.expected[account],
            whole.sent_before[self.ring],
        )


class Reach:
    """Who feels whom in a layout: links, recipes, and nodes with a common capacity. Accounts by their place."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._account_at, self._link_at = np.argsort(layout.account), np.argsort(layout.link)
        plan = layout.plan
        self.source = _segment(plan.account_index[:, CLAIM_FIRST], plan.link_index[: plan.links, CLAIM_OF_LINK])
        self.end = _segment(plan.account_index[:, IN_FIRST], np.arange(plan.links))
        maker = plan.account_index[:-1, MAKER]
        output = np.empty(len(plan.maker_capacity), dtype=np.int64)
        output[maker[maker >= 0]] = np.flatnonzero(maker >= 0)
        self.output = output
        made = output[_segment(plan.input_first, np.arange(plan.input_first[-1]))]
        used = plan.input_index[:, INPUT_ACCOUNT]
        beside, other = self._neighbours()
        self.made, self.used = made, used
        self._from = np.concatenate([self.end, made, beside])
        self._to = np.concatenate([self.source, used, other])
        self._down_from = np.concatenate([self.source, used])
        self._down_to = np.concatenate([self.end, made])
        self.own, self.is_kept = plan.own, np.ones(len(plan.own), dtype=bool)

    def _neighbours(self) -> tuple[Indices, Indices]:
        """Accounts that share the capacity of their node, each with the next in a ring."""
        plan = self.layout.plan
        node = plan.account_index[:-1, NODE]
        together = (plan.node_index[:, NODE_IS_SHARED] > 0) & (plan.node_index[:, NODE_IS_LIMITED] > 0)
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

    def crossing(self, is_tight: Bools) -> Bools:
        """The claims (rows of ``own`` of the whole plan) whose customer may be outside of some reach their source is in, so long as no account
        is less tight: not those on tight accounts, nor those between accounts that feel all of each other.
        """
        down, accounts = is_tight[self._down_from], self.layout.plan.accounts
        from_ = np.concatenate([self._from, self._down_from[down]])
        to = np.concatenate([self._to, self._down_to[down]])
        graph = csr_array((np.ones(len(from_)), (from_, to)), shape=(accounts, accounts))
        together = connected_components(graph, directed=True, connection="strong")[1]
        return np.asarray(~is_tight[self._down_from] & (together[self._down_from] != together[self._down_to]))

    def keep(self, chosen: Bools) -> int:
        """From now on regions keep only the ``chosen`` claims; gives the number of rows they need."""
        own = self.layout.plan.own.copy()
        is_input = own[:, ASKED_ROW] != own[:, TAKEN_ROW]
        asked, taken = int(chosen.sum()), int((chosen & is_input).sum())
        own[:, ASKED_ROW] = np.where(chosen, np.cumsum(chosen) - 1, -1)
        own[:, TAKEN_ROW] = np.where(is_input, asked + np.cumsum(chosen & is_input) - 1, own[:, ASKED_ROW])
        self.is_kept, self.own = chosen, own
        return asked + taken

    def touched(self, parts: Iterable[Part]) -> Bools:
        """The accounts on which other courses of these parts act at once (A)."""
        layout, touched = self.layout, np.zeros(self.layout.plan.accounts, dtype=bool)
        for target, number in parts:
            if target is Target.NODE:
                touched |= layout.plan.account_index[:-1, NODE] == number
            elif target is Target.MAKER:
                touched[self.output[number]] = True
            elif target is Target.LINK:
                touched[self.end[self._link_at[number]]] = True
            else:
                touched[self._account_at[number]] = True
        return touched

    def cut_out(self, inside: Bools) -> Region:
        """The region of the accounts ``inside``, which must be closed as ``of`` gives it. Links to customers outside come last."""
        whole, layout = self.layout.plan, self.layout
        account, is_own = np.flatnonzero(inside), inside[self.end]
        link = np.concatenate([np.flatnonzero(is_own), np.flatnonzero(inside[self.source] & ~is_own)])
        node = np.unique(whole.account_index[account, NODE])
        maker_of = whole.account_index[account, MAKER]
        maker = np.sort(maker_of[maker_of >= 0])
        claim = _spans(whole.account_index[:, CLAIM_FIRST], account)
        entry = _spans(whole.input_first, maker)
        at_account, at_link, at_claim, at_maker = (
            _places(account, whole.accounts),
            _places(link, whole.links),
            _places(claim, len(whole.claim_index)),
            _places(maker, len(whole.maker_capacity)),
        )
        account_index = np.append(whole.account_index[account], whole.account_index[:1], axis=0)
        account_index[:, IN_FIRST] = _first(whole.account_index[:, IN_FIRST], account)
        account_index[:, CLAIM_FIRST] = _first(whole.account_index[:, CLAIM_FIRST], account)
        account_index[:-1, CLAIM_OF_USE] = _moved(at_claim, account_index[:-1, CLAIM_OF_USE])
        account_index[:-1, MAKER] = _moved(at_maker, maker_of)
        account_index[:-1, NODE] = np.searchsorted(node, account_index[:-1, NODE])
        link_index = np.append(whole.link_index[link], whole.link_index[:1], axis=0)
        link_index[:-1, CLAIM_OF_LINK] = at_claim[link_index[:-1, CLAIM_OF_LINK]]
        link_index[:, RING_FIRST] = np.concatenate([[0], np.cumsum(link_index[:-1, RING_ROWS])])
        claim_index = whole.claim_index[claim]
        claim_index[:, CLAIM_LINK] = _moved(at_link, claim_index[:, CLAIM_LINK])
        input_index = whole.input_index[entry]
        input_index[:, INPUT_ACCOUNT] = at_account[input_index[:, INPUT_ACCOUNT]]
        input_index[:, INPUT_CLAIM] = at_claim[input_index[:, INPUT_CLAIM]]
        source, end = np.concatenate([self.source, self.used]), np.concatenate([self.end, self.made])
        is_given = inside[source] & ~inside[end]
        own, given = self.own[inside[end] & self.is_kept], self.own[is_given]
        for table in (own, given):
            table[:, KEPT_CLAIM] = at_claim[table[:, KEPT_CLAIM]]
            table[:, HELD_ACCOUNT] = _moved(at_account, table[:, HELD_ACCOUNT])
        is_made = inside[self.made]
        waiting = np.concatenate([self.used[is_made], self.end[is_own]])
        for_ = np.concatenate([self.made[is_made], self.source[is_own]])
        closing, account_index[:, CLOSING_FIRST] = closing_of(
            len(account), at_account[waiting], at_account[for_], at_account[source[is_given]]
        )
        late = at_link[whole.late_link]
        plan = whole._replace(
            accounts=len(account),
            links=len(link),
            nodes=len(node),
            account_number=whole.account_number[account],
            account_index=account_index,
            link_number=whole.link_number[link],
            link_index=link_index,
            claim_index=claim_index,
            claim_contract=whole.claim_contract[claim],
            input_number=whole.input_number[entry],
            input_index=input_index,
            input_first=_first(whole.input_first, maker),
            maker_capacity=whole.maker_capacity[maker],
            node_capacity=whole.node_capacity[node],
            node_index=whole.node_index[node],
            late_link=late[late >= 0],
            closing=closing,
            own=own,
            given=given,
        )
        return Region(
            plan=plan,
            number=Members(layout.account[account], layout.link[link], layout.maker[maker], layout.node[node]),
            at=Members(account, link, maker, node),
            own_links=np.arange(np.count_nonzero(is_own)),
            ring=_spans(whole.link_index[:, RING_FIRST], link),
            shields=at_account[np.unique(source[is_given])],
        )


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
