"""The shell of ingest: a reading loop, a writing thread, two keepers and a caretaker."""

import gc
import os
import shutil
import threading
from collections.abc import Callable

from services.ingest.identity.store import REGISTRY_GROUP, Identities
from services.ingest.observer import Observer
from services.ingest.reader import Asking, Reader
from services.ingest.registry.store import REGISTRY_TOPICS, REJECTION_TOPICS, project_registry, project_rejections
from services.ingest.store import GROUP, Store
from services.ingest.upkeep.app import Rounds
from services.ingest.upkeep.store import Caretaker
from services.ingest.writer import Storing, Writer
from services.runtime.clock import Clock, WallClock
from services.runtime.errors import ConfigurationError, UnreachableError
from services.runtime.exposure import Exposure
from services.runtime.kafka import GATHER_MS, KafkaStreamConsumer
from services.runtime.keeper import keeper_of
from services.runtime.lifecycle import Lifecycle
from services.runtime.logs import logger
from services.runtime.metrics import Meters
from services.runtime.process import stage_process
from services.runtime.settings import Settings
from services.runtime.streams import Consumer

METRICS_PORT = 18101
MOST_MESSAGES = 4_000
_GLANCE_EVERY_S = 2.0
_log = logger("ingest")


class App:
    """One process of ingest. ``turn`` does one round of the reading loop; ``run`` repeats it and looks at the whole every two seconds."""

    def __init__(
        self,
        settings: Settings,
        lifecycle: Lifecycle,
        meters: Meters,
        *,
        consumer: Consumer,
        asking: Asking,
        store: Storing,
    ) -> None:
        self._settings = settings
        self._lifecycle = lifecycle
        self._meters = meters
        self._consumer = consumer
        self._clock: Clock = WallClock()
        self._observer = Observer(meters)
        self.writer = Writer(store, lifecycle, self._clock, self._observer.stored)
        self.reader = Reader(consumer, asking, self.writer, self._clock)
        self._glanced_s = -_GLANCE_EVERY_S
        self.is_ready = False

    def open(self) -> None:
        """Start the writing thread and join the group."""
        thread = threading.Thread(target=self.writer.run, name="writer", daemon=True)
        thread.start()
        self._lifecycle.register("writer", lambda: thread.join(15.0))
        self.reader.open()

    def run(self) -> None:
        """Work until a stop is requested; outages of broker and database are waited out."""
        while not self._lifecycle.is_stopping():
            try:
                self.turn()
            except UnreachableError as error:
                _log.warning("ingest waits", why=str(error))
                self._lifecycle.wait(0.5)

    def turn(self) -> None:
        """One round. Raises UnreachableError."""
        self.reader.turn()
        now = self._clock.monotonic()
        if now - self._glanced_s >= _GLANCE_EVERY_S:
            self._glanced_s = now
            self._glance()

    def _glance(self) -> None:
        wall_s = self._clock.now().timestamp()
        self._meters.gauge("lianjing_heartbeat_timestamp_seconds", GROUP).set(wall_s)
        if self._settings.home.exists():
            self._meters.gauge("lianjing_disk_free_bytes", "home").set(shutil.disk_usage(self._settings.home).free)
        self._observer.stopped(self.reader.standstills.stopped())
        times_ms = [ms for ms in (self.reader.oldest_pending_ms(), self.writer.oldest_ms()) if ms is not None]
        self._observer.oldest_unstored(max(0.0, wall_s - min(times_ms) / 1000) if times_ms else 0.0)
        progress = self.reader.progress()
        self.is_ready = self.is_ready or bool(progress)
        if progress:
            self._observer.lag(progress, self._consumer.end_offsets(list(progress)))
        self.reader.revisit_stopped()


def build(settings: Settings, lifecycle: Lifecycle, meters: Meters) -> App:
    """Open the clients, the metrics port, the keepers and the jobs. Raises UnreachableError, ConfigurationError, InvariantError."""
    if not settings.database_url:
        raise ConfigurationError(
            "LIANJING_DATABASE_URL 未设置 is not set: postgresql://lianjing_ingest:…@host:port/lianjing"
        )
    owner = f"{GROUP}-{settings.slot}-{os.getpid()}"
    consumer = KafkaStreamConsumer(
        settings, group=GROUP, client_id=GROUP, max_poll_records=MOST_MESSAGES, gather_ms=GATHER_MS
    )
    lifecycle.register("consumer", consumer.close)
    asking = Identities(settings.database_url, owner)
    lifecycle.register("identities", asking.close)
    app = App(settings, lifecycle, meters, consumer=consumer, asking=asking, store=Store(settings.database_url))
    exposure = Exposure(settings.metrics_host, settings.metrics_port or METRICS_PORT, meters, lambda: app.is_ready)
    exposure.start()
    lifecycle.register("exposure", exposure.close)
    _start(lifecycle, "registry", keeper_of(settings, GROUP, REGISTRY_GROUP, REGISTRY_TOPICS, project_registry).run)
    _start(
        lifecycle,
        "rejections",
        keeper_of(settings, GROUP, "ingest.rejection", REJECTION_TOPICS, project_rejections).run,
    )
    caretaker = Caretaker(settings.database_url, WallClock())
    _start(lifecycle, "upkeep", Rounds(caretaker, meters, WallClock(), lambda: app.writer.is_busy()).run)
    return app


def _start(lifecycle: Lifecycle, name: str, run: Callable[[Lifecycle], None]) -> None:
    def guarded() -> None:
        try:
            run(lifecycle)
        except BaseException:
            _log.exception(
                "a part of ingest ended; the process stops so that its supervisor starts it again", part=name
            )
            lifecycle.request_stop()
            raise

    thread = threading.Thread(target=guarded, name=name, daemon=True)
    thread.start()
    lifecycle.register(name, lambda: thread.join(10.0))


def main() -> None:
    """Run the stage until SIGTERM."""
    with stage_process(GROUP) as (settings, lifecycle):
        _spare_the_collector()
        app = _built_with_patience(settings, lifecycle)
        if app is not None:
            app.open()
            app.run()


def _spare_the_collector() -> None:
    """Tens of thousands of short-lived rows are no reason to look through everything that was ever imported."""
    gc.freeze()
    gc.set_threshold(200_000, 20, 50)


def _built_with_patience(settings: Settings, lifecycle: Lifecycle) -> App | None:
    """Wait for the broker; None when a stop was requested meanwhile."""
    meters = Meters()
    while not lifecycle.is_stopping():
        try:
            return build(settings, lifecycle, meters)
        except UnreachableError as error:
            _log.warning("ingest waits to start", why=str(error))
            lifecycle.close()
            lifecycle.wait(1.0)
    return None
