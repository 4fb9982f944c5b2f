"""A forecast kept so that a message changes only what it can reach: numbers equal those of a full run to the last bit."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from detectors.network.course import Courses, Part
from detectors.network.flow_network import Indices
from detectors.network.grid import Floats
from detectors.network.kernel.plan import LANES, RING_FIRST, Results, Start
from detectors.network.outcome import blank, write_over
from detectors.network.region import Bools, Reach, Region
from detectors.network.setting import NOTHING_KEPT, events_of
from detectors.network.simulation import Engine, padded_width, run_blocks
from detectors.network.standby import links_in_pools, with_standby
from detectors.network.state import State
from detectors.network.trajectories import Trajectories

_MUCH_MORE = 2.0
NOBODY = np.zeros(0, dtype=np.int64)


class Kept:
    """A run of ``engine`` that can be brought up to date.

    Takes what Engine.run takes. Keeps the claims of links and inputs that an update may have to read, in every step and scenario: at most
    8·(L + 2·I)·K·S bytes, 3.7 GB for 8,000 links, 1,000 inputs, 180 steps and 256 scenarios, of which a generated network
    takes about 2.7 GB; 60 MB for 120 links and 20 inputs. Not to be used by several threads at once.
    """

    def __init__(
        self,
        engine: Engine,
        state: State,
        courses: Courses,
        *,
        marks: Sequence[float] | Floats | None = None,
        hold_h: float = 0.0,
        short_hold_h: float = 0.0,
        with_links: bool = False,
        workers: int = 1,
    ) -> None:
        engine.check(courses)
        self.engine = engine
        self.reached = engine.network.account_count
        self._case = engine.case(marks, hold_h, short_hold_h)
        self._with_links, self._workers = with_links, workers
        self._rows, self._scenarios = with_standby(engine.network, courses.rows), courses.scenarios
        self._start = engine.start(state, courses.scenarios)
        self._reach = Reach(engine.layout)
        padded, steps, plan = padded_width(courses.scenarios), len(engine.grid) - 1, engine.layout.plan
        events = events_of(engine.layout, self._rows, steps, padded)
        # A first turn without keeping says who cuts its customers: claims on those are never read, and writing them costs more than the turn.
        tried = blank(plan, 1, padded, with_links=False)
        run_blocks(plan, events, self._start, engine.case((float(engine.grid[-1]),)), tried, workers)
        self._was_tight = tried.is_tight.max(axis=1) > 0
        chosen = self._reach.crossing(self._was_tight)
        kept = np.empty((padded // LANES, steps, self._reach.keep(chosen), LANES))
        self._results = blank(plan, len(self._case.marks), padded, with_links=with_links, kept=kept)
        keeping = plan._replace(own=self._reach.own[chosen])
        run_blocks(keeping, events, self._start, self._case, self._results, workers)

    @property
    def trajectories(self) -> Trajectories:
        """The forecast as it stands; a copy."""
        return self.engine.read(self._results, self._case.marks, self._scenarios)

    def update(self, state: State, courses: Courses) -> Trajectories:
        """The forecast from a new state under new courses; what did not change is found by comparison and not computed again.

        The same numbers as a full run. ``reached`` then says how many accounts were simulated. Raises what Engine.run raises, and
        ValueError for another number of scenarios; then the kept forecast stands as it was.
        """
        if courses.scenarios != self._scenarios:
            raise ValueError(f"{courses.scenarios} scenarios were given; {self._scenarios}, as kept, are right")
        self.engine.check(courses)
        start = self.engine.start(state, courses.scenarios)
        rows = with_standby(self.engine.network, courses.rows)
        seeds = self._moved(start) | self._reach.touched(_differing(self._rows, rows))
        self.reached = 0
        if seeds.any():
            region, results = self._simulate(seeds, start, rows, self._results.kept, self._workers)
            write_over(self._results, results, region)
            self.reached = region.plan.accounts
        self._start, self._rows = start, rows
        return self.trajectories

    def what_if(
        self, parts: Iterable[Part], rows: Mapping[Part, Floats], suspects: Indices
    ) -> tuple[Region, Results, Indices]:
        """The region that other courses of ``parts`` reach, its results under courses ``rows``, and the accounts that newly cut their customers;
        what is kept stays as it is. ``suspects`` are accounts guessed to do so: a good guess saves a second turn, a bad one changes no number.

        May be used by several threads at once.
        """
        seeds, rows = self._touched(parts), with_standby(self.engine.network, rows)
        region, results = self._simulate(seeds, self._start, rows, NOTHING_KEPT, 1, suspects)
        return region, results, region.at.account[self._cuts_newly(region, results)]

    def touched(self, parts: Iterable[Part]) -> Indices:
        """The places where other courses of these parts act at once: those that begin with the same one reach much the same."""
        return np.flatnonzero(self._touched(parts))

    def _touched(self, parts: Iterable[Part]) -> Bools:
        together = list(parts)
        return self._reach.touched([*together, *links_in_pools(self.engine.network, together)])

    def _simulate(
        self,
        seeds: Bools,
        start: Start,
        rows: Mapping[Part, Floats],
        kept: Floats,
        workers: int,
        suspects: Indices = NOBODY,
    ) -> tuple[Region, Results]:
        """Simulate what the seeds reach, and more where a place newly cuts a customer outside. New claims are written to ``kept``: claims
        read are those of customers outside, so that a further turn finds them as they were."""
        is_tight = self._cuts()
        reached = self._reach.of(seeds, is_tight)
        if len(suspects):
            is_tight, reached = self._guessed(seeds, is_tight, reached, suspects)
        while True:
            region = self._reach.cut_out(reached)
            events = events_of(region.number, rows, len(self.engine.grid) - 1, start.stock.shape[1], self._results.kept)
            results = blank(
                region.plan, len(self._case.marks), start.stock.shape[1], with_links=self._with_links, kept=kept
            )
            run_blocks(region.plan, events, region.start(start), self._case, results, workers)
            is_tight_now = results.is_tight.max(axis=1) > 0
            if not is_tight_now[region.shields].any():
                return region, results
            is_tight[region.at.account] |= is_tight_now
            reached = self._reach.of(seeds, is_tight)

    def _guessed(self, seeds: Bools, is_tight: Bools, reached: Bools, suspects: Indices) -> tuple[Bools, Bools]:
        """Who is taken as tight and what is reached then; the guess is left aside where a first turn without it costs little."""
        guessed = is_tight.copy()
        guessed[suspects] = True
        more = self._reach.of(seeds, guessed)
        is_worth = np.count_nonzero(more) < _MUCH_MORE * np.count_nonzero(reached)
        return (guessed, more) if is_worth else (is_tight, reached)

    def _cuts(self) -> Bools:
        """The accounts that cut a customer in some scenario, as kept, or did so at first: what is kept of claims relies on them."""
        return np.asarray(self._was_tight | (self._results.is_tight.max(axis=1) > 0))

    def _cuts_newly(self, region: Region, results: Results) -> Bools:
        """Which accounts of a region cut a customer and did not before."""
        return np.asarray((results.is_tight.max(axis=1) > 0) & ~self._cuts()[region.at.account])

    def _moved(self, start: Start) -> Bools:
        """Accounts that start otherwise than kept, or towards which something else is under way."""
        old, plan = self._start, self.engine.layout.plan
        accounts = _moved_rows(start.stock, old.stock) | _moved_rows(start.expected, old.expected)
        links = _moved_rows(start.transit, old.transit) | _moved_rows(start.held, old.held)
        links |= np.logical_or.reduceat(start.sent_before != old.sent_before, plan.link_index[: plan.links, RING_FIRST])
        accounts[self._reach.end[links]] = True
        return accounts


def _moved_rows(new: Floats, old: Floats) -> Bools:
    return np.asarray(np.any(new != old, axis=1))


def _differing(old: Mapping[Part, Floats], new: Mapping[Part, Floats]) -> list[Part]:
    """Parts whose factors are not the same; a part that is not named has factors of 1."""

    def is_same(part: Part) -> bool:
        mine, its = old.get(part), new.get(part)
        if mine is None or its is None:
            return bool(np.all((mine if its is None else its) == 1.0))
        return mine is its or np.array_equal(mine, its)

    return [part for part in {**old, **new} if not is_same(part)]
