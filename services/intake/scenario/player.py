"""Plays a scenario into a lane: rows in the order they become known, a tick at the end of each lane hour.

The last hour can be made to meet the wall clock (re-dated by whole days, so that the hour of the day stays), after which
the chain lives on at ×1 and instruments are read every minute. Clock, waiting and the sink of rows are given from outside.
"""

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

import numpy as np
from msgspec import Struct

from schemas.chain import Chain
from schemas.lane import Lane
from schemas.tick import Tick
from services.intake.rows import Rows
from services.intake.scenario.reporting import Reporter
from services.intake.scenario.reports import Reports
from services.intake.scenario.scenario import Scenario
from services.intake.scenario.simulation import Simulation
from services.runtime.clock import Clock, to_us

_HOUR = timedelta(hours=1)
_HOUR_US = 3_600_000_000
_HOUR_S = 3600.0
_MINUTE_S = 60.0
_HOLD_EVERY_H = 6
_SOURCE = "player"


class RowSink(Protocol):
    """Where rows go: intake's Publisher, its Gate, or the twin in memory.

    ``enqueue`` may return before the broker acknowledged; ``tick`` returns after everything before it was acknowledged.
    Each raises UnreachableError when the broker stays away.
    """

    def open_lane(self, lane: Lane) -> None:
        """Publish the lane, or its next revision."""
        ...

    def enqueue(self, rows: Rows) -> None:
        """Send rows, in order."""
        ...

    def tick(self, lane: str, at: datetime) -> Tick:
        """Strike the lane's clock."""
        ...


class Progress(Struct, frozen=True, kw_only=True):
    """Where the player is: lane time, hour of the scenario, the last hour to play fast, rows sent so far, and whether it now lives at ×1."""

    lane_time: datetime
    hour: int
    last_hour: int
    rows: int
    is_live: bool


class Dates(Struct, frozen=True, kw_only=True):
    """How scenario hours become lane time: ``start`` is the lane time of hour 0; hours before ``last_hour`` are played fast."""

    start: datetime
    last_hour: int

    def at(self, hour: float) -> datetime:
        """Lane time of an hour of the scenario."""
        return self.start + hour * _HOUR


def dates_meeting(scenario: Scenario, wall: datetime | None) -> Dates:
    """Dates of a scenario: its own, or moved by whole days so that its last played hour is the wall's current hour.

    Up to 23 hours of the last day are then left for the life at ×1.
    """
    own = scenario.start.astimezone(UTC)
    if wall is None:
        return Dates(start=own, last_hour=scenario.last_hour)
    meeting = wall.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    apart = (meeting - (own + scenario.last_hour * _HOUR)) / _HOUR
    days = math.ceil(apart / 24.0)
    return Dates(start=own + timedelta(days=days), last_hour=scenario.last_hour + round(apart - 24.0 * days))


