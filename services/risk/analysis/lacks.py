"""What will lack where and when in a course of things, as the question a remedy answers."""

from collections.abc import Container, Sequence

import numpy as np

from detectors.network.trajectories import Trajectories
from detectors.network.uncertainty import Floats
from services.risk.analysis.part import Part
from services.risk.analysis.reach import hours_down
from services.risk.blueprint import Blueprint, Place
from services.risk.reasons import is_shown
from services.risk.remedy import Lack, Question
from services.risk.state.network import HANDS_ON
from services.risk.state.world import World
from services.runtime.clock import from_us

MOST = 8
_LEAST_DAYS = 0.05


def questions_of(
    blueprint: Blueprint,
    world: World,
    anyway: Trajectories,
    found: Trajectories,
    gone: Sequence[Part],
    closed: Container[str] | None = None,
) -> list[Question]:
    """What lacks beyond what lacks anyway, on the mean of the futures: first only where the ``gone`` parts delivered to, for what is covered there
    does not arise further down; then at all places that lose most. Empty when nothing lacks. The gone parts help nobody; of them the ``closed``
    nodes, by default all, need nothing themselves.

    A place lacks what it would take to stay at its minimum, to serve its own use and to make what it makes at rest.
    """
    b = blueprint
    need, before = _need(world, found, anyway), _need(world, anyway, anyway)
    gap = np.maximum.accumulate(np.maximum(need - np.maximum(before, 0.0), 0.0), axis=0)
    value = _value(b, world)
    weak = {p.node for p in gone if not p.end}
    lost_nodes = weak if closed is None else {node for node in weak if node in closed}
    order = [a for a in np.argsort(-gap[-1] * value, kind="stable").tolist() if _counts(b, world, a, float(gap[-1, a]))]
    below = _downstream(b, gone) - lost_nodes
    order = [a for a in order if b.places[a][0] in below]
    direct = [a for a in order if b.places[a] in _receivers(b, gone)][:MOST]
    wider = [*direct, *(a for a in order if a not in direct)][:MOST]
    hours = np.diff([0.0, *found.marks.tolist()])

    def question(accounts: list[int]) -> Question:
        return Question(
            chain=b.chain,
            now=from_us(world.as_of_us),
            edges_h=[0.0, *found.marks.tolist()],
            lacks=[_lack(b, world, a, gap[:, a], hours, float(value[a])) for a in accounts],
            stocks={place: float(world.stock.value[a]) for place, a in b.account.items() if a in b.stocks},
            lost_nodes=frozenset(lost_nodes | (weak - {b.places[a][0] for a in accounts})),
            lost_ways=frozenset((p.node, p.end, p.product) for p in gone if p.end),
        )

    return [question(accounts) for accounts in (direct, wider) if accounts][: 1 if direct == wider else 2]


def _receivers(b: Blueprint, gone: Sequence[Part]) -> set[Place]:
    """Places that the gone parts deliver to, through places that only hand on."""
    waiting = [(p.end, p.product) for p in gone if p.end]
    waiting += [(k.target, k.product) for p in gone if not p.end for k in b.links if k.source == p.node]
    found: set[Place] = set()
    while waiting:
        place = waiting.pop()
        if place in found:
            continue
        found.add(place)
        if b.nodes[place[0]].kind in HANDS_ON:
            waiting += [(k.target, k.product) for k in b.links if (k.source, k.product) == place]
    return found


def _downstream(b: Blueprint, gone: Sequence[Part]) -> set[str]:
    """Nodes that a shortage can reach: those the goods of the gone parts go to. Further up there is no lack, only no room."""
    ends = {p.end for p in gone if p.end}
    ends |= {k.target for p in gone if not p.end for k in b.links if k.source == p.node}
    return {node for end in ends for node in hours_down(b, end)}


def _need(world: World, found: Trajectories, anyway: Trajectories) -> Floats:
    """Amount (H, A) that would have to come by each mark, mean over the futures. Lost output is charged to the inputs that ran out:
    sooner than anyway, and before the output had no room."""
    network = world.living.network
    under = np.where(network.target > 0, network.minimum - found.stock, 0.0)
    need = np.maximum(under, 0.0) + np.maximum(found.unserved, 0.0)
    sooner = found.to_zero < anyway.to_zero
    for number, maker in enumerate(network.makers):
        for item in maker.inputs:
            ends = found.to_zero[:, item.account]
            is_missing = sooner[:, item.account] & (ends < found.to_maximum[:, maker.output])
            is_out = is_missing[:, None] & (ends[:, None] <= found.marks[None, :])
            need[:, :, item.account] += np.where(is_out, found.lost[:, :, number] * item.per_unit, 0.0)
    return np.asarray(need.mean(axis=0))


def _value(b: Blueprint, world: World) -> Floats:
    """CNY lost per unit that lacks: the value of the place's own product, per unit of input where it is one."""
    value = np.array([b.nodes[node].value_cny_per_unit for node, _ in b.places])
    for maker in world.living.network.makers:
        for item in maker.inputs:
            value[item.account] = value[maker.output] / item.per_unit
    return value


def _counts(b: Blueprint, world: World, account: int, amount: float) -> bool:
    """True for a place that may ask for help: it uses the product itself or makes something of it, and lacks more than an hour of it."""
    through = 24 * float(world.living.rest.through[account])
    is_used = b.normal_use[account] > 0 or any(account == i for c in b.converters for i, _ in c.inputs)
    return is_used and is_shown(b.places[account][1]) and amount > _LEAST_DAYS * through > 0


def _lack(b: Blueprint, world: World, account: int, gap: Floats, hours: Floats, value: float) -> Lack:
    amounts = np.diff(gap, prepend=0.0)
    usual = float(world.living.rest.through[account]) * hours
    return Lack(
        place=b.places[account],
        amounts=amounts.tolist(),
        arriving=np.maximum(usual - amounts, 0.0).tolist(),
        value_cny=value,
    )
