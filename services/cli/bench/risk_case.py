"""The case all measurements of ``lianjing bench risk`` share."""

import numpy as np

from detectors.network.course import Courses, Target
from detectors.network.flow_network import FlowNetwork
from detectors.network.generated import disturbed
from detectors.network.grid import forecast_grid
from detectors.network.simulation import Engine
from detectors.network.state import State

SCENARIOS, SWEPT = 256, 16
NODES, LINKS = 2000, 8000
SEED = 1
HEAD_H = 72.0
"""Until then the step is 1 h."""


def case(network: FlowNetwork, scenarios: int, *, fine_until_h: float = HEAD_H) -> tuple[Engine, State, Courses]:
    """Disturbed stocks and uncertain demand."""
    engine = Engine(network, forecast_grid(fine_until_h=fine_until_h))
    dice = np.random.default_rng(SEED)
    users = np.flatnonzero(network.demand > 0)
    factors = {(Target.DEMAND, int(a)): dice.uniform(0.9, 1.1, scenarios) for a in users}
    return engine, disturbed(network, engine.rest, SEED), Courses.from_factors(scenarios, engine.grid, factors)
