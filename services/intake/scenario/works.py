"""The working hour of all places: wishes, limits, power, output, use."""

from dataclasses import dataclass

import numpy as np

from services.intake.scenario.layout import Floats, totals
from services.intake.scenario.power import Power
from services.intake.scenario.production import Production
from services.intake.scenario.state import State
from services.intake.scenario.world import World


@dataclass(frozen=True)
class Worked:
    """What the hour brought. Per node: ``made``, and ``plan``, what it would have made undisturbed.

    Per holding: ``used``, ``need``, ``given`` (power in).
    ``sent`` is the energy over grid links.
    """

    made: Floats
    plan: Floats
    used: Floats
    need: Floats
    given: Floats
    sent: Floats


class Works:
    """All mines, plants, grids and users of one world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._production = Production.of(world)
        self._power = Power(world)
        layout = world.layout
        self._demand_hold = layout.node_out[layout.node_is_demand]
        self._is_power_need = layout.need_is_power
        self._power_hold = self._power.is_consumer

    def work(self, state: State, demand: Floats, mood: Floats, node_factor: Floats, link_factor: Floats) -> Worked:
        """Live the hour and change the stocks. ``demand`` per node; ``mood`` is season and unrest of output."""
        world, layout = self._world, self._world.layout
        self._follow_orders(state)
        plan = self._production.wish(state.stock, state.planned, mood)
        wished = np.minimum(plan, layout.node_capacity * node_factor)
        careful = self._production.careful(state.stock)
        able = self._production.possible(wished * careful, state.stock)
        able = np.where(self._power.is_generator, self._able_power(state, careful, node_factor), able)
        need = self._needs(wished, demand)
        power_need = self._power_needs(state, able, demand, node_factor)
        load = power_need + self._power.refill(state.stock)
        dispatch = self._power.dispatch(load, able, node_factor, link_factor, state.weight)
        got = np.minimum(power_need, dispatch.received + state.stock * self._power_hold)
        ratio = self._power_ratio(got, power_need)
        state.powered = ratio
        made = np.where(self._power.is_generator, dispatch.made, able * ratio) * layout.node_is_producer
        plan = np.where(self._power.is_generator, dispatch.planned, plan)
        used = self._use(state, made, demand, got)
        state.need = need
        self._change_stocks(state, made, used, dispatch.received, world)
        need = np.where(self._power_hold, power_need, need)
        return Worked(made=made, plan=plan, used=used, need=need, given=dispatch.received, sent=dispatch.sent)

    def _follow_orders(self, state: State) -> None:
        layout = self._world.layout
        ordered = totals(layout.link_source, state.orders, len(state.stock))
        state.planned = self._production.follow_orders(state.planned, ordered)

    def _able_power(self, state: State, careful: Floats, node_factor: Floats) -> Floats:
        return self._production.possible(self._world.layout.node_capacity * node_factor * careful, state.stock)

    def _needs(self, wished: Floats, demand: Floats) -> Floats:
        """Need of material per holding at the wished output; the need of generators follows their real load."""
        layout, rest = self._world.layout, self._world.equilibrium
        output = np.where(self._power.is_generator, rest.node, wished)
        material = np.where(self._is_power_need, 0.0, layout.need_per_unit * output[layout.need_node])
        need = totals(layout.need_hold, material, len(rest.hold))
        need[self._demand_hold] += demand[layout.node_is_demand]
        return need

    def _power_needs(self, state: State, able: Floats, demand: Floats, node_factor: Floats) -> Floats:
        layout = self._world.layout
        passing = totals(layout.hold_node[layout.link_source], state.orders, len(able))
        output = np.where(layout.node_is_carrier, np.minimum(passing, layout.node_capacity * node_factor), able)
        power = np.where(self._is_power_need, layout.need_per_unit * output[layout.need_node], 0.0)
        need = totals(layout.need_hold, power, len(state.stock))
        need[self._demand_hold] += np.where(self._power_hold[self._demand_hold], demand[layout.node_is_demand], 0.0)
        return need * self._power_hold

    def _power_ratio(self, got: Floats, need: Floats) -> Floats:
        layout = self._world.layout
        share = np.divide(got, need, out=np.ones_like(got), where=need > 1e-12)
        ratio = np.ones(len(layout.node_out))
        np.minimum.at(ratio, layout.need_node[self._is_power_need], share[layout.need_hold[self._is_power_need]])
        return np.minimum(ratio, 1.0)

    def _use(self, state: State, made: Floats, demand: Floats, got: Floats) -> Floats:
        layout = self._world.layout
        material = np.where(self._is_power_need, 0.0, layout.need_per_unit * made[layout.need_node])
        used = totals(layout.need_hold, material, len(got))
        asked = demand[layout.node_is_demand] * self._user_care(state)
        used[self._demand_hold] += np.minimum(asked, state.stock[self._demand_hold])
        used = np.where(self._power_hold, got, used)
        return np.where(self._power_hold, used, np.minimum(used, state.stock))

    def _user_care(self, state: State) -> Floats:
        """Final users save a little as their stock nears its minimum and more below it."""
        layout, hold = self._world.layout, self._demand_hold
        low = np.maximum(layout.hold_minimum[hold], 1e-9)
        near = np.clip((1.25 * low - state.stock[hold]) / (0.25 * low), 0.0, 1.0)
        below = np.clip((low - state.stock[hold]) / low, 0.0, 1.0)
        saving = self._world.habits.cut_depth * near + 0.25 * below
        return np.where(layout.hold_has_stock[hold], 1.0 - saving, 1.0)

    def _change_stocks(self, state: State, made: Floats, used: Floats, given: Floats, world: World) -> None:
        layout = world.layout
        state.stock += given - used
        kept = made * layout.node_is_producer * ~self._power.is_generator
        np.add.at(state.stock, layout.node_out, kept)
        np.maximum(state.stock, 0.0, out=state.stock)
