"""Goods flow hour by hour through a network, many scenarios at once.

Step of 1 h for 72 h, then 6 h to 30 d by default. Within a step orders are followed from users to sources and goods from sources to
users, so that a step of any length passes goods through places without stock; lead times are exact to the part of a step, so results do
not jump where the step changes. Sources: fluid networks with finite buffers; ARIO (Hallegatte 2008) for the mode that throttles early;
order-up-to rules that count goods on their way.
"""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from detectors.network.course import Courses, Part, Target
from detectors.network.equilibrium import equilibrium
from detectors.network.flow_network import FlowNetwork, Indices
from detectors.network.grid import Floats, forecast_grid
from detectors.network.habits import Habits
from detectors.network.kernel.block import run_block
from detectors.network.kernel.frames import Frames
from detectors.network.kernel.plan import LANES, Events, Plan, Results, Start, Ways
from detectors.network.layout import lay_out
from detectors.network.outcome import blank, read
from detectors.network.setting import events_of, start_of, ways_of
from detectors.network.standby import with_standby
from detectors.network.state import State
from detectors.network.trajectories import Trajectories


class _Memory(threading.local):
    """Each thread its own, as long as the thread lives: it is used again from block to block and from run to run."""

    def __init__(self) -> None:
        self.frames = Frames()


_memory = _Memory()
MARKS = (24.0, 72.0, 168.0, 336.0, 720.0)


@dataclass(frozen=True, eq=False)
class Case:
    """What all blocks of a run share; ``before`` counts the hourly knots before now."""

    ways: Ways
    hours: Floats
    mark_of_step: Indices
    before: int
    marks: Floats


class Engine:
    """A network made ready for many runs. ``rest`` is its state of rest.

    The same input gives the same numbers, whatever the number of workers and however scenarios are put together.
    Raises ValueError for a grid that does not begin at 0 or does not rise.
    """

    def __init__(self, network: FlowNetwork, grid: Floats | None = None, habits: Habits | None = None) -> None:
        self.network = network
        self.grid = forecast_grid() if grid is None else np.asarray(grid, dtype=np.float64)
        if self.grid.ndim != 1 or len(self.grid) < 2 or self.grid[0] != 0 or not (np.diff(self.grid) > 0).all():
            raise ValueError("the grid must be hours that begin at 0 and rise")
        self.habits = habits or Habits()
        self.rest = equilibrium(network)
        self.layout = lay_out(network, self.rest, self.grid, self.habits)

    def run(
        self,
        state: State,
        courses: Courses,
        *,
        marks: Sequence[float] | Floats | None = None,
        hold_h: float = 0.0,
        short_hold_h: float = 0.0,
        with_links: bool = False,
        workers: int = 1,
    ) -> Trajectories:
        """Simulate all scenarios of ``courses``. ``marks`` must be hours of the grid; by default those of MARKS within it, else its end.

        A limit counts as crossed when it stays so for ``hold_h`` (short service: ``short_hold_h``) or to the end.
        Raises ValueError for shapes or numbers that do not fit, or parts that do not exist.
        """
        self.check(courses)
        case = self.case(marks, hold_h, short_hold_h)
        scenarios, plan = courses.scenarios, self.layout.plan
        padded = padded_width(scenarios)
        results = blank(plan, len(case.marks), padded, with_links=with_links)
        events = events_of(self.layout, with_standby(self.network, courses.rows), len(self.grid) - 1, padded)
        run_blocks(plan, events, self.start(state, scenarios), case, results, workers)
        return self.read(results, case.marks, scenarios)

    def check(self, courses: Courses) -> None:
        """Raises ValueError for parts that do not exist or another number of steps."""
        network = self.network
        counts = {
            Target.NODE: network.node_count,
            Target.MAKER: len(network.makers),
            Target.LINK: network.link_count,
            Target.DEMAND: network.account_count,
        }
        for part, values in courses.rows.items():
            _check_part(part, counts, values, len(self.grid) - 1)

    def case(self, marks: Sequence[float] | Floats | None, hold_h: float = 0.0, short_hold_h: float = 0.0) -> Case:
        """All that stays the same from block to block. Raises ValueError for marks that are not hours of the grid in rising order."""
        mark_hours = self._mark_hours(marks)
        mark_of_step = np.full(len(self.grid) - 1, -1, dtype=np.int64)
        mark_of_step[np.searchsorted(self.grid, mark_hours) - 1] = np.arange(len(mark_hours))
        ways = ways_of(self.habits, hold_h, short_hold_h)
        return Case(ways, self.grid, mark_of_step, self.layout.before, mark_hours)

    def start(self, state: State, scenarios: int) -> Start:
        """The state laid out for the kernel. Raises ValueError for shapes or numbers that do not fit."""
        return start_of(self.network, self.layout, self.rest, state, scenarios, padded_width(scenarios))

    def read(self, results: Results, marks: Floats, scenarios: int) -> Trajectories:
        """Trajectories out of filled results."""
        return read(self.network, self.layout, self.rest, self.habits.mode, self.grid, marks, results, scenarios)

    def _mark_hours(self, marks: Sequence[float] | Floats | None) -> Floats:
        if marks is None:
            inside = [h for h in MARKS if h in self.grid]
            return np.array(inside or [self.grid[-1]])
        given = np.asarray(marks, dtype=np.float64)
        if not np.isin(given, self.grid[1:]).all() or not (np.diff(given) > 0).all():
            raise ValueError(f"marks {given} are not hours of the grid in rising order")
        return given


def simulate(
    network: FlowNetwork,
    state: State,
    courses: Courses,
    *,
    grid: Floats | None = None,
    habits: Habits | None = None,
    marks: Sequence[float] | Floats | None = None,
    hold_h: float = 0.0,
    short_hold_h: float = 0.0,
    with_links: bool = False,
    workers: int = 1,
) -> Trajectories:
    """One run of a network; see Engine, which is quicker for several."""
    return Engine(network, grid, habits).run(
        state,
        courses,
        marks=marks,
        hold_h=hold_h,
        short_hold_h=short_hold_h,
        with_links=with_links,
        workers=workers,
    )


def padded_width(scenarios: int) -> int:
    """Scenarios in whole blocks."""
    return -(-scenarios // LANES) * LANES


def run_blocks(plan: Plan, events: Events, start: Start, case: Case, results: Results, workers: int = 1) -> None:
    """Fill the results block by block, on so many threads."""

    def one(first: int) -> None:
        run_block(
            plan,
            _memory.frames.of(plan),
            case.ways,
            events,
            start,
            case.hours,
            case.mark_of_step,
            case.before,
            results,
            first,
        )

    blocks = range(0, start.stock.shape[1], LANES)
    if workers > 1 and len(blocks) > 1:
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(one, blocks))
    else:
        for first in blocks:
            one(first)


def _check_part(part: Part, counts: dict[Target, int], values: Floats, steps: int) -> None:
    target, index = part
    if not 0 <= index < counts[target]:
        raise ValueError(f"{target} {index} does not exist; 0…{counts[target] - 1} do")
    if values.shape[0] != steps:
        raise ValueError(f"factors of {target} {index} have {values.shape[0]} steps; {steps} are right for this grid")