class Player:
    """One play of one scenario. The same chain, scenario, seed and dates send the same rows, apart from the minutes at ×1."""

    def __init__(
        self,
        sink: RowSink,
        clock: Clock,
        chain: Chain,
        scenario: Scenario,
        *,
        lane: str,
        seed: int = 1,
        mismatch: int | None = None,
    ) -> None:
        self._sink, self._clock, self._lane = sink, clock, lane
        self._scenario, self._chain = scenario, chain
        self._simulation = Simulation(chain, scenario, seed, mismatch)
        self._reporter = Reporter(self._simulation, chain)
        self._pending: list[Reports] = []
        self._hour = scenario.first_hour
        self._rows = 0
        self._revision = 0
        self._opened = clock.now()
        self._dates = dates_meeting(scenario, None)

    def play(
        self,
        *,
        speed: float | None = None,
        meet: datetime | None = None,
        wait: Callable[[float], bool],
        on_hour: Callable[[Progress], None] = lambda _: None,
        tick_every_h: int = 1,
    ) -> Progress:
        """Play to the last hour: at ``speed`` times the wall clock, or as fast as possible when None. The clock strikes every ``tick_every_h``
        hours of the scenario and at the last: each strike is judged, which takes its time. Played as fast as possible, or by the pace of ``wait``,
        the lane's clock cannot be foretold: it then stands at the latest sixth hour struck, and runs on from there as the wall's does.

        ``meet`` is the wall time the last hour shall meet. ``wait`` sleeps so many seconds and returns True when the play
        must stop. Raises UnreachableError when the broker stays away; a second play of the same dates repeats the same rows.
        """
        self._dates = dates_meeting(self._scenario, meet)
        begun, first = self._clock.monotonic(), self._hour
        self._set_clock(self._dates.at(self._hour), speed or 1.0)
        stopped = False
        while not stopped and self._hour < self._dates.last_hour:
            is_last = self._hour + 1 >= self._dates.last_hour
            self.play_hour(strikes=is_last or (self._hour + 1) % tick_every_h == 0)
            if speed is None and self._hour % _HOLD_EVERY_H == 0:
                self._set_clock(self._dates.at(self._hour), 1.0)
            on_hour(self._progress(is_live=False))
            elapsed = self._clock.monotonic() - begun
            played = (self._hour - first) * _HOUR_S
            stopped = wait(max(0.0, played / speed - elapsed) if speed else 0.0)
        return self._progress(is_live=False)

    def hours_to_play(self, meet: datetime | None) -> int:
        """How many hours ``play`` would play with this ``meet``."""
        return dates_meeting(self._scenario, meet).last_hour - self._hour

    def live_on(
        self,
        *,
        wait: Callable[[float], bool],
        on_minute: Callable[[Progress], None] = lambda _: None,
        period_s: float = _MINUTE_S,
    ) -> Progress:
        """After ``play`` with ``meet``: live at ×1 until ``wait`` says stop. Hours that passed meanwhile are caught up first."""
        self._catch_up()
        self._set_clock(self._clock.now(), 1.0)
        while not wait(period_s):
            self._catch_up()
            self._read_instruments()
            on_minute(self._progress(is_live=True))
        return self._progress(is_live=True)

    def _catch_up(self) -> None:
        now = self._clock.now()
        while self._dates.at(self._hour + 1) <= now:
            self.play_hour(strikes=True)

    def play_hour(self, *, strikes: bool) -> Progress:
        """Live one hour, send everything that becomes known in it, strike the clock or let it be. Who paces the hours himself opens the lane too."""
        trace = self._simulation.advance(self._hour + 1)
        self._pending.append(self._reporter.report(trace, self._hour))
        self._hour += 1
        self._send_known(float(self._hour))
        if strikes:
            self._sink.tick(self._lane, self._dates.at(self._hour))
        return self._progress(is_live=False)

    def _send_known(self, hour: float) -> None:
        """Send all pending rows known at ``hour``, in the order they became known."""
        pending = Reports.joined(self._pending)
        ready = pending.known <= hour
        self._pending = [pending.picked(~ready)]
        self._send(pending.picked(ready))

    def _send(self, reports: Reports) -> None:
        if len(reports):
            self._sink.enqueue(rows_of(reports, self._reporter, self._lane, self._dates.start))
            self._rows += len(reports)

    def _read_instruments(self) -> None:
        """Between two hours: instruments that are read hourly, read now; what they show moves from the last hour towards the next."""
        now = self._clock.now()
        moment = (now - self._dates.start) / _HOUR
        trace = self._simulation.advance(self._hour + 1)
        self._send_known(moment)
        self._send(self._reporter.between(trace, self._hour, moment))
        self._sink.tick(self._lane, now)

    def _set_clock(self, origin: datetime, rate: float) -> None:
        self._revision += 1
        self._sink.open_lane(
            Lane(
                name=self._lane,
                chain=self._chain.id,
                opened_at=self._opened,
                origin=origin,
                wall_origin=self._clock.now(),
                rate=rate,
                revision=self._revision,
            )
        )

    def _progress(self, *, is_live: bool) -> Progress:
        at = self._clock.now() if is_live else self._dates.at(self._hour)
        return Progress(
            lane_time=at, hour=self._hour, last_hour=self._dates.last_hour, rows=self._rows, is_live=is_live
        )


def rows_of(reports: Reports, reporter: Reporter, lane: str, start: datetime) -> Rows:
    """Reports as feed rows of a lane whose hour 0 is ``start``."""
    origin = to_us(start)
    times = [
        (origin + np.round(column * _HOUR_US).astype(np.int64)).tolist()
        for column in (reports.observed, reports.issued, reports.known)
    ]
    names = [reporter.series[i].id for i in reports.series.tolist()]
    has_detail = any(reports.detail)
    return Rows(
        lane=lane,
        source=_SOURCE,
        series=names,
        observed_us=times[0],
        issued_us=times[1],
        known_us=times[2],
        value=reports.value.tolist(),
        quality=reports.quality.tolist(),
        detail=[d or None for d in reports.detail] if has_detail else None,
    )
