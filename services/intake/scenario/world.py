"""The hidden world: true parameters, drawn per seed around the configured ones.

``mismatch`` 0 is the chain as configured, 1 is the usual distance of a model from life (recipes ±10 %, lead times ±30 %,
capacities ±10 %, biased stock surveys, some configured links dead, some unconfigured ones in use, recoveries of other
shapes), 2 is twice that. A chain that has lived for years is viable: what the draw would make impossible at rest is
raised to what rest needs, and no more than a few per cent above.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from msgspec import structs

from schemas.chain import Chain, Link, Stock
from services.intake.scenario.equilibrium import Equilibrium, equilibrium_of
from services.intake.scenario.layout import GRID, HOURS_PER_DAY, Floats, Layout, layout_of
from services.intake.scenario.scenario import Disruption, Recovery
from services.intake.scenario.seeds import Stream, generator

_RECIPE, _LEAD, _CAPACITY, _SURVEY, _SHARE, _TARGET = 0.10, 0.30, 0.10, 0.05, 0.15, 0.03
_DEAD_CHANCE, _HIDDEN_CHANCE = 0.04, 0.12
_NODE_HEADROOM, _LINK_HEADROOM = 1.035, 1.06
_PIPE_BUFFER_H, _ROOM_H = 6.0, 36.0
_MISMATCHES = (0, 1, 2)


@dataclass(frozen=True)
class Habits:
    """How people here adapt: see :mod:`services.intake.scenario.adaptation`. Times in hours, the rest are shares."""

    reroute_h: float
    dormant_after_h: float
    dormant_works: float
    cut_depth: float
    hoarding: float
    contract_share: float


@dataclass(frozen=True)
class World:
    """True parameters. ``survey_bias`` is reported stock over true stock per holding; ``target`` is what operators aim at."""

    layout: Layout
    mismatch: int
    seed: int
    share: Floats
    equilibrium: Equilibrium
    target: Floats
    room: Floats
    survey_bias: Floats
    dormant: Floats
    habits: Habits


def draw_world(chain: Chain, seed: int, mismatch: int) -> World:
    """Draw the world of a seed.

    Raises ValueError when mismatch is not 0, 1 or 2.
    """
    if mismatch not in _MISMATCHES:
        raise ValueError(f"mismatch {mismatch} is not 0, 1 or 2")
    source = generator(seed, Stream.WORLD)
    true_chain = _viable(_true_chain(chain, source, mismatch))
    layout = layout_of(true_chain)
    rest = equilibrium_of(layout, layout.link_share)
    target = _targets(layout, rest, source, mismatch)
    room = np.where(
        layout.hold_has_stock,
        np.maximum(layout.hold_maximum, target * 1.05),
        np.maximum(rest.hold * _ROOM_H, target * 2.0),
    )
    bias = 1.0 + _SURVEY * mismatch * source.uniform(-1.0, 1.0, len(target))
    dormant = np.where((layout.link_share <= 0) & (layout.link_capacity > 0), 1.0, 0.0)
    habits = _habits(source, mismatch)
    dormant *= source.random(len(dormant)) < habits.dormant_works
    return World(layout, mismatch, seed, layout.link_share, rest, target, room, bias, dormant, habits)


def true_disruptions(disruptions: Sequence[Disruption], seed: int, mismatch: int) -> list[Disruption]:
    """What happens in truth: where history does not fix the end, recovery takes another shape and another time than announced."""
    if mismatch == 0:
        return list(disruptions)
    redrawn = []
    for disruption in disruptions:
        source = generator(seed, Stream.RECOVERY, zlib.crc32(disruption.id.encode()))
        shape = list(Recovery)[int(source.integers(1, len(Recovery)))]
        stretch = float(np.exp(source.normal(0.0, 0.2 * mismatch)))
        tail = max(disruption.recovery_h, 0.1 * disruption.hold_h) * stretch
        is_free = not disruption.is_fixed and disruption.daily_h <= 0
        redrawn.append(structs.replace(disruption, recovery=shape, recovery_h=tail) if is_free else disruption)
    return redrawn


def _habits(source: np.random.Generator, mismatch: int) -> Habits:
    spread = 0.3 * mismatch
    wobble = 1.0 + spread * source.uniform(-1.0, 1.0, 5)
    return Habits(
        reroute_h=60.0 * float(wobble[0]),
        dormant_after_h=72.0 * float(wobble[1]),
        dormant_works=1.0 - 0.25 * mismatch,
        cut_depth=0.04 * float(wobble[2]),
        hoarding=0.5 * float(wobble[3]),
        contract_share=0.5 * float(wobble[4]),
    )


def _targets(layout: Layout, rest: Equilibrium, source: np.random.Generator, mismatch: int) -> Floats:
    lead = np.zeros(len(layout.hold_node))
    np.maximum.at(lead, layout.link_target, layout.link_lead.astype(np.float64))
    is_demand = layout.node_is_demand[layout.hold_node]
    pipe = rest.hold * (_PIPE_BUFFER_H + np.where(is_demand, lead, 0.0))
    aim = layout.hold_normal * (1.0 + _TARGET * mismatch * source.uniform(-1.0, 1.0, len(pipe)))
    target: Floats = np.where(layout.hold_has_stock, aim, pipe)
    power = np.zeros(len(pipe), dtype=bool)
    power[layout.link_target[layout.link_is_grid]] = True
    power[layout.link_source[layout.link_is_grid]] = True
    target[power & ~layout.hold_has_stock] = 0.0
    return target


def _true_chain(chain: Chain, source: np.random.Generator, mismatch: int) -> Chain:
    def around(width: float, count: int) -> list[float]:
        factors: list[float] = (1.0 + width * mismatch * source.uniform(-1.0, 1.0, count)).tolist()
        return factors

    recipe, room = around(_RECIPE, len(chain.recipes)), around(_CAPACITY, len(chain.nodes))
    recipes = [structs.replace(r, per_unit_output=r.per_unit_output * recipe[i]) for i, r in enumerate(chain.recipes)]
    nodes = [structs.replace(n, capacity=n.capacity * room[i]) for i, n in enumerate(chain.nodes)]
    lead, width, share = (around(spread, len(chain.links)) for spread in (_LEAD, _CAPACITY, _SHARE))
    links = [
        structs.replace(
            x,
            lead_time_h=x.lead_time_h * max(0.3, lead[i]),
            capacity=x.capacity * width[i],
            share_normal=x.share_normal * share[i],
        )
        for i, x in enumerate(chain.links)
    ]
    links = _with_dead_links(links, source, mismatch) + _hidden_links(chain, source, mismatch)
    return structs.replace(chain, recipes=recipes, nodes=nodes, links=_normalised(links))


def _with_dead_links(links: list[Link], source: np.random.Generator, mismatch: int) -> list[Link]:
    """Some small configured links carry nothing in truth, where the receiver has a larger supplier."""
    draws = source.random(len(links))
    largest: dict[tuple[str, str], float] = {}
    for link in links:
        key = (link.target, link.product)
        largest[key] = max(largest.get(key, 0.0), link.share_normal)
    is_dead = [
        x.mode != GRID
        and 0 < x.share_normal <= 0.25
        and largest[(x.target, x.product)] >= 0.4
        and draws[i] < _DEAD_CHANCE * mismatch
        for i, x in enumerate(links)
    ]
    return [
        structs.replace(x, share_normal=0.0, capacity=0.0) if dead else x
        for x, dead in zip(links, is_dead, strict=True)
    ]


def _hidden_links(chain: Chain, source: np.random.Generator, mismatch: int) -> list[Link]:
    """Lorries nobody configured: some plants take a tenth of their coal from a mine that sells by road."""
    mines = {n.id for n in chain.nodes if n.kind == "mine"}
    sellers = sorted(mines & {x.source for x in chain.links if x.mode == "road" and x.product == "steam_coal"})
    known = {(x.source, x.target, x.product) for x in chain.links}
    plants = {n.id for n in chain.nodes if n.kind.endswith("_plant") or n.kind.startswith("ctl")}
    hidden = []
    for stock in chain.stocks:
        chance, pick = source.random(), source.random()
        is_plant = stock.role == "input" and stock.product == "steam_coal" and stock.node in plants
        if not sellers or not is_plant or chance >= _HIDDEN_CHANCE * mismatch:
            continue
        seller = sellers[int(pick * len(sellers))]
        if (seller, stock.node, stock.product) not in known:
            hidden.append(_lorries(seller, stock))
    return hidden


def _lorries(seller: str, stock: Stock) -> Link:
    return Link(
        source=seller,
        target=stock.node,
        product=stock.product,
        mode="road",
        capacity=stock.daily_use * 0.3,
        unit="t/d",
        lead_time_h=4.0,
        share_normal=0.1,
    )


def _normalised(links: list[Link]) -> list[Link]:
    total: dict[tuple[str, str], float] = {}
    for link in links:
        key = (link.target, link.product)
        total[key] = total.get(key, 0.0) + link.share_normal
    return [
        structs.replace(x, share_normal=x.share_normal / total[(x.target, x.product)]) if x.share_normal > 0 else x
        for x in links
    ]


def _viable(chain: Chain) -> Chain:
    """Raise capacities to what rest needs with a few per cent to spare."""
    layout = layout_of(chain)
    rest = equilibrium_of(layout, layout.link_share)
    node_floor, link_floor = HOURS_PER_DAY * _NODE_HEADROOM * rest.node, HOURS_PER_DAY * _LINK_HEADROOM * rest.link
    nodes = [structs.replace(n, capacity=max(n.capacity, float(node_floor[i]))) for i, n in enumerate(chain.nodes)]
    links = [structs.replace(x, capacity=max(x.capacity, float(link_floor[i]))) for i, x in enumerate(chain.links)]
    full = _full_power(structs.replace(chain, nodes=nodes))
    links = [
        structs.replace(x, capacity=max(x.capacity, full.get(x.target, 0.0)))
        if x.mode == GRID and x.share_normal > 0
        else x
        for x in links
    ]
    return structs.replace(chain, nodes=nodes, links=links)


def _full_power(chain: Chain) -> dict[str, float]:
    """Power per day that each node needs at full capacity: its feeder is built for that, and a little for back-up."""
    fed = {(x.target, x.product) for x in chain.links if x.mode == GRID}
    capacity = {n.id: n.capacity for n in chain.nodes}
    full: dict[str, float] = {}
    for recipe in chain.recipes:
        if (recipe.node, recipe.input) in fed:
            full[recipe.node] = _LINK_HEADROOM * recipe.per_unit_output * capacity[recipe.node]
    return full
