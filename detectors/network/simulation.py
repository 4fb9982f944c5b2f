"""Goods flow hour by hour through a network, many scenarios at once.

Step of 1 h for 72 h, then 6 h to 30 d by default. Within a step orders are followed from users to sources and goods from sources to
users, so that a step of any length passes goods through places without stock; lead times are exact to the part of a step, so results do
not jump where the step changes. Sources: fluid networks with finite buffers; ARIO (Hallegatte 2008) for the mode that throttles early;
order-up-to rules that count goods on their way.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from detectors.network.course import Courses, Part, Target
from detectors.network.equilibrium import equilibrium
from detectors.network.flow_network import FlowNetwork, Indices
from detectors.network.grid import Floats, forecast_grid
from detectors.network.habits import Habits, Mode, Rationing
from detectors.network.kernel.block import run_block
from detectors.network.kernel.plan import LANES, RING_FIRST, RING_ROWS, Events, Results, Start, Ways, frame_of
from detectors.network.layout import lay_out
from detectors.network.state import State, laid_out
from detectors.network.trajectories import Trajectories

MARKS = (24.0, 72.0, 168.0, 336.0, 720.0)


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
        self._layout = lay_out(network, self.rest, self.grid, self.habits)

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
        mark_hours = self._mark_hours(marks)
        scenarios = courses.scenarios
        padded = -(-scenarios // LANES) * LANES
        results = self._results(len(mark_hours), padded, with_links=with_links)
        mark_of_step = np.full(len(self.grid) - 1, -1, dtype=np.int64)
        mark_of_step[np.searchsorted(self.grid, mark_hours) - 1] = np.arange(len(mark_hours))
        plan = self._layout.plan
        arguments = (
            self._ways(hold_h, short_hold_h),
            self._events(courses, padded),
            self._start(state, scenarios, padded),
            self.grid,
            mark_of_step,
            self._layout.before,
            results,
        )
        blocks = range(0, padded, LANES)
        if workers > 1 and len(blocks) > 1:
            with ThreadPoolExecutor(workers) as pool:
                list(pool.map(lambda first: run_block(plan, frame_of(plan), *arguments, first), blocks))
        else:
            for first in blocks:
                run_block(plan, frame_of(plan), *arguments, first)
        return self._read(results, mark_hours, scenarios)

    def _mark_hours(self, marks: Sequence[float] | Floats | None) -> Floats:
        if marks is None:
            inside = [h for h in MARKS if h in self.grid]
            return np.array(inside or [self.grid[-1]])
        given = np.asarray(marks, dtype=np.float64)
        if not np.isin(given, self.grid[1:]).all() or not (np.diff(given) > 0).all():
            raise ValueError(f"marks {given} are not hours of the grid in rising order")
        return given

    def _ways(self, hold_h: float, short_hold_h: float) -> Ways:
        habits = self.habits
        return Ways(
            memory=1.0 / habits.memory_h,
            restock=1.0 / habits.restock_h,
            catch_up=habits.catch_up,
            psi=habits.psi if habits.mode is Mode.THROTTLE else 0.0,
            by_contract=habits.rationing is Rationing.CONTRACT,
            is_adaptive=habits.is_adaptive,
            reroute=1.0 / habits.reroute_h,
            dormant_after_h=float(habits.dormant_after_h),
            hold_h=float(hold_h),
            short_hold_h=float(short_hold_h),
        )

    def _events(self, courses: Courses, padded: int) -> Events:
        steps, network = len(self.grid) - 1, self.network
        counts = {
            Target.NODE: network.node_count,
            Target.MAKER: len(network.makers),
            Target.LINK: network.link_count,
            Target.DEMAND: network.account_count,
        }
        factors = np.ones((len(courses.rows) + 1, steps, padded))
        last = len(courses.rows)
        rows = {target: np.full(count, last, dtype=np.int64) for target, count in counts.items()}
        for row, (part, values) in enumerate(courses.rows.items()):
            _check_part(part, counts, values, steps)
            factors[row, :, : courses.scenarios] = values
            rows[part[0]][part[1]] = row
        return Events(
            factors=factors,
            of_node=rows[Target.NODE],
            of_maker=rows[Target.MAKER],
            of_link=rows[Target.LINK][self._layout.link],
            of_use=rows[Target.DEMAND][self._layout.account],
        )

    def _start(self, state: State, scenarios: int, padded: int) -> Start:
        network, account, link = self.network, self._layout.account, self._layout.link
        accounts, links = network.account_count, network.link_count
        transit = laid_out("transit", state.transit, links, scenarios, self.rest.transit)
        lead = network.lead_h
        stretched = np.ones(links)
        stretched[link] = np.divide(self._layout.lead_h, lead[link], out=np.ones(links), where=lead[link] > 0)
        transit = transit * stretched[:, None]
        is_new = np.zeros(links, dtype=bool)
        is_new[link] = (lead[link] == 0) & (self._layout.lead_h > 0)
        transit[is_new] = (self.rest.flow * self._layout.lead_h.max(initial=0.0))[is_new, None] if is_new.any() else 0.0
        return Start(
            stock=_padded(laid_out("stock", state.stock, accounts, scenarios, network.target)[account], padded),
            transit=_padded(transit[link], padded),
            held=_padded(laid_out("held", state.held, links, scenarios, np.zeros(links))[link], padded),
            expected=_padded(
                laid_out("expected", state.expected, accounts, scenarios, self.rest.through)[account], padded
            ),
            sent_before=self._sent_before(state.profile),
        )

    def _sent_before(self, profile: Floats | None) -> Floats:
        """The curve of what was sent up to each hour before now, as part of what is under way now; continued so that 0 has arrived now."""
        plan, link = self._layout.plan, self._layout.link
        parts = np.ones((self.network.link_count, 1)) if profile is None else np.asarray(profile, dtype=np.float64)
        if parts.ndim != 2 or len(parts) != len(link) or not np.isfinite(parts).all() or (parts < 0).any():
            raise ValueError(f"profile has shape {parts.shape}; ({len(link)}, P), finite, 0 or more is right")
        curve = np.zeros(int(plan.link_index[RING_FIRST, plan.links]))
        for at, lead in enumerate(self._layout.lead_h):
            first, rows = plan.link_index[RING_FIRST, at], plan.link_index[RING_ROWS, at]
            back = np.arange(rows, dtype=np.float64)
            if lead == 0:
                curve[first : first + rows] = 0.0
                continue
            share = np.concatenate([[0.0], np.cumsum(parts[link[at]])])
            share = share / share[-1] if share[-1] > 0 else np.linspace(0.0, 1.0, len(share))
            known = np.interp(lead - back, np.linspace(0.0, lead, len(share)), share, left=0.0)
            whole = int(np.ceil(lead))
            behind = whole - lead
            if behind > 0:
                known[whole] = -behind * known[whole - 1] / (1.0 - behind)
            known[whole + 1 :] = known[whole]
            curve[first : first + rows] = known
        return curve

    def _results(self, marks: int, padded: int, *, with_links: bool) -> Results:
        accounts, links, makers = self.network.account_count, self.network.link_count, len(self.network.makers)
        with_marks = marks if with_links else 0

        def hours() -> Floats:
            return np.full((accounts, padded), np.inf)

        def amounts(marks: int, count: int) -> Floats:
            return np.zeros((marks, count, padded))

        return Results(
            to_minimum=hours(),
            to_zero=hours(),
            to_maximum=hours(),
            to_short=hours(),
            stock=amounts(marks, accounts),
            unserved=amounts(marks, accounts),
            made=amounts(marks, makers),
            sent=amounts(with_marks, links),
            held=amounts(with_marks, links),
            moving=amounts(with_marks, links),
        )

    def _read(self, results: Results, marks: Floats, scenarios: int) -> Trajectories:
        account, link = self._layout.account, self._layout.link

        def hours(values: Floats) -> Floats:
            return _numbered(values, account)[:, :scenarios].T

        def amounts(values: Floats, order: Indices | None) -> Floats:
            numbered = values if order is None else _numbered(values.swapaxes(0, 1), order).swapaxes(0, 1)
            return numbered.transpose(2, 0, 1)[:scenarios]

        to_zero, to_minimum = hours(results.to_zero), hours(results.to_minimum)
        has_links = len(results.sent) > 0
        return Trajectories(
            hours=self.grid,
            mode=self.habits.mode,
            marks=marks,
            to_minimum=np.where(self.network.minimum > 0, to_minimum, to_zero),
            to_zero=to_zero,
            to_maximum=hours(results.to_maximum),
            to_short=hours(results.to_short),
            stock=amounts(results.stock, account),
            unserved=amounts(results.unserved, account),
            made=amounts(results.made, None),
            made_at_rest=self.rest.made,
            sent=amounts(results.sent, link) if has_links else None,
            held=amounts(results.held, link) if has_links else None,
            moving=amounts(results.moving, link) if has_links else None,
        )


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


def _numbered(values: Floats, order: Indices) -> Floats:
    """Rows put back in the order of the network."""
    numbered = np.empty_like(values)
    numbered[order] = values
    return numbered


def _padded(values: Floats, width: int) -> Floats:
    """Columns repeated at the end up to the width."""
    return np.ascontiguousarray(np.pad(values, ((0, 0), (0, width - values.shape[1])), mode="edge"))


def _check_part(part: Part, counts: dict[Target, int], values: Floats, steps: int) -> None:
    target, index = part
    if not 0 <= index < counts[target]:
        raise ValueError(f"{target} {index} does not exist; 0…{counts[target] - 1} do")
    if values.shape[0] != steps:
        raise ValueError(f"factors of {target} {index} have {values.shape[0]} steps; {steps} are right for this grid")
