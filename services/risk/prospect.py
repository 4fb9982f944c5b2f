"""What lies ahead of a chain at one moment: its world run through the engine in many futures."""

from collections.abc import Mapping

import numpy as np
from msgspec import Struct

from detectors.network.course import Courses
from detectors.network.grid import forecast_grid
from detectors.network.outlook import Times, times_of
from detectors.network.simulation import Engine
from detectors.network.state import State
from detectors.network.trajectories import Trajectories
from detectors.network.uncertainty import Floats
from schemas.assessment import Hazard
from services.risk.blueprint import Blueprint
from services.risk.evidence import Evidence
from services.risk.rules import RuleSet
from services.risk.state.futures import Futures, Teller
from services.risk.state.network import HABITS, is_bridge
from services.risk.state.world import Watchtower, World

HOLD_H = 24.0
SHORT_HOLD_H = 13.0
"""More than two coarse steps: in the step in which a station runs out of coal, and the next, the others do not yet stand in for it."""
STOCK_AHEAD_H = (24, 72, 168)


class Prospect(Struct, frozen=True):
    """A world, its futures and what they come to. ``hours`` (S, A) to the break and ``chances``, times and probabilities, per hazard; ``stock_ends``
    P10, P50 and P90 (3, marks, A) of stocks ahead; ``loss`` (A) expected output, or service to own use, lost within the
    horizon; ``zero`` (A) median hours to an empty stock."""

    world: World
    futures: Futures
    trajectories: Trajectories
    hours: dict[Hazard, Floats]
    chances: dict[Hazard, Times]
    stock_ends: Floats
    loss: Floats
    zero: Floats

    def stock_range(
        self, account: int, stretch: Mapping[int, float], least: float
    ) -> tuple[dict[str, float], dict[str, float], dict[str, float]]:
        """P10, P50 and P90 of the stock ahead; the outer ones so many times as far apart as the futures put them, at ``least`` so large a part of
        it to either side of their middle; never below 0; of coal in tonnes such as lie there now."""
        low, median, high = {}, {}, {}
        for mark, ends in zip(STOCK_AHEAD_H, self.stock_ends[:, :, account].T / self.world.worth[account], strict=True):
            middle = 0.5 * float(ends[0] + ends[2])
            half = max(0.5 * float(ends[2] - ends[0]) * stretch.get(mark, 1.0), least * middle)
            low[str(mark)], high[str(mark)] = round(max(0.0, middle - half), 2), round(middle + half, 2)
            median[str(mark)] = round(max(0.0, float(ends[1])), 2)
        return low, median, high


def _stock_ends(found: Trajectories) -> Floats:
    """P10, P50 and P90 (3, marks, A) of the stock ahead."""
    at = np.searchsorted(found.marks, STOCK_AHEAD_H)
    return np.asarray(np.quantile(found.stock[:, at], [0.1, 0.5, 0.9], axis=0))


def _loss(world: World, found: Trajectories) -> Floats:
    """Expected loss by account (A): of output where something is made, else of service to its own use."""
    loss = np.maximum(found.unserved[:, -1], 0.0).mean(axis=0)
    for account, maker in world.living.maker_of.items():
        lost = found.made_at_rest[maker] * found.marks[-1] - found.made[:, -1, maker]
        loss[account] = np.maximum(lost, 0.0).mean()
    return np.asarray(loss)


class Seer:
    """Looks ahead for one chain. The same evidence, moment and rules give the same prospect."""

    def __init__(self, blueprint: Blueprint, evidence: Evidence, rules: RuleSet) -> None:
        self._b, self._rules = blueprint, rules
        self._grid = forecast_grid()
        self._tower = Watchtower(blueprint, evidence, rules.priors)
        self._teller = Teller(blueprint, rules.priors, self._grid)
        self.horizon_h = float(self._grid[-1])
        self.steps = len(self._grid) - 1
        self._engine: tuple[World, Engine] | None = None
        count = len(blueprint.places)
        self._has_stock = np.array([a in blueprint.stocks and not is_bridge(blueprint.stocks[a]) for a in range(count)])
        self._bridged = np.array([a in blueprint.stocks and is_bridge(blueprint.stocks[a]) for a in range(count)])

    def see(self, as_of_us: int, *, is_for_record: bool = True) -> World:
        """The world at a moment, not yet run."""
        return self._tower.see(as_of_us, is_for_record=is_for_record)

    def futures(self, world: World) -> Futures:
        """The futures of a world, not run."""
        return self._teller.futures(world)

    def look_ahead(self, world: World) -> Prospect:
        """The prospect of a world."""
        futures = self.futures(world)
        found = self.run(world, futures.state, futures.courses())
        hours = {Hazard.STARVED: self.starved(world, found), Hazard.BLOCKED: found.to_maximum}
        return Prospect(
            world=world,
            futures=futures,
            trajectories=found,
            hours=hours,
            chances={h: times_of(x, self._rules.recalibration) for h, x in hours.items()},
            stock_ends=_stock_ends(found),
            loss=_loss(world, found),
            zero=np.asarray(np.median(found.to_zero, axis=0)),
        )

    def run(self, world: World, state: State, courses: Courses) -> Trajectories:
        """Other courses or another state of the same world."""
        if self._engine is None or self._engine[0].living is not world.living:
            self._engine = (world, Engine(world.living.network, self._grid, HABITS))
        return self._engine[1].run(state, courses, hold_h=HOLD_H, short_hold_h=SHORT_HOLD_H)

    def starved(self, world: World, found: Trajectories) -> Floats:
        """Hours to the break by shortage: of a stock to its minimum, of a use without stock to short service, and what a bridge adds to that."""
        return np.asarray(np.where(self._has_stock, found.to_minimum, found.to_short + self._bridge_h(world)))

    def _bridge_h(self, world: World) -> Floats:
        bridge = np.zeros(len(self._bridged))
        for account in np.flatnonzero(self._bridged).tolist():
            stock, use = self._b.stocks[account], float(world.living.rest.through[account])
            left = float(world.stock.value[account]) - stock.daily_use * stock.days_min
            bridge[account] = max(0.0, left) / use if use > 0 else 0.0
        return bridge
