"""Prices answer scarcity: thin stocks and unserved use push them up, slowly, with a little noise."""

import numpy as np

from services.intake.scenario.layout import Floats, totals
from services.intake.scenario.seeds import Stream, generator
from services.intake.scenario.state import State
from services.intake.scenario.world import World

_STOCK_PULL = 1.6
_UNSERVED_PULL = 1.0
_SETTLE_H = 96.0
_DAILY_NOISE = 0.004


class Prices:
    """Price over its base per product, moved hour by hour."""

    def __init__(self, world: World) -> None:
        layout = world.layout
        self._world = world
        self.products = sorted({product for _, product in layout.hold_keys})
        index = {product: i for i, product in enumerate(self.products)}
        self._product = np.array([index[product] for _, product in layout.hold_keys])
        judged = layout.hold_has_stock & layout.hold_is_input
        self._weight = np.where(judged, world.equilibrium.hold, 0.0)
        self.ratio = np.ones(len(self.products))

    def move(self, index: int, state: State, unserved: Floats) -> None:
        """Move to hour ``index``; ``unserved`` is the share of need not met, per holding."""
        count = len(self.products)
        target = np.maximum(self._world.target, 1e-9)
        depth = np.clip(1.0 - state.stock / target, -0.3, 1.0)
        total = np.maximum(totals(self._product, self._weight, count), 1e-9)
        scarce = totals(self._product, self._weight * depth, count) / total
        missing = totals(self._product, self._weight * unserved, count) / total
        goal = np.exp(_STOCK_PULL * np.maximum(scarce, -0.1) + _UNSERVED_PULL * missing)
        self.ratio += (goal - self.ratio) / _SETTLE_H
        if index % 24 == 0:
            self.ratio *= np.exp(
                _DAILY_NOISE * generator(self._world.seed, Stream.PRICE, index // 24).normal(size=count)
            )

    def of_holdings(self) -> Floats:
        """Price over base per holding."""
        per_holding: Floats = self.ratio[self._product]
        return per_holding
