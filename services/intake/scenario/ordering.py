"""Ordering: every receiver asks for what it expects to use, and a part of what its stock lacks."""

from dataclasses import dataclass

import numpy as np

from services.intake.scenario.layout import Floats, totals
from services.intake.scenario.rationing import spread
from services.intake.scenario.state import State
from services.intake.scenario.world import World

_PIPE_H = 4.0
_EXPECT_RANGE_H = (6.0, 96.0)
_CORRECT_RANGE_H = (3.0, 120.0)
_QUEUE_H = 36.0
_CATCH_UP = 1.5


@dataclass(frozen=True)
class Ordering:
    """The ordering rule of one world. It counts goods on the way, so that it neither swings nor overfills."""

    world: World
    expect_h: Floats
    correct_h: Floats
    inbound_limit: Floats
    buys: Floats

    @classmethod
    def of(cls, world: World) -> "Ordering":
        """Prepare for a world."""
        layout = world.layout
        cover_h = np.divide(
            world.target,
            world.equilibrium.hold,
            out=np.full(len(world.target), _PIPE_H),
            where=world.equilibrium.hold > 0,
        )
        holds = len(world.target)
        return cls(
            world,
            expect_h=np.where(layout.hold_has_stock, np.clip(0.4 * cover_h, *_EXPECT_RANGE_H), _PIPE_H),
            correct_h=np.where(layout.hold_has_stock, np.clip(0.25 * cover_h, *_CORRECT_RANGE_H), _PIPE_H),
            inbound_limit=totals(layout.link_target, layout.link_capacity, holds),
            buys=(~layout.link_is_grid).astype(np.float64),
        )

    def place(self, state: State, node_factor: Floats, link_factor: Floats) -> None:
        """Set ``state.orders`` from the needs of this hour and the orders received."""
        layout = self.world.layout
        outward = totals(layout.link_source, state.orders * self.buys, len(state.stock)) + state.need
        state.expected += (outward - state.expected) / self.expect_h
        coming = totals(layout.link_target, state.on_way, len(state.stock))
        travel = totals(layout.link_target, state.weight * layout.link_lead, len(state.stock))
        gap = self.world.target * state.hoard + state.expected * travel - state.stock - coming
        most = np.minimum(self.inbound_limit, _CATCH_UP * np.maximum(self.world.equilibrium.hold, state.expected))
        carried = layout.node_is_carrier[layout.hold_node]
        usable = (layout.node_capacity * node_factor * state.powered)[layout.hold_node]
        empty_carrier = carried & ~layout.hold_has_stock
        most = np.where(empty_carrier, np.minimum(most, usable), most)
        wanted = np.clip(state.expected + gap / self.correct_h, 0.0, most)
        state.orders = self._split(wanted, state, link_factor)

    def _split(self, wanted: Floats, state: State, link_factor: Floats) -> Floats:
        """Split by weight; what a full link cannot take goes to links with room that are in use."""
        layout = self.world.layout
        jam = np.clip(2.0 - state.queue / np.maximum(_QUEUE_H * self.world.equilibrium.link, 1.0) * 2.0, 0.0, 1.0)
        capacity = layout.link_capacity * link_factor * np.where(self.world.equilibrium.link > 0, jam, 1.0) * self.buys
        first = np.minimum(wanted[layout.link_target] * state.weight, capacity)
        missing = np.maximum(0.0, wanted - totals(layout.link_target, first, len(wanted)))
        room = (capacity - first) * (state.weight > 0) * state.reliability
        orders: Floats = first + spread(missing, layout.link_target, room)
        return orders
