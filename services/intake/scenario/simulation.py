"""The chain lives, hour by hour."""

from datetime import timedelta

import numpy as np

from schemas.chain import Chain
from services.intake.scenario.adaptation import Adaptation
from services.intake.scenario.delivery import Deliveries
from services.intake.scenario.disruption import Course
from services.intake.scenario.layout import Floats
from services.intake.scenario.noise import Noise
from services.intake.scenario.ordering import Ordering
from services.intake.scenario.price import Prices
from services.intake.scenario.scenario import Scenario, StartingStock
from services.intake.scenario.season import output_factors, use_factors
from services.intake.scenario.state import State, state_at_rest
from services.intake.scenario.trace import Trace
from services.intake.scenario.transport import Transport
from services.intake.scenario.works import Worked, Works
from services.intake.scenario.world import World, draw_world, true_disruptions

_SETTLE_DAYS = 10


class Simulation:
    """One life of a chain under a scenario.

    ``advance`` lives on to an hour; hours count from the start of day 0. The same chain, scenario, seed and mismatch give the same life
    however it is cut into pieces. ``without`` names disruptions that do not happen, on otherwise the same random numbers.
    """

    def __init__(
        self,
        chain: Chain,
        scenario: Scenario,
        seed: int,
        mismatch: int | None = None,
        without: frozenset[str] = frozenset(),
    ) -> None:
        self.scenario = scenario
        self.world: World = draw_world(chain, seed, scenario.mismatch if mismatch is None else mismatch)
        happening = true_disruptions(scenario.disruptions, seed, self.world.mismatch)
        self.disruptions = [d for d in happening if d.id not in without]
        self.prices = Prices(self.world)
        self._course = Course(self.world.layout, self.disruptions)
        self._deliveries = Deliveries(self.world, scenario.deliveries)
        self._noise = Noise(self.world.layout, seed)
        self._transport = Transport.of(self.world)
        self._works = Works(self.world)
        self._ordering = Ordering.of(self.world)
        self._adaptation = Adaptation(self.world)
        self._normal_target = self.world.target.copy()
        self._state: State = state_at_rest(self.world)
        self._begin = scenario.first_hour - 24 * _SETTLE_DAYS
        self._hour = self._begin
        self.trace = self._new_trace()

    def advance(self, last_hour: int) -> Trace:
        """Live until ``last_hour`` (not included) and return the whole trace; hours before the lead-in settle and are not recorded."""
        while self._hour < last_hour:
            if self._hour == self.scenario.first_hour:
                self._set_stocks()
                self.trace = self._new_trace()
            if self._hour == 0:
                self._free_targets()
            self._live_one_hour()
            self._hour += 1
        return self.trace

    def _new_trace(self) -> Trace:
        return Trace(self._hour, self._state.stock.copy(), self._state.on_way.copy())

    def _set_stocks(self) -> None:
        """Starting stocks are stated for day 0; they are set when the lead-in begins and are the aim while it lasts."""
        for given in self.scenario.stocks:
            hold = self.world.layout.hold_index.get((given.node, given.product))
            if hold is not None:
                self._state.stock[hold] = min(_amount(given, self.world, hold), self.world.room[hold])
                self.world.target[hold] = self._state.stock[hold]

    def _free_targets(self) -> None:
        """From day 0 a yard aims at its normal stock again, unless the market is tight."""
        for given in self.scenario.stocks:
            hold = self.world.layout.hold_index.get((given.node, given.product))
            if hold is not None and not given.is_target:
                self.world.target[hold] = self._normal_target[hold]

    def _live_one_hour(self) -> None:
        state, layout, hour = self._state, self.world.layout, self._hour
        index = hour - self._begin
        node_factor, link_factor, use_factor = self._course.at(hour)
        use_noise, output_noise = self._noise.next_hour(index)
        moment = self.scenario.start + timedelta(hours=hour)
        nodes = layout.chain.nodes
        mood = output_factors(nodes, moment) * output_noise
        demand = layout.node_normal * layout.node_is_demand * use_factors(nodes, moment) * use_noise * use_factor
        sent = self._transport.send(state, index, node_factor, link_factor)
        landed = self._transport.unload(state, index, link_factor)
        brought = self._deliveries.move(state, hour)
        worked = self._works.work(state, demand, mood, node_factor, link_factor)
        self._adaptation.remember(state, sent)
        self._adaptation.reroute(state)
        unserved = np.clip(
            1.0 - np.divide(worked.used, worked.need, out=np.ones_like(worked.used), where=worked.need > 1e-9), 0.0, 1.0
        )
        self.prices.move(index, state, unserved)
        self._adaptation.hoard(state, self.prices.of_holdings())
        asked = state.orders.copy()
        self._ordering.place(state, node_factor, link_factor)
        if hour >= self.scenario.first_hour:
            self._record(sent + worked.sent, landed + worked.sent, brought, asked, worked, node_factor)

    def _record(
        self, sent: Floats, landed: Floats, brought: Floats, asked: Floats, worked: Worked, node_factor: Floats
    ) -> None:
        state = self._state
        self.trace.add(
            stock=state.stock.copy(),
            on_way=state.on_way.copy(),
            sent=sent,
            landed=landed,
            brought=brought,
            asked=asked,
            made=worked.made,
            plan=worked.plan,
            used=worked.used,
            need=worked.need,
            price=self.prices.ratio.copy(),
            node_factor=node_factor,
        )


def _amount(given: StartingStock, world: World, hold: int) -> float:
    """Quantity of a starting stock; days are of the configured normal daily use."""
    if given.quantity is not None:
        return given.quantity
    daily = next(s.daily_use for s in world.layout.chain.stocks if (s.node, s.product) == (given.node, given.product))
    if given.days is not None:
        return given.days * daily
    return float(world.layout.hold_minimum[hold]) + (given.days_above_minimum or 0.0) * daily
