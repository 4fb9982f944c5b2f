"""Many losses laid over the same scenarios: n-1 and n-2 sweeps on common random numbers."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from detectors.network.course import Courses, Disruption, Part, Target, mean_factors
from detectors.network.flow_network import FlowNetwork, Indices
from detectors.network.grid import Floats
from detectors.network.kept import NOBODY, Kept
from detectors.network.kernel.plan import LANES
from detectors.network.simulation import Engine
from detectors.network.state import State
from detectors.network.trajectories import Trajectories

Loss = Sequence[Disruption]


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
    engine: Engine, state: State, courses: Courses, losses: Sequence[Loss], *, workers: int = 1
) -> Iterator[LossResult]:
    """Lay each loss over all scenarios of ``courses`` and give the results as they come: ``loss`` says of which, the order is by place.

    Only what a loss can reach is simulated, a few losses of like reach together; the numbers are those of full runs. ``state`` is one state
    for all, or one per scenario. Raises what Engine.run raises.
    """
    scenarios = courses.scenarios
    together = max(1, LANES // scenarios)
    engine.check(Courses.of([[d for loss in losses for d in loss]], engine.grid))
    base = Kept(
        engine,
        _repeated_state(state, together, scenarios),
        _repeated(courses, together),
        marks=(float(engine.grid[-1]),),
        workers=workers,
    )
    before = base.trajectories
    rows = {part: np.tile(row, (1, together)) for part, row in courses.rows.items()}
    touched = [base.touched(_parts(loss)) for loss in losses]
    place = [int(accounts[0]) if len(accounts) else 0 for accounts in touched]
    order = sorted(range(len(losses)), key=lambda n: place[n])
    groups = [order[first : first + together] for first in range(0, len(order), together)]
    cutting: dict[int, Indices] = {}

    def one(group: list[int]) -> list[LossResult]:
        places = {place[n] for n in group}
        suspects = np.concatenate([*(touched[n] for n in group), *(cutting.get(p, NOBODY) for p in places)])
        results, found = _group(base, before, rows, group, [losses[n] for n in group], scenarios, suspects)
        cutting.update(dict.fromkeys(places, found))
        return results

    with ThreadPoolExecutor(workers) as pool:
        for first in range(0, len(groups), 4 * workers):
            for results in pool.map(one, groups[first : first + 4 * workers]):
                yield from results


def _parts(loss: Loss) -> list[Part]:
    return [(d.target, d.index) for d in loss]


def _group(
    base: Kept,
    before: Trajectories,
    rows: dict[Part, Floats],
    numbers: list[int],
    losses: list[Loss],
    scenarios: int,
    suspects: Indices,
) -> tuple[list[LossResult], Indices]:
    """Losses side by side, each over all scenarios, and who newly cuts its customers."""
    network, width = base.engine.network, before.to_zero.shape[0]
    changed: dict[Part, Floats] = {}
    for at, loss in enumerate(losses):
        of = slice(at * scenarios, (at + 1) * scenarios)
        for part in dict.fromkeys(_parts(loss)):
            row = changed.setdefault(part, rows.get(part, np.ones((len(base.engine.grid) - 1, width))).copy())
            row[:, of] *= mean_factors([d for d in loss if (d.target, d.index) == part], base.engine.grid)[:, None]
    region, found, cutting = base.what_if(changed, {**rows, **changed}, suspects)
    account, maker = region.number.account, region.number.maker
    to_minimum = np.where(network.minimum[account, None] > 0, found.to_minimum, found.to_zero)
    given = []
    for at, number in enumerate(numbers):
        of = slice(at * scenarios, (at + 1) * scenarios)
        result = LossResult(
            loss=number,
            to_minimum=before.to_minimum[of].copy(),
            to_zero=before.to_zero[of].copy(),
            to_maximum=before.to_maximum[of].copy(),
            unserved=before.unserved[of, -1].copy(),
            made=before.made[of, -1].copy(),
        )
        result.to_minimum[:, account] = to_minimum[:, of].T
        result.to_zero[:, account] = found.to_zero[:, of].T
        result.to_maximum[:, account] = found.to_maximum[:, of].T
        result.unserved[:, account] = found.unserved[-1][:, of].T
        result.made[:, maker] = found.made[-1][:, of].T
        given.append(result)
    return given, cutting


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
