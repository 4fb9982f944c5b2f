"""The futures of a prospect day by day, with what every link carries: what balance sheets, blockages and remedies are read from."""

import numpy as np
from msgspec import Struct

from detectors.network.course import Courses, Target
from detectors.network.grid import forecast_grid
from detectors.network.simulation import Engine
from detectors.network.trajectories import Trajectories
from detectors.network.uncertainty import Floats
from services.risk.prospect import HOLD_H, SHORT_HOLD_H, Prospect
from services.risk.state.futures import Futures
from services.risk.state.network import HABITS

DAYS = 28
DAY_H = 24.0


class Foresight(Struct, frozen=True):
    """``found`` has a mark at the end of each day (D of them), with links; ``futures`` are those that were run; ``at_start`` (S, L) was on the
    links then. S futures, A accounts, L links."""

    prospect: Prospect
    futures: Futures
    courses: Courses
    found: Trajectories
    at_start: Floats

    def stock(self) -> Floats:
        """Stock at the beginning and at the end of each day (S, D + 1, A)."""
        now = np.broadcast_to(np.atleast_2d(self.futures.state.stock), self.found.stock[:, 0].shape)
        return np.concatenate([now[:, None], self.found.stock], axis=1)

    def sent(self) -> Floats:
        """Sent over each link on each day (S, D, L)."""
        assert self.found.sent is not None  # foresee asks for links
        return np.diff(self.found.sent, axis=1, prepend=0.0)

    def waiting(self) -> Floats:
        """Held at the end of each link at the beginning and the end of each day (S, D + 1, L)."""
        assert self.found.held is not None  # as above
        return np.concatenate([np.zeros_like(self.found.held[:, :1]), self.found.held], axis=1)

    def under_way(self) -> Floats:
        """On each link, moving or waiting, at the beginning and the end of each day (S, D + 1, L)."""
        assert self.found.held is not None  # as above
        assert self.found.moving is not None  # as above
        return np.concatenate([self.at_start[:, None], self.found.held + self.found.moving], axis=1)

    def landed(self) -> Floats:
        """Landed from each link on each day (S, D, L)."""
        return self.sent() - np.diff(self.under_way(), axis=1)

    def arrived(self) -> Floats:
        """What landed, in units of where it landed: coal by its heat (S, D, L)."""
        return self.landed() * self.prospect.world.living.network.gain

    def factor(self, target: Target, index: int) -> Floats:
        """Mean factor on a part on each day (S, D)."""
        rows = self.courses.rows.get((target, index))
        if rows is None:
            return np.ones((self.courses.scenarios, len(self.found.marks)))
        hours = self.found.hours
        whole = np.concatenate([np.zeros((1, rows.shape[1])), np.cumsum(rows * np.diff(hours)[:, None], axis=0)])
        at = np.searchsorted(hours, np.append(0.0, self.found.marks))
        return np.asarray(np.diff(whole[at], axis=0).T / DAY_H)


def foresee(prospect: Prospect, days: int = DAYS, futures: int = 32) -> Foresight:
    """Run the first futures of a prospect again and write down every day, at most 30 and at least 4."""
    few = prospect.futures.first(futures)
    grid = forecast_grid(DAY_H * days)
    told = few.courses()
    courses = Courses(told.scenarios, {part: rows[: len(grid) - 1] for part, rows in told.rows.items()})
    engine = Engine(prospect.world.living.network, grid, HABITS)
    marks = [DAY_H * (day + 1) for day in range(days)]
    found = engine.run(few.state, courses, marks=marks, hold_h=HOLD_H, short_hold_h=SHORT_HOLD_H, with_links=True)
    return Foresight(prospect, few, courses, found, _at_start(engine, few))


def _at_start(engine: Engine, futures: Futures) -> Floats:
    """What the engine takes to be on each link (S, L): where it makes a link last longer than it does, more than the state says."""
    scenarios = len(np.atleast_2d(futures.state.stock))
    laid_out = engine.start(futures.state, scenarios).transit[:, :scenarios]
    found = np.empty_like(laid_out)
    found[engine.layout.link] = laid_out
    return found.T
