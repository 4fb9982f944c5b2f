"""The caretaker's rounds: rollups every two seconds, compression and retention every hour, each outcome in the metrics."""

from collections.abc import Callable

import psycopg

from services.ingest.upkeep.store import JOBS, Caretaker
from services.runtime.clock import Clock
from services.runtime.errors import InvariantError, UnreachableError
from services.runtime.lifecycle import Lifecycle
from services.runtime.logs import logger
from services.runtime.metrics import Meters

_EVERY_S = {"rollup": 2.0, "compress": 3600.0, "retain": 3600.0}
_PATIENCE_S = 60.0
_log = logger("ingest.upkeep")


class Rounds:
    """Runs each job when its time has come. A job that fails is counted and tried again at its next time.

    While ``is_busy`` says that ingest catches up, jobs wait, at most a minute past their time.
    """

    def __init__(
        self, caretaker: Caretaker, meters: Meters, clock: Clock, is_busy: Callable[[], bool] = lambda: False
    ) -> None:
        self._is_busy = is_busy
        self._caretaker = caretaker
        self._meters = meters
        self._clock = clock
        self._next_s = dict.fromkeys(JOBS, clock.monotonic())
        self._jobs: dict[str, Callable[[], object]] = {
            "rollup": caretaker.rollup,
            "compress": caretaker.compress,
            "retain": caretaker.retain,
        }

    def run(self, lifecycle: Lifecycle) -> None:
        """Work until a stop is requested."""
        try:
            while not lifecycle.is_stopping():
                self.turn()
                lifecycle.wait(1.0)
        finally:
            self._caretaker.close()

    def turn(self) -> None:
        """Run the jobs that are due."""
        for job in JOBS:
            overdue_s = self._clock.monotonic() - self._next_s[job]
            if overdue_s < 0 or (self._is_busy() and overdue_s < _PATIENCE_S):
                continue
            self._next_s[job] = self._clock.monotonic() + _EVERY_S[job]
            try:
                self._jobs[job]()
            except (UnreachableError, InvariantError, psycopg.Error) as error:
                self._meters.counter("lianjing_job_failures_total", job).inc()
                _log.warning("a job failed", job=job, why=str(error))
            else:
                now = self._clock.now().timestamp()
                self._meters.gauge("lianjing_job_last_success_timestamp_seconds", job).set(now)
