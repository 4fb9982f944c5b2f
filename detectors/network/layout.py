"""A flow network laid out for the kernel: accounts sorted so that goods flow onward, claims side by side, arrivals as tables."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from detectors.network.equilibrium import Rest
from detectors.network.flow_network import FlowNetwork, Indices
from detectors.network.grid import Floats
from detectors.network.habits import Habits, Rationing
from detectors.network.kernel.plan import (
    ACCOUNT_INDICES,
    ACCOUNT_NUMBERS,
    CLAIM_INDICES,
    INPUT_INDICES,
    INPUT_NUMBERS,
    KEPT_INDICES,
    LINK_INDICES,
    LINK_NUMBERS,
    NODE_INDICES,
    Plan,
)

_HUGE = 1e300


@dataclass(frozen=True, eq=False)
class Members:
    """The number in the network of each account, link, maker and node that is laid out."""

    account: Indices
    link: Indices
    maker: Indices
    node: Indices


@dataclass(frozen=True, eq=False)
class Layout(Members):
    """``plan`` for the kernel; ``lead_h`` as simulated, per laid-out link: where a loop closes within one coarse step, the longest link of the
    loop is taken to last that step. ``before`` is the number of hourly knots before now.
    """

    plan: Plan
    lead_h: Floats
    before: int


def lay_out(network: FlowNetwork, rest: Rest, grid: Floats, habits: Habits) -> Layout:
    """Lay out for a grid and habits. Raises ValueError for recipes that need themselves."""
    step = float(np.diff(grid).max())
    lead = np.where(_cuts(network, network.lead_h, step), step, network.lead_h)
    late = _cuts(network, lead, np.inf)
    account = _sorted(network, late)
    place = np.empty_like(account)
    place[account] = np.arange(len(account))
    claims = _Claims(network, account, place, habits)
    link = claims.link_order
    before = int(np.ceil(lead.max(initial=0.0))) + 1
    tables = _Tables(lead[link], grid, before)
    plan = _plan(network, rest, habits, account, place, claims, lead[link], np.flatnonzero(late[link]), tables)
    maker, node = np.arange(len(network.makers)), np.arange(network.node_count)
    return Layout(account, link, maker, node, plan, lead[link], before)


def closing_of(accounts: int, waiting: Indices, for_: Indices, outside: Indices) -> tuple[Indices, Indices]:
    """The order in which accounts are closed and, per account, how many are closed before it is served (A + 1). All by place: those ``waiting``
    are closed after others ``for_`` which they wait are served, those with customers ``outside`` after all.

    An account waits for what is made of it, as until then it is drawn from, and for its suppliers, as until then nothing is granted to it.
    """
    last = np.arange(accounts)
    np.maximum.at(last, waiting, for_)
    last[outside] = accounts - 1
    return np.argsort(last, kind="stable"), np.searchsorted(np.sort(last), np.arange(accounts + 1))


def _recipe_edges(network: FlowNetwork) -> tuple[Indices, Indices]:
    made = np.array([(i.account, m.output) for m in network.makers for i in m.inputs], np.int64).reshape(-1, 2)
    return made[:, 0], made[:, 1]


def _cuts(network: FlowNetwork, lead: Floats, below: float) -> NDArray[np.bool_]:
    """Which links open every loop of recipes and links of lead times ``below`` so many hours: in each loop the longest, the last of equals."""
    of, into = _recipe_edges(network)
    is_cut = np.zeros(network.link_count, dtype=bool)
    while True:
        link = np.flatnonzero((lead < below) & ~is_cut)
        source, end = np.concatenate([network.source[link], of]), np.concatenate([network.end[link], into])
        label = _loops(source, end, network.account_count)
        inside = label[source] == label[end]
        if not inside.any():
            return is_cut
        looped = link[inside[: len(link)]]
        if not len(looped):
            raise ValueError("recipes need themselves: what a maker makes goes into its own inputs without any link")
        loop = label[network.source[looped]]
        order = np.lexsort((looped, lead[looped], loop))
        is_last = np.append(np.diff(loop[order]) != 0, True)
        is_cut[looped[order[is_last]]] = True


def _loops(source: Indices, end: Indices, count: int) -> Indices:
    graph = csr_array((np.ones(len(source)), (source, end)), shape=(count, count))
    return np.asarray(connected_components(graph, directed=True, connection="strong")[1], dtype=np.int64)


def _sorted(network: FlowNetwork, late: NDArray[np.bool_]) -> Indices:
    """Accounts so that each comes after those that feed it, over links that are not ``late``: by depth, then number."""
    of, into = _recipe_edges(network)
    source, end = np.concatenate([network.source[~late], of]), np.concatenate([network.end[~late], into])
    depth = np.zeros(network.account_count, dtype=np.int64)
    waiting = np.bincount(end, minlength=network.account_count)
    order = np.argsort(source, kind="stable")
    first = np.searchsorted(source[order], np.arange(network.account_count + 1))
    ready = np.flatnonzero(waiting == 0).tolist()
    while ready:
        account = ready.pop()
        for edge in order[first[account] : first[account + 1]]:
            after = int(end[edge])
            depth[after] = max(depth[after], depth[account] + 1)
            waiting[after] -= 1
            if waiting[after] == 0:
                ready.append(after)
    return np.lexsort((np.arange(len(depth)), depth)).astype(np.int64)


class _Claims:
    """What is drawn from each account: own use, inputs of makers, links; per account in order of urgency."""

    def __init__(self, network: FlowNetwork, account: Indices, place: Indices, habits: Habits) -> None:
        inputs = [(i.account, m.priority) for m in network.makers for i in m.inputs]
        users = np.flatnonzero(network.demand > 0)
        of = np.concatenate([users, np.array([i for i, _ in inputs], np.int64), network.source])
        kind = np.repeat([0, 1, 2], [len(users), len(inputs), network.link_count])
        number = np.concatenate([users, np.arange(len(inputs)), np.arange(network.link_count)])
        rank = np.concatenate(
            [network.priority[users], np.array([p for _, p in inputs], np.int64), network.link_priority]
        )
        if habits.rationing is Rationing.PROPORTIONAL:
            rank = np.zeros_like(rank)
        order = np.lexsort((number, kind, rank, place[of]))
        kind, number, rank, of = kind[order], number[order], rank[order], of[order]
        self.rank = rank
        self.first = np.searchsorted(place[of], np.arange(len(account) + 1))
        leaving = number[kind == 2]
        arriving = np.argsort(place[network.end[leaving]], kind="stable")
        self.link_order = leaving[arriving]
        self.of_link = np.flatnonzero(kind == 2)[arriving]
        self.link = np.full(len(of), -1, dtype=np.int64)
        self.link[self.of_link] = np.arange(network.link_count)
        self.of_use = np.full(network.account_count, -1, dtype=np.int64)
        self.of_use[place[number[kind == 0]]] = np.flatnonzero(kind == 0)
        self.of_input = np.empty(len(inputs), dtype=np.int64)
        self.of_input[number[kind == 1]] = np.flatnonzero(kind == 1)
        self.contract = np.ones(len(of))
        self.contract[self.of_link] = network.contract[self.link_order]


def _kept_claims(claims: "_Claims", holding: list[int]) -> Indices:
    """Claims of links and inputs, and their places in what is kept: links, what inputs ask, what they take; ``holding`` accounts of inputs."""
    links, inputs = len(claims.of_link), len(claims.of_input)
    claim = np.concatenate([claims.of_link, claims.of_input])
    asked = np.arange(links + inputs)
    taken = np.where(asked < links, asked, asked + inputs)
    return np.stack([claim, asked, taken, np.array([-1] * links + holding, dtype=np.int64)], axis=1)


class _Tables:
    """For each lead time and step: where the arrivals of the step lie on the curve of what was sent, and the part sent and arriving in it."""

    def __init__(self, lead: Floats, grid: Floats, before: int) -> None:
        leads, self.row = np.unique(lead, return_inverse=True)
        knots = np.concatenate([np.arange(-before, 0.0), grid])
        current = before + np.arange(len(grid) - 1)
        until = grid[None, 1:] - leads[:, None]
        begin, step = grid[:-1], np.diff(grid)
        self.part = np.clip((until - begin) / step, 0.0, 1.0)
        at = np.clip(np.searchsorted(knots, until, side="right") - 1, 0, None)
        self.index = np.minimum(at, current[None, :])
        span = knots[np.minimum(self.index + 1, len(knots) - 1)] - knots[self.index]
        self.weight = np.where(self.part > 0, 0.0, np.clip((until - knots[self.index]) / span, 0.0, 1.0))
        self.rows = (current[None, :] - self.index).max(axis=1) + 2
        self.rows = np.maximum(self.rows, np.ceil(leads).astype(np.int64) + 2)
        knot = np.stack([self.index, self.index + 1, np.broadcast_to(current + 1, self.index.shape)], axis=2)
        self.knot = np.ascontiguousarray((knot % self.rows[:, None, None]).swapaxes(0, 1))
        self.share = np.ascontiguousarray(np.stack([self.weight, self.part], axis=2).swapaxes(0, 1))


def _plan(
    network: FlowNetwork,
    rest: Rest,
    habits: Habits,
    account: Indices,
    place: Indices,
    claims: _Claims,
    lead: Floats,
    late: Indices,
    tables: _Tables,
) -> Plan:
    link, gain = claims.link_order, network.gain[claims.link_order]
    end = place[network.end[link]]
    ring_rows = tables.rows[tables.row]
    maker = np.full(network.account_count, -1, dtype=np.int64)
    for number, made in enumerate(network.makers):
        maker[place[made.output]] = number
    counts = [len(m.inputs) for m in network.makers]
    entries = [i for m in network.makers for i in m.inputs]
    holding = [place[i.account] if i.is_essential and network.target[i.account] > 0 else -1 for i in entries]
    node = network.node[account]
    users = np.bincount(network.node[np.unique(network.source)], minlength=network.node_count)
    target = network.target[account]
    through = rest.through[account]
    has_stock = target > 0
    room = np.minimum(network.node_capacity, _HUGE)
    found: dict[str, NDArray[np.generic]] = dict(  # noqa: C408  # as the names of the rows
        in_first=np.searchsorted(end, np.arange(network.account_count + 1)),
        claim_first=claims.first,
        claim_link=claims.link,
        claim_rank=claims.rank,
        claim_of_link=claims.of_link,
        claim_of_use=claims.of_use,
        maker=maker,
        input_account=np.array([place[i.account] for i in entries], dtype=np.int64),
        input_claim=claims.of_input,
        input_per_unit=np.array([i.per_unit for i in entries], dtype=np.float64),
        input_loss=np.array([-1.0 if i.is_essential else i.loss for i in entries], dtype=np.float64),
        is_input=np.isin(np.arange(network.account_count), [place[i.account] for i in entries]),
        node=node,
        node_is_shared=users > 1,
        node_is_limited=np.isfinite(network.node_capacity),
        target=target,
        minimum=network.minimum[account],
        maximum=np.minimum(network.maximum[account], _HUGE),
        demand=network.demand[account],
        through=through,
        coming_at_rest=np.bincount(end, weights=gain * rest.flow[link] * lead, minlength=network.account_count),
        leaving=np.bincount(place[network.source[link]], weights=rest.flow[link], minlength=network.account_count),
        made_share=network.made_share()[account],
        has_stock=has_stock,
        pooled=network.pooled[account],
        follow=np.where(network.made_share()[account] > 0, 0.0, habits.follow),
        floor=np.where(has_stock, _floors(network, habits)[account], 0.0),
        link_gain=gain,
        link_capacity=np.minimum(network.capacity[link], _HUGE),
        link_release=np.minimum(network.release[link], _HUGE),
        link_weight=network.weights()[link],
        link_flow=rest.flow[link],
        lead_row=tables.row.astype(np.int64),
        ring_first=np.concatenate([[0], np.cumsum(ring_rows)]).astype(np.int64),
        ring_rows=ring_rows.astype(np.int64),
    )

    def numbers(names: tuple[str, ...], width: int) -> Floats:
        table = np.zeros((width, len(names)))
        for column, name in enumerate(names):
            table[: len(found[name]), column] = found[name]
        return table

    def indices(names: tuple[str, ...], width: int) -> Indices:
        return numbers(names, width).astype(np.int64)

    accounts, links = network.account_count, network.link_count
    of, into = _recipe_edges(network)
    waiting, for_ = np.concatenate([of, network.end]), np.concatenate([into, network.source])
    closing, found["closing_first"] = closing_of(accounts, place[waiting], place[for_], np.zeros(0, dtype=np.int64))
    return Plan(
        accounts=accounts,
        links=links,
        nodes=network.node_count,
        account_number=numbers(ACCOUNT_NUMBERS, accounts),
        account_index=indices(ACCOUNT_INDICES, accounts + 1),
        link_number=numbers(LINK_NUMBERS, links),
        link_index=indices(LINK_INDICES, links + 1),
        claim_index=indices(CLAIM_INDICES, len(claims.link)),
        claim_contract=claims.contract,
        input_number=numbers(INPUT_NUMBERS, len(entries)),
        input_index=indices(INPUT_INDICES, len(entries)),
        input_first=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        maker_capacity=np.minimum(np.array([m.capacity for m in network.makers], dtype=np.float64), _HUGE),
        node_capacity=room,
        node_index=indices(NODE_INDICES, network.node_count),
        arrival_row=tables.knot,
        arrival_share=tables.share,
        late_link=late,
        closing=closing,
        own=_kept_claims(claims, holding),
        given=np.zeros((0, len(KEPT_INDICES)), dtype=np.int64),
    )


def _floors(network: FlowNetwork, habits: Habits) -> Floats:
    """Least part (A) of the usual rate that goes on being made whatever is asked; -1 where a maker follows what is asked at once."""
    floors = np.where(network.made_share() > 0, habits.floor, 0.0)
    for maker in network.makers:
        if maker.floor is not None:
            floors[maker.output] = maker.floor
    floors[[m.output for m in network.makers if m.follows_demand]] = -1.0
    return floors
