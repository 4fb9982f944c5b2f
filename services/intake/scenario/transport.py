"""Moving goods: send what is ordered and there, let it travel, unload what has room."""

from dataclasses import dataclass

import numpy as np

from services.intake.scenario.layout import Floats, Layout, totals
from services.intake.scenario.rationing import ration
from services.intake.scenario.state import State
from services.intake.scenario.world import World

_CLOSED = 0.05
_DEAD_SHARE = 0.40  # of the minimum: the bottom of a yard, and grades nobody ordered


@dataclass(frozen=True)
class Transport:
    """The rules of transport of one world; the arrays it needs are laid out once."""

    world: World
    material: Floats
    carries_stock: Floats

    @classmethod
    def of(cls, world: World) -> "Transport":
        """Prepare for a world."""
        layout = world.layout
        carrier = layout.node_is_carrier[layout.hold_node] & layout.hold_has_stock & (layout.hold_minimum > 0)
        return cls(world, (~layout.link_is_grid).astype(np.float64), carrier.astype(np.float64))

    @property
    def _fair(self) -> float:
        return self.world.habits.contract_share

    def send(self, state: State, hour: int, node_factor: Floats, link_factor: Floats) -> Floats:
        """Take orders out of the senders' stock and put them on the way; return what was sent per link (grid links: 0)."""
        layout = self.world.layout
        asked = np.minimum(state.orders, layout.link_capacity * link_factor) * self.material
        asked = self._within_nodes(asked, state, node_factor)
        sent = ration(asked, layout.link_source, layout.link_rank, self._available(state), self._fair)
        state.stock -= totals(layout.link_source, sent, len(state.stock))
        np.maximum(state.stock, 0.0, out=state.stock)
        arrive = (hour + layout.link_lead) % state.transit.shape[1]
        state.transit[np.arange(len(sent)), arrive] += sent
        state.on_way += sent
        return sent

    def unload(self, state: State, hour: int, link_factor: Floats) -> Floats:
        """Let what arrives queue at the end of its link and unload as far as there is room; a closed link holds its goods."""
        layout = self.world.layout
        column = hour % state.transit.shape[1]
        state.queue += state.transit[:, column]
        state.transit[:, column] = 0.0
        ready = state.queue * (link_factor > _CLOSED)
        waiting = totals(layout.link_target, ready, len(state.stock))
        space = np.maximum(0.0, self.world.room - state.stock)
        ratio = np.minimum(1.0, np.divide(space, waiting, out=np.ones_like(space), where=waiting > 0))
        landed = ready * ratio[layout.link_target]
        state.queue -= landed
        state.on_way -= landed
        state.stock += totals(layout.link_target, landed, len(state.stock))
        return landed

    def _within_nodes(self, asked: Floats, state: State, node_factor: Floats) -> Floats:
        """A carrier passes on no more than its capacity, less where its power fails."""
        layout: Layout = self.world.layout
        node = layout.hold_node[layout.link_source]
        limit = np.where(layout.node_is_carrier, layout.node_capacity * node_factor * state.powered, np.inf)
        return ration(asked, node, layout.link_rank, limit, self._fair)

    def _available(self, state: State) -> Floats:
        """All of a stock; of a port or station below its minimum less, for the right grades are gone and ships wait."""
        layout = self.world.layout
        minimum = np.maximum(layout.hold_minimum, 1e-9)
        loadable = np.clip((state.stock / minimum - _DEAD_SHARE) / (1.0 - _DEAD_SHARE), 0.0, 1.0)
        thin = loadable * layout.node_capacity[layout.hold_node]
        return np.where(
            (self.carries_stock > 0) & (state.stock < layout.hold_minimum), np.minimum(state.stock, thin), state.stock
        )
