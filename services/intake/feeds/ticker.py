"""The clock of the live lane: a tick every 60 s, and the gauges of intake every second."""

import threading
from datetime import datetime

from schemas.lane import LIVE, Lane
from services.intake.feeds.topics import RegistryWatch
from services.intake.packer import Packer
from services.intake.publisher import Publisher
from services.runtime.clock import Clock, lane_time
from services.runtime.errors import UnreachableError
from services.runtime.lifecycle import Lifecycle
from services.runtime.logs import logger
from services.runtime.metrics import Meters

TICK_S = 60
_log = logger("ticker")


def live_lane(chain: str, now: datetime) -> Lane:
    """The live lane: its clock is the wall clock."""
    return Lane(name=LIVE, chain=chain, opened_at=now, origin=now, wall_origin=now)


class Ticker:
    """Opens the live lane if nobody has, ticks it on every full minute, watches the packer. With the broker away it tries again."""

    def __init__(
        self,
        *,
        publisher: Publisher,
        packer: Packer,
        watch: RegistryWatch,
        clock: Clock,
        meters: Meters,
        chain: str,
        lifecycle: Lifecycle,
    ) -> None:
        self._publisher = publisher
        self._packer = packer
        self._watch = watch
        self._clock = clock
        self._meters = meters
        self._chain = chain
        self._lifecycle = lifecycle
        self._minute = 0
        self._thread = threading.Thread(target=self._run, name="ticker", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """End; the lifecycle must be stopping."""
        if self._thread.is_alive():
            self._thread.join(10)

    def open_live(self) -> None:
        """Publish the live lane unless it is there. Raises UnreachableError."""
        if LIVE not in self._watch.catalogue().lanes:
            self._publisher.open_lane(live_lane(self._chain, self._clock.now()))

    def _run(self) -> None:
        while not self._lifecycle.wait(1.0):
            self._meters.gauge("lianjing_intake_oldest_unpublished_seconds").set(self._packer.oldest_s())
            self._meters.gauge("lianjing_heartbeat_timestamp_seconds", "intake").set(self._clock.now().timestamp())
            try:
                self._tick()
            except UnreachableError as error:
                _log.warning("tick waits for the broker", why=str(error))

    def _tick(self) -> None:
        lane = self._watch.catalogue().lanes.get(LIVE)
        now = self._clock.now()
        minute = int(now.timestamp()) // TICK_S
        if lane is None or minute == self._minute:
            return
        self._publisher.tick(LIVE, lane_time(lane, now).replace(second=0, microsecond=0))
        self._minute = minute
