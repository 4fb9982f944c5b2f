"""How people adapt: they shift orders to suppliers that deliver, wake dormant contracts, and buy more when prices rise."""

from dataclasses import dataclass

import numpy as np

from services.intake.scenario.layout import Floats, totals
from services.intake.scenario.state import State
from services.intake.scenario.world import World

_MEMORY_H = 36.0
_LEAST_TRUST = 0.05
_WAKE_LEVEL = 0.5
_SCARE_PRICE = 1.10
_HOARD_LIMIT = 1.25


@dataclass(frozen=True)
class Adaptation:
    """The habits of one world at work, hour by hour."""

    world: World

    def remember(self, state: State, sent: Floats) -> None:
        """Update how reliable each link is: sent over ordered, remembered for a day and a half."""
        asked = state.orders
        ratio = np.clip(np.divide(sent, asked, out=np.ones_like(asked), where=asked > 1e-9), 0.0, 1.0)
        state.reliability += np.where(asked > 1e-9, (ratio - state.reliability) / _MEMORY_H, 0.0)

    def reroute(self, state: State) -> None:
        """Move weights towards what can be relied on; wake dormant links of holdings that have been thin for days."""
        world, layout = self.world, self.world.layout
        wake_level = layout.hold_minimum + _WAKE_LEVEL * np.maximum(world.target - layout.hold_minimum, 0.0)
        thin = layout.hold_has_stock & (state.stock < wake_level)
        state.short_h = np.where(thin, state.short_h + 1.0, np.maximum(0.0, state.short_h - 2.0))
        awake = (
            world.dormant * ~layout.link_is_grid * (state.short_h[layout.link_target] > world.habits.dormant_after_h)
        )
        rest = np.maximum(world.equilibrium.hold[layout.link_target], 1e-9)
        base = world.share + awake * np.minimum(0.5, layout.link_capacity / rest)
        trusted = base * np.maximum(state.reliability, _LEAST_TRUST)
        total = totals(layout.link_target, trusted, len(state.stock))[layout.link_target]
        goal = np.divide(trusted, total, out=np.zeros_like(trusted), where=total > 0)
        state.weight += (goal - state.weight) / world.habits.reroute_h
        state.weight[layout.link_is_grid] = world.share[layout.link_is_grid]

    def hoard(self, state: State, price_ratio: Floats) -> None:
        """Aim higher at users' yards when the price (over its base, per holding) rises: panic buying."""
        layout = self.world.layout
        is_user = layout.hold_is_input & ~layout.hold_is_output
        wish = 1.0 + self.world.habits.hoarding * np.maximum(0.0, price_ratio - _SCARE_PRICE)
        goal = np.where(is_user, np.minimum(wish, _HOARD_LIMIT), 1.0)
        state.hoard += (goal - state.hoard) / 72.0
