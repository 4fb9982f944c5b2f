"""Help that comes beyond all orders: taken from a stock or from outside, on the way, landed where there is room."""

from collections.abc import Sequence

import numpy as np

from services.intake.scenario.layout import Floats
from services.intake.scenario.scenario import Delivery
from services.intake.scenario.state import State
from services.intake.scenario.world import World


class Deliveries:
    """The deliveries of one life, hour by hour. What finds no room waits; places order as if they did not know of it until it is there."""

    def __init__(self, world: World, deliveries: Sequence[Delivery]) -> None:
        holds = world.layout.hold_index
        self._world = world
        self._known = [d for d in deliveries if (d.node, d.product) in holds]
        self._under_way: list[list[tuple[float, float]]] = [[] for _ in self._known]

    def move(self, state: State, hour: int) -> Floats:
        """Live one hour; return what each holding got, less what was taken from it."""
        moved = np.zeros(len(state.stock))
        for delivery, under_way in zip(self._known, self._under_way, strict=True):
            self._leave(delivery, under_way, state, hour, moved)
            self._land(delivery, under_way, state, hour, moved)
        return moved

    def _leave(
        self, delivery: Delivery, under_way: list[tuple[float, float]], state: State, hour: int, moved: Floats
    ) -> None:
        part = min(hour + 1, delivery.start_h + delivery.over_h) - max(hour, delivery.start_h)
        amount = delivery.quantity * max(0.0, part) / delivery.over_h
        giver = self._world.layout.hold_index.get((delivery.source, delivery.product))
        if giver is not None:
            amount = min(amount, float(state.stock[giver]))
            state.stock[giver] -= amount
            moved[giver] -= amount
        if amount > 0:
            under_way.append((hour + delivery.lead_h, amount))

    def _land(
        self, delivery: Delivery, under_way: list[tuple[float, float]], state: State, hour: int, moved: Floats
    ) -> None:
        hold = self._world.layout.hold(delivery.node, delivery.product)
        there = sum(amount for due, amount in under_way if due <= hour)
        landed = min(there, max(0.0, float(self._world.room[hold] - state.stock[hold])))
        state.stock[hold] += landed
        moved[hold] += landed
        waiting = [(due, amount) for due, amount in under_way if due > hour]
        if there > landed:
            waiting.insert(0, (float(hour), there - landed))
        under_way[:] = waiting
