"""Electricity: made in the hour it is used. Generators follow the load, a grid passes it on, back-up bridges gaps."""

from dataclasses import dataclass

import numpy as np

from services.intake.scenario.layout import Floats, Ints, Layout, totals
from services.intake.scenario.rationing import ration, spread
from services.intake.scenario.world import World

_REFILL_H = 12.0


@dataclass(frozen=True)
class Hub:
    """One grid node, or a source that feeds users directly (then ``inward`` is empty): its links in, in use and dormant."""

    node: int
    is_source: bool
    inward: Ints
    outward: Ints
    dormant: Ints


@dataclass(frozen=True)
class Dispatch:
    """What the hour's dispatch did: energy over each link, energy made and planned per generator (node), energy received per holding."""

    sent: Floats
    made: Floats
    planned: Floats
    received: Floats


class Power:
    """The dispatch of one world."""

    def __init__(self, world: World) -> None:
        layout = world.layout
        self._world = world
        grid = np.flatnonzero(layout.link_is_grid)
        self._hubs = _hubs(layout, grid)
        fed = np.zeros(len(layout.hold_node), dtype=bool)
        fed[layout.link_target[grid]] = True
        fed[[int(layout.node_out[h.node]) for h in self._hubs]] = False
        self.is_consumer = fed
        self.is_generator = np.zeros(len(layout.node_out), dtype=bool)
        self.is_generator[layout.hold_node[layout.link_source[grid]]] = True
        self.is_generator &= layout.node_is_producer

    def refill(self, stock: Floats) -> Floats:
        """Extra load that recharges back-up (per holding)."""
        world = self._world
        gap = np.maximum(0.0, world.target - stock) * self.is_consumer
        return np.minimum(gap / _REFILL_H, 0.2 * world.equilibrium.hold)

    def dispatch(
        self, load: Floats, able: Floats, node_factor: Floats, link_factor: Floats, weight: Floats
    ) -> Dispatch:
        """Serve ``load`` (per holding) from ``able`` (per node, what each generator can make this hour), urgent users first.

        What the links in use leave unserved is asked of dormant feeders.
        """
        layout = self._world.layout
        capacity = layout.link_capacity * link_factor
        wish = load[layout.link_target] * weight
        sent = np.zeros(len(capacity))
        planned = np.zeros(len(layout.node_out))
        for hub in self._hubs:
            asked = np.minimum(wish[hub.outward], capacity[hub.outward])
            limit = float(layout.node_capacity[hub.node] * node_factor[hub.node])
            self._serve(hub, hub.outward, asked, limit, able, capacity, weight, sent)
            planned[self._sources(hub)] += float(asked.sum()) * (1.0 if hub.is_source else weight[hub.inward])
        for hub in self._hubs:
            if hub.is_source and len(hub.dormant):
                lacking = np.maximum(0.0, load - totals(layout.link_target, sent, len(load)))
                asked = np.minimum(
                    lacking[layout.link_target[hub.dormant]], capacity[hub.dormant] * self._world.dormant[hub.dormant]
                )
                left = float(able[hub.node]) - float(sent[hub.outward].sum())
                sent[hub.dormant] = ration(
                    asked, _zeros(asked), layout.link_rank[hub.dormant], np.array([max(0.0, left)])
                )
        made = totals(layout.hold_node[layout.link_source], sent, len(planned)) * self.is_generator
        received = totals(layout.link_target, sent, len(load)) * self.is_consumer
        return Dispatch(sent=sent, made=made, planned=planned, received=received)

    def _sources(self, hub: Hub) -> Ints | list[int]:
        layout = self._world.layout
        return [hub.node] if hub.is_source else layout.hold_node[layout.link_source[hub.inward]]

    def _serve(
        self,
        hub: Hub,
        links: Ints,
        asked: Floats,
        limit: float,
        able: Floats,
        capacity: Floats,
        weight: Floats,
        sent: Floats,
    ) -> None:
        """Draw what the hub's users ask, share it out, and take back what the draw exceeded."""
        layout = self._world.layout
        total = min(float(asked.sum()), limit)
        if hub.is_source:
            drawn = min(total, float(able[hub.node]))
            sent[links] = ration(asked, _zeros(asked), layout.link_rank[links], np.array([drawn]))
            return
        room = np.minimum(capacity[hub.inward], np.maximum(0.0, able[layout.hold_node[layout.link_source[hub.inward]]]))
        first = np.minimum(total * weight[hub.inward], room)
        supply = first + spread(np.array([max(0.0, total - float(first.sum()))]), _zeros(room), room - first)
        sent[links] = ration(asked, _zeros(asked), layout.link_rank[links], np.array([float(supply.sum())]))
        served = float(sent[links].sum())
        sent[hub.inward] = supply * (served / float(supply.sum()) if supply.sum() > 0 else 0.0)


def _zeros(like: Floats) -> Ints:
    return np.zeros(len(like), dtype=np.int64)


def _hubs(layout: Layout, grid: Ints) -> list[Hub]:
    """Grid nodes, and sources with users of their own."""
    source, target = layout.hold_node[layout.link_source[grid]], layout.hold_node[layout.link_target[grid]]
    carriers = {int(n) for n in source if layout.node_is_carrier[n]}
    direct = {
        int(n) for n, t in zip(source, target, strict=True) if not layout.node_is_carrier[n] and int(t) not in carriers
    }
    in_use = layout.link_share[grid] > 0
    return [
        Hub(
            node=node,
            is_source=node in direct,
            inward=grid[(target == node) & in_use] if node in carriers else grid[:0],
            outward=grid[(source == node) & in_use],
            dormant=grid[(source == node) & ~in_use],
        )
        for node in sorted(carriers | direct)
    ]
