"""Making and using: plans, recipes, room in the tank, load cuts."""

from dataclasses import dataclass

import numpy as np

from services.intake.scenario.layout import Floats, Layout
from services.intake.scenario.world import World

_FLOOR = {"water_supply": 0.0, "external_supply": 0.5, "border_port": 0.5, "washery": 0.6}
_USUAL_FLOOR = 0.90
_NONESSENTIAL_LOSS = 0.3
_WASHERY_CUT = 0.15
_LONG_H = 240.0
_SHORT_H = 4.0


@dataclass(frozen=True)
class Production:
    """The rules of production of one world.

    ``memory_h``: over how many hours a plan follows its orders (long where there is a yard or tank). ``correct_h``: how fast a stock
    is brought back to target. ``floor``: the least share of its plan a place runs at by choice: a plant or a mine runs
    until the tank is full, waterworks follow their users. ``cut``: how far load is cut, by choice, before an input falls to its minimum.
    """

    world: World
    memory_h: Floats
    correct_h: Floats
    floor: Floats
    cut: Floats

    @classmethod
    def of(cls, world: World) -> "Production":
        """Prepare for a world."""
        layout = world.layout
        follows = np.array([n.kind == "water_supply" for n in layout.chain.nodes])
        has_yard = layout.hold_has_stock[layout.node_out] & ~follows
        cut = np.full(len(layout.node_out), world.habits.cut_depth)
        cut[[i for i, n in enumerate(layout.chain.nodes) if n.kind == "washery"]] = _WASHERY_CUT
        return cls(
            world,
            memory_h=np.where(has_yard, _LONG_H, _SHORT_H),
            correct_h=np.where(has_yard, 96.0, _SHORT_H),
            floor=np.where(has_yard, [_FLOOR.get(n.kind, _USUAL_FLOOR) for n in layout.chain.nodes], 0.0),
            cut=cut,
        )

    def follow_orders(self, planned: Floats, ordered: Floats) -> Floats:
        """Plans move towards what is ordered of the product."""
        layout = self.world.layout
        followed: Floats = planned + (ordered[layout.node_out] - planned) / self.memory_h
        return followed

    def wish(self, stock: Floats, planned: Floats, mood: Floats) -> Floats:
        """What each producer would make this hour were nothing short: its plan, corrected for its own yard, within its capacity."""
        world, layout = self.world, self.world.layout
        own = layout.node_out
        correction = (world.target[own] - stock[own]) / self.correct_h
        wished = np.clip(planned + correction, self.floor * planned, layout.node_capacity) * mood
        return np.where(layout.node_is_producer, np.minimum(wished, layout.node_capacity), 0.0)

    def careful(self, stock: Floats) -> Floats:
        """Factor per node by which load is cut when an input thins out.

        From 1 at three quarters of the way between minimum and target to 1 − cut at the minimum, then on down.
        """
        layout = self.world.layout
        low, high = layout.hold_minimum, self.world.target
        knee = low + 0.75 * np.maximum(high - low, 0.0)
        above = np.clip((knee - stock) / np.maximum(knee - low, 1e-9), 0.0, 1.0)
        below = np.clip((low - stock) / np.maximum(low, 1e-9), 0.0, 1.0)
        judged = layout.hold_has_stock[layout.need_hold] & ~layout.need_is_power
        cut = self.cut[layout.need_node] * above[layout.need_hold] + 0.25 * below[layout.need_hold]
        factor = np.ones(len(layout.node_out))
        np.minimum.at(factor, layout.need_node[judged], 1.0 - cut[judged])
        return factor

    def possible(self, wished: Floats, stock: Floats) -> Floats:
        """The wish cut to what inputs (power apart) and the room for the product allow."""
        layout = self.world.layout
        own = layout.node_out
        made = np.minimum(wished, np.maximum(0.0, self.world.room[own] - stock[own]))
        return self._by_inputs(made, stock, layout)

    @staticmethod
    def _by_inputs(made: Floats, stock: Floats, layout: Layout) -> Floats:
        essential = layout.need_is_essential & ~layout.need_is_power & (layout.need_per_unit > 0)
        reach = np.full(len(made), np.inf)
        per_unit = np.where(essential, layout.need_per_unit, 1.0)
        np.minimum.at(reach, layout.need_node[essential], (stock[layout.need_hold] / per_unit)[essential])
        limited: Floats = np.minimum(made, reach)
        other = ~layout.need_is_essential & ~layout.need_is_power
        if other.any():
            lacking = stock[layout.need_hold] < layout.need_per_unit * limited[layout.need_node]
            loss = np.ones(len(made))
            np.minimum.at(loss, layout.need_node[other & lacking], 1.0 - _NONESSENTIAL_LOSS)
            limited = np.asarray(limited * loss)
        return limited
