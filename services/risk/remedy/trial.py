"""Futures of a prospect with goods brought in from outside all orders: what the smallest change and the remedy are tried on.

Every trial draws on the same random numbers, so that two of them differ by what is brought alone. Goods that are booked count as on their way
when places order, as people count them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from detectors.network.course import Courses
from detectors.network.flow_network import FlowNetwork
from detectors.network.grid import forecast_grid
from detectors.network.outlook import HORIZONS_H, times_of
from detectors.network.simulation import Engine
from detectors.network.state import State
from detectors.network.trajectories import Trajectories
from detectors.network.uncertainty import Floats
from schemas.assessment import Hazard
from services.risk.prospect import HOLD_H, SHORT_HOLD_H, Prospect, Seer
from services.risk.rules import RuleSet
from services.risk.state.network import HABITS
from services.risk.state.world import PARTS

HORIZON_H = 336.0
PART_H = 6.0
SEEN_H = HORIZON_H + HOLD_H
FUTURES = 32
PARTS_AHEAD = round(HORIZON_H / PART_H)
_OFTEN = PARTS_AHEAD // PARTS
_MARKS = np.arange(24.0, HORIZON_H + 1.0, 24.0)
_WITHIN = HORIZONS_H.index(HORIZON_H)


class Trial:
    """Trials at some accounts of a prospect, over 14 days and the day by which a break there must have held."""

    def __init__(
        self, seer: Seer, prospect: Prospect, rules: RuleSet, accounts: Sequence[int], futures: int = FUTURES
    ) -> None:
        self.prospect, self.accounts = prospect, tuple(accounts)
        self._seer, self._rules = seer, rules
        self._futures = prospect.futures.first(futures)
        network = prospect.world.living.network
        self._count = network.account_count
        self._grid = forecast_grid(SEEN_H)
        self._engine = Engine(_with_ways(network, self.accounts), self._grid, HABITS)
        courses, steps = self._futures.courses(), len(self._grid) - 1
        self._courses = Courses(courses.scenarios, {part: rows[:steps] for part, rows in courses.rows.items()})

    def run(
        self,
        brought: Mapping[int, Floats] | None = None,
        taken: Mapping[int, float] | None = None,
        less: Courses | None = None,
    ) -> Trajectories:
        """The futures with amounts ``brought`` to accounts by part of 6 h (PARTS_AHEAD), ``taken`` from stocks now, and factors ``less`` on top.

        Marks at the end of each of 14 days.
        """
        courses = self._courses if less is None else self._courses.times(less)
        found = self._engine.run(
            self._state(brought or {}, taken or {}),
            courses,
            marks=_MARKS,
            hold_h=HOLD_H,
            short_hold_h=SHORT_HOLD_H,
        )
        kept = {
            name: getattr(found, name)[..., : self._count]
            for name in ("to_minimum", "to_zero", "to_maximum", "to_short", "stock", "unserved")
        }
        return replace(found, **kept)

    def less_of(self, courses: Courses) -> Courses:
        """Courses of one future on the grid of the trials, for ``less``."""
        return Courses(courses.scenarios, {part: rows[: len(self._grid) - 1] for part, rows in courses.rows.items()})

    @property
    def grid(self) -> Floats:
        """Knots of the trials in hours."""
        return self._grid

    def hours(self, found: Trajectories, account: int, hazard: Hazard) -> Floats:
        """When a place breaks in each future (S)."""
        hours = found.to_maximum if hazard is Hazard.BLOCKED else self._seer.starved(self.prospect.world, found)
        return np.asarray(hours[:, account])

    def chance(self, hours: Floats) -> float:
        """Probability of a break within 14 days, as assessments state it."""
        return chance_within(hours, self._rules)

    def _state(self, brought: Mapping[int, Floats], taken: Mapping[int, float]) -> State:
        state, ways = self._futures.state, len(self.accounts)
        if state.transit.ndim != 1 or state.profile is None or state.expected is None:
            raise ValueError("a prospect whose futures share what is under way is wanted")
        stock = np.pad(np.atleast_2d(state.stock), ((0, 0), (0, ways)))
        for account, amount in taken.items():
            stock[:, account] = np.maximum(0.0, stock[:, account] - amount)
        amounts = [brought.get(account, np.zeros(PARTS_AHEAD)) for account in self.accounts]
        profile = np.vstack([np.repeat(state.profile, _OFTEN, axis=1), *amounts])
        return State(
            stock=stock,
            transit=np.concatenate([state.transit, [float(a.sum()) for a in amounts]]),
            expected=np.pad(state.expected, [(0, 0)] * (state.expected.ndim - 1) + [(0, ways)]),
            profile=profile,
        )


def chance_within(hours: Floats, rules: RuleSet) -> float:
    """Probability of a break within 14 days from its hour in each future (S), as assessments state it."""
    return float(times_of(hours[:, None], rules.recalibration).probability[_WITHIN, 0])


def _with_ways(network: FlowNetwork, accounts: Sequence[int]) -> FlowNetwork:
    """The network with a way of its own into each account, which nobody orders over: what is on it at the start arrives, no more."""
    ways = len(accounts)
    first, node = network.account_count, network.node_count

    def more(values: Floats, filling: float) -> Floats:
        return np.concatenate([values, np.full(ways, filling)])

    def members(
        values: "np.ndarray[tuple[int, ...], np.dtype[np.int64]]", added: Sequence[int]
    ) -> "np.ndarray[tuple[int, ...], np.dtype[np.int64]]":
        return np.concatenate([values, np.asarray(added, dtype=np.int64)])

    return replace(
        network,
        target=more(network.target, 0.0),
        minimum=more(network.minimum, 0.0),
        maximum=more(network.maximum, np.inf),
        demand=more(network.demand, 0.0),
        pooled=more(network.pooled, 0.0),
        node=members(network.node, [node] * ways),
        node_capacity=np.append(network.node_capacity, np.inf),
        source=members(network.source, range(first, first + ways)),
        end=members(network.end, accounts),
        capacity=more(network.capacity, 0.0),
        lead_h=more(network.lead_h, HORIZON_H),
        share=more(network.share, 0.0),
        priority=members(network.priority, [9] * ways),
        link_priority=members(network.link_priority, [9] * ways),
        contract=more(network.contract, 0.0),
        gain=more(network.gain, 1.0),
        release=more(network.release, np.inf),
    )
