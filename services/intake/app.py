"""Building and running intake."""

import threading

import uvicorn

from services.intake.desk import Desk
from services.intake.feeds.configuration import load_documents, load_limits
from services.intake.feeds.drop_folder import DropFolder
from services.intake.feeds.mqtt import MqttDoor
from services.intake.feeds.telephone import GROUP, TelephoneReader, load_events
from services.intake.feeds.ticker import Ticker
from services.intake.feeds.topics import RegistryWatch, load_notices, load_receipts, load_rejections
from services.intake.filing import Filing
from services.intake.packer import Packer
from services.intake.publisher import Publisher
from services.intake.receipts import ReceiptBook
from services.intake.rejected import RejectionLedger
from services.intake.routes.web import web_application
from services.intake.store import Store
from services.runtime.clock import Clock, WallClock
from services.runtime.errors import UnreachableError
from services.runtime.exposure import Exposure
from services.runtime.kafka import KafkaStreamConsumer, KafkaStreamProducer
from services.runtime.lifecycle import Lifecycle
from services.runtime.logs import logger
from services.runtime.metrics import Meters
from services.runtime.process import stage_process
from services.runtime.registry import Registry
from services.runtime.settings import Settings

METRICS_PORT = 18100
ANSWER_TIMEOUT_S = 10.0
_log = logger("intake")


class Intake:
    """A running intake. ``open`` connects and starts the threads, ``serve`` answers HTTP until a stop is requested."""

    def __init__(self, settings: Settings, lifecycle: Lifecycle, clock: Clock | None = None) -> None:
        self._settings = settings
        self._lifecycle = lifecycle
        self._clock = clock or WallClock()
        self._is_open = False
        self.meters = Meters()

    def open(self) -> None:
        """Connect, load what is remembered, start. Raises UnreachableError when the broker is away; call again later."""
        settings, lifecycle = self._settings, self._lifecycle
        limits = load_limits(settings)
        producer = KafkaStreamProducer(
            settings, client_id="intake", linger_ms=1, delivery_timeout_ms=int(ANSWER_TIMEOUT_S * 1000)
        )
        lifecycle.register("producer", producer.close)
        watch = RegistryWatch(Registry(self._consumer("intake-registry")), lifecycle)
        lifecycle.register("registry", watch.close)
        watch.load()
        book, ledger = ReceiptBook(), RejectionLedger()
        reader = self._consumer("intake-loading")
        load_receipts(reader, book)
        load_rejections(reader, ledger)
        self._publisher = Publisher(
            producer, lambda: watch.catalogue().series, ends=reader, timeout_s=ANSWER_TIMEOUT_S + 2
        )
        lifecycle.register("offsets", reader.close)
        self._packer = Packer(self._publisher, self._clock, timeout_s=ANSWER_TIMEOUT_S + 2)
        self._packer.start()
        lifecycle.register("packer", self._packer.close)
        self._store = Store(settings.database_url)
        lifecycle.register("store", self._store.close)
        self._desk = Desk(
            packer=self._packer,
            publisher=self._publisher,
            catalogue=watch.catalogue,
            limits=limits,
            clock=self._clock,
            meters=self.meters,
            receipts=book,
            ledger=ledger,
        )
        documents = load_documents(settings)
        load_notices(reader, documents.cap, ledger, watch.catalogue())
        telephone = self._telephone()
        load_events(reader, telephone.book, watch.catalogue())
        self._filing = Filing(self._desk, documents)
        self._start_clock(watch)
        watch.start()
        telephone.start()
        self._start_doors()
        self._is_open = True

    def serve(self) -> None:
        """Answer HTTP until a stop is requested."""
        web = web_application(
            filing=self._filing,
            publisher=self._publisher,
            store=self._store,
            is_ready=self.is_ready,
            errand_secret=self._settings.errand_secret,
        )
        config = uvicorn.Config(
            web,
            host=self._settings.intake_host,
            port=self._settings.intake_port,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=int(ANSWER_TIMEOUT_S + 5),
            limit_concurrency=2000,
            server_header=False,
        )
        server = uvicorn.Server(config)

        def stop() -> None:
            while not self._lifecycle.wait(3600):
                pass
            server.should_exit = True

        threading.Thread(target=stop, name="stopper", daemon=True).start()
        _log.info("intake is open", host=self._settings.intake_host, port=self._settings.intake_port)
        server.run()
        self._lifecycle.request_stop()

    def is_ready(self) -> bool:
        """True once records are accepted."""
        return self._is_open and not self._lifecycle.is_stopping()

    def _start_doors(self) -> None:
        settings, lifecycle = self._settings, self._lifecycle
        if settings.drop_folder is not None:
            folder = DropFolder(settings.drop_folder, self._filing, lifecycle)
            folder.start()
            lifecycle.register("drop folder", folder.close)
        if settings.mqtt_url:
            mqtt = MqttDoor(settings.mqtt_url, settings.slot, self._desk, lifecycle)
            mqtt.start()
            lifecycle.register("mqtt", mqtt.close)

    def _telephone(self) -> TelephoneReader:
        """The reader of what officers enter, in its group and not started."""
        commands = KafkaStreamConsumer(self._settings, group=GROUP, client_id="intake-commands")
        telephone = TelephoneReader(commands, self._desk, self._packer, self._clock, self._lifecycle)
        self._lifecycle.register("telephone", telephone.close)
        telephone.open()
        return telephone

    def _consumer(self, client_id: str) -> KafkaStreamConsumer:
        return KafkaStreamConsumer(self._settings, client_id=client_id, max_poll_records=2000)

    def _start_clock(self, watch: RegistryWatch) -> None:
        ticker = Ticker(
            publisher=self._publisher,
            packer=self._packer,
            watch=watch,
            clock=self._clock,
            meters=self.meters,
            chain=self._settings.chain,
            lifecycle=self._lifecycle,
        )
        ticker.open_live()
        ticker.start()
        self._lifecycle.register("ticker", ticker.close)


def build(settings: Settings, lifecycle: Lifecycle, clock: Clock | None = None) -> Intake:
    """An intake that is not open yet."""
    return Intake(settings, lifecycle, clock)


def main() -> None:
    """Run until SIGTERM."""
    with stage_process("intake") as (settings, lifecycle):
        intake = build(settings, lifecycle)
        exposure = Exposure(
            settings.metrics_host, settings.metrics_port or METRICS_PORT, intake.meters, intake.is_ready
        )
        exposure.start()
        lifecycle.register("exposure", exposure.close)
        while not lifecycle.is_stopping():
            try:
                intake.open()
            except UnreachableError as error:
                _log.warning("intake waits for the broker", why=str(error))
                lifecycle.wait(1.0)
            else:
                intake.serve()
