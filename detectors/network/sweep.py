"""Many losses laid over the same scenarios: n-1 and n-2 sweeps on common random numbers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from detectors.network.course import Courses, Disruption, Target
from detectors.network.flow_network import FlowNetwork
from detectors.network.grid import Floats
from detectors.network.simulation import Engine
from detectors.network.state import State


@dataclass(frozen=True, eq=False)
class LossResult:
    """One loss (its number in the sweep) over S scenarios: hours (S, A), and unserved own use (S, A) and output (S, C) until the end of the grid."""

    loss: int
    to_minimum: Floats
    to_zero: Floats
    to_maximum: Floats
    unserved: Floats
    made: Floats


def each_loss(network: FlowNetwork, start_h: float = 0.0, end_h: float = np.inf) -> list[tuple[Disruption, ...]]:
    """Every node and then every link lost alone."""
    nodes: list[tuple[Disruption, ...]] = [
        (Disruption(Target.NODE, n, start_h, end_h),) for n in range(network.node_count)
    ]
    return nodes + [(Disruption(Target.LINK, k, start_h, end_h),) for k in range(network.link_count)]


def sweep(
    engine: Engine,
    state: State,
    courses: Courses,
    losses: Sequence[Sequence[Disruption]],
    *,
    batch: int = 256,
    workers: int = 1,
) -> Iterator[LossResult]:
    """Lay each loss over all scenarios of ``courses`` and give the results in the order of the losses; about ``batch`` scenarios run together.

    ``state`` is one state for all, or one per scenario. Raises what Engine.run raises.
    """
    scenarios, grid = courses.scenarios, engine.grid
    together = max(1, batch // scenarios)
    for first in range(0, len(losses), together):
        some = losses[first : first + together]
        lost = Courses.of([loss for loss in some for _ in range(scenarios)], grid)
        found = engine.run(
            _repeated_state(state, len(some), scenarios),
            _repeated(courses, len(some)).times(lost),
            marks=(float(grid[-1]),),
            workers=workers,
        )
        for number in range(len(some)):
            of = slice(number * scenarios, (number + 1) * scenarios)
            yield LossResult(
                loss=first + number,
                to_minimum=found.to_minimum[of],
                to_zero=found.to_zero[of],
                to_maximum=found.to_maximum[of],
                unserved=found.unserved[of, -1],
                made=found.made[of, -1],
            )


def _repeated(courses: Courses, times: int) -> Courses:
    return Courses(courses.scenarios * times, {part: np.tile(row, (1, times)) for part, row in courses.rows.items()})


def _repeated_state(state: State, times: int, scenarios: int) -> State:
    """The states once per loss where there is one per scenario."""

    def repeated(values: Floats | None) -> Floats | None:
        is_each = values is not None and values.ndim == 2 and len(values) == scenarios
        return np.tile(values, (times, 1)) if is_each and values is not None else values

    stock, transit = repeated(state.stock), repeated(state.transit)
    assert stock is not None
    assert transit is not None
    return State(stock, transit, repeated(state.held), repeated(state.expected), state.profile)
