"""The shell of alerting: reads assessments, publishes steps, posts to Alertmanager, shows gauges; a keeper writes the table."""

import threading

import msgspec

from schemas.alert import Alert, AlertState
from schemas.assessment import Assessment
from schemas.command import Command
from schemas.rejection import Rejection
from schemas.topic import ALERT, ASSESSMENT, COMMAND, OUTCOME, REJECTED, partition_of
from services.alerting.announcing.app import GROUP as ANNOUNCER
from services.alerting.announcing.app import open_announcer
from services.alerting.bookkeeping.app import Bookkeeper
from services.alerting.chains import Chains
from services.alerting.commands import Commands, concerns_alerting
from services.alerting.delivery import AlertmanagerPoster, Delivery, Poster
from services.alerting.display import Display
from services.alerting.episode import recalled
from services.alerting.ledger import Ledger
from services.alerting.policy import Policy
from services.alerting.posting import ALIVE, ended, postings, raised_before
from services.alerting.store import project
from services.runtime.clock import Clock, WallClock, from_us
from services.runtime.errors import InputError, UnreachableError
from services.runtime.exposure import Exposure
from services.runtime.kafka import KafkaStreamConsumer, KafkaStreamProducer
from services.runtime.keeper import keep_in_background, keeper_of
from services.runtime.lifecycle import Lifecycle
from services.runtime.logs import logger
from services.runtime.metrics import Meters
from services.runtime.process import stage_process
from services.runtime.reading import content
from services.runtime.refusal import refusal_of
from services.runtime.registry import Registry
from services.runtime.settings import Settings
from services.runtime.streams import Consumer, Message, Partition, Producer

GROUP = "alerting"
METRICS_PORT = 18104
_log = logger("alerting")
_decoder = msgspec.json.Decoder(Assessment)
_alert_decoder = msgspec.json.Decoder(Alert)
_command_decoder = msgspec.json.Decoder(Command)


class App:
    """One process decides about all episodes. ``turn`` does one round; ``run`` repeats it."""

    def __init__(
        self,
        *,
        consumer: Consumer,
        reader: Consumer,
        producer: Producer,
        registry: Registry,
        poster: Poster,
        clock: Clock,
        meters: Meters,
        policy: Policy | None = None,
    ) -> None:
        self._consumer = consumer
        self._reader = reader
        self._producer = producer
        self._registry = registry
        self._clock = clock
        self._meters = meters
        self.ledger = Ledger(policy or Policy(), Chains(registry))
        self._commands = Commands(self.ledger)
        self._display = Display(meters)
        self._lock = threading.Lock()
        self.delivery = Delivery(poster, self._alive, clock, meters)
        self._unsent: list[tuple[Alert | None, Alert]] = []
        self._refused: list[Rejection] = []
        self._moved: dict[Partition, int] = {}
        self._latest: dict[str, Alert] = {}
        self._recent: list[tuple[Alert | None, Alert]] = []
        self.is_ready = False

    def open(self) -> None:
        """Read alerts and commands back, then start on assessments and commands. Raises UnreachableError.

        Only afterwards may ``delivery`` be started: half read back, what was closed long ago would stand open at Alertmanager.
        """
        self._registry.open()
        self._registry.load()
        partitions = [(COMMAND.name, 0), *((ALERT.name, p) for p in range(ALERT.partitions))]
        self._reader.assign(partitions)
        ends = self._reader.end_offsets(partitions)
        while any(self._reader.position(p) < ends[p] for p in partitions):
            for message in self._reader.poll(0.2):
                self._read_back(message)
        self._post_again()
        self._consumer.subscribe([ASSESSMENT.name, COMMAND.name])
        self.is_ready = True

    def turn(self, timeout_s: float = 0.05) -> int:
        """Read, decide, publish, post, commit; return how many steps were published. Raises UnreachableError; nothing is lost then."""
        if self._registry.refresh():
            self._drop_closed_lanes()
        for message in self._consumer.poll(timeout_s, most=2000):
            self._moved[(message.topic, message.partition)] = message.offset + 1
            self._take(message)
        self._meters.gauge("lianjing_heartbeat_timestamp_seconds", GROUP).set(self._clock.now().timestamp())
        done = self._publish()
        self._commit()
        return done

    def run(self, lifecycle: Lifecycle) -> None:
        """Work until a stop is requested; outages of the broker are waited out."""
        while not lifecycle.is_stopping():
            try:
                self.turn()
            except UnreachableError as error:
                _log.warning("waiting for the broker", why=str(error))
                lifecycle.wait(0.5)

    def _read_back(self, message: Message) -> None:
        """One step or command of the days before: what they left standing is remembered, nothing is done again."""
        if message.topic == COMMAND.name:
            command = content(_command_decoder, message)
            if command is not None:
                self._commands.recall(command)
            return
        alert = content(_alert_decoder, message)
        if alert is not None:
            with self._lock:
                self.ledger.recall(alert)
            if not message.appended_ms or from_us(message.appended_ms * 1000) > self._clock.now() - ALIVE:
                self._recent.append((self._latest.get(alert.episode), alert))
            self._latest[alert.episode] = alert

    def _post_again(self) -> None:
        """What Alertmanager may not have been told before a kill: ends above all, for what is open is told again anyhow. In order, and at once."""
        now = self._clock.now()
        found = [
            p for before, step in self._recent for p in (*raised_before(before, step, now), *self._postings_of(step))
        ]
        self.delivery.give(found)
        self._recent.clear()

    def _take(self, message: Message) -> None:
        if message.topic == COMMAND.name:
            command = content(_command_decoder, message)
            if command is not None:
                self._obey(command)
            return
        assessment = content(_decoder, message)
        if assessment is None or self._is_closed(assessment.lane):
            return
        with self._lock:
            alerts = self.ledger.hear(assessment, message.partition, message.offset)
        self._keep(alerts)

    def _obey(self, command: Command) -> None:
        """A command that makes no sense is counted, logged, and told to its sender as a rejection."""
        try:
            if self._is_closed(command.lane):
                if concerns_alerting(command):
                    raise InputError(f"{command.lane}: 泳道已关闭 the lane is closed")
                return
            with self._lock:
                alerts = self._commands.obey(command)
        except InputError as error:
            self._meters.counter("lianjing_alert_commands_total", command.kind, "refused").inc()
            _log.warning("a command is refused", command=command.command_id, kind=command.kind, why=str(error))
            self._refused.append(refusal_of(command, str(error)))
            return
        if alerts is None:
            return
        self._meters.counter("lianjing_alert_commands_total", command.kind, "obeyed").inc()
        self._keep(alerts)

    def _keep(self, alerts: list[Alert]) -> None:
        for alert in alerts:
            self._unsent.append((self._latest.get(alert.episode), alert))
            self._latest[alert.episode] = alert
            if alert.state is AlertState.CLOSED:
                del self._latest[alert.episode]

    def _publish(self) -> int:
        """Topic first; Alertmanager and gauges once the broker has it."""
        for _, alert in self._unsent:
            self._producer.send(
                ALERT.name,
                msgspec.json.encode(alert),
                key=alert.node.encode(),
                partition=partition_of(alert.node, ALERT.partitions),
            )
        for refused in self._refused:
            self._producer.send(
                REJECTED.name,
                msgspec.json.encode(refused),
                key=refused.source.encode(),
                partition=partition_of(refused.source, REJECTED.partitions),
            )
        if self._unsent or self._refused:
            self._producer.flush(10.0)
        sent, self._unsent, self._refused = self._unsent, [], []
        now = self._clock.now()
        for previous, alert in sent:
            self.delivery.give([*raised_before(previous, alert, now), *self._postings_of(alert)])
            self._display.show(alert)
        return len(sent)

    def _postings_of(self, alert: Alert) -> list[dict[str, object]]:
        episode, now = recalled(alert), self._clock.now()
        return ended(episode, now) if alert.muted_by else postings(episode, now)

    def _alive(self) -> list[dict[str, object]]:
        with self._lock:
            episodes = [e for e in self.ledger.open_episodes() if not self.ledger.is_hidden(e)]
        now = self._clock.now()
        return [p for e in episodes for p in postings(e, now)]

    def _commit(self) -> None:
        if self._moved:
            offsets = {
                p: self.ledger.safe_position(p[1], processed) if p[0] == ASSESSMENT.name else processed
                for p, processed in self._moved.items()
            }
            self._moved = {}
            self._consumer.commit(offsets)

    def _is_closed(self, lane: str) -> bool:
        stated = self._registry.lanes.get(lane)
        return stated is not None and stated.closed_at is not None

    def _drop_closed_lanes(self) -> None:
        now = self._clock.now()
        for lane in [n for n in self._registry.lanes if self._is_closed(n)]:
            with self._lock:
                dropped = self.ledger.drop_lane(lane)
            for episode in dropped:
                self.delivery.give(ended(episode, now))
                self._display.forget(episode.last)
            self._display.drop_lane(lane)


def build(settings: Settings, lifecycle: Lifecycle, meters: Meters) -> App:
    """Open clients and the metrics port; when a database is set, start the keeper. Raises UnreachableError."""
    consumer = KafkaStreamConsumer(settings, group=GROUP, client_id=GROUP, max_poll_records=2000)
    lifecycle.register("consumer", consumer.close)
    reader = KafkaStreamConsumer(settings, client_id="alerting-reader")
    lifecycle.register("reader", reader.close)
    producer = KafkaStreamProducer(settings, client_id=GROUP, linger_ms=0)
    lifecycle.register("producer", producer.close)
    registry = Registry(KafkaStreamConsumer(settings, client_id="alerting-registry"))
    lifecycle.register("registry", registry.close)
    poster = AlertmanagerPoster(settings.alertmanager_url)
    lifecycle.register("alertmanager", poster.close)
    app = App(
        consumer=consumer,
        reader=reader,
        producer=producer,
        registry=registry,
        poster=poster,
        clock=WallClock(),
        meters=meters,
    )
    exposure = Exposure(settings.metrics_host, settings.metrics_port or METRICS_PORT, meters, lambda: app.is_ready)
    exposure.start()
    lifecycle.register("exposure", exposure.close)
    if settings.database_url:
        topics = [ALERT.name, OUTCOME.name]
        lifecycle.register(
            "keeper", keep_in_background(keeper_of(settings, GROUP, f"{GROUP}.keeper", topics, project), lifecycle)
        )
        _announce(settings, registry, lifecycle, meters)
        books = Bookkeeper(settings.database_url, registry, producer, meters)
        _start(lifecycle, "bookkeeping", threading.Thread(target=books.run, args=(lifecycle,), daemon=True))
    return app


def _announce(settings: Settings, registry: Registry, lifecycle: Lifecycle, meters: Meters) -> None:
    """Start the announcer where the settings say where official messages go."""
    announcer = open_announcer(settings, registry, WallClock(), meters)
    if announcer is not None:
        keeper = keeper_of(settings, GROUP, ANNOUNCER, [ALERT.name], announcer.project)
        lifecycle.register("announcer", keep_in_background(keeper, lifecycle))


def _start(lifecycle: Lifecycle, name: str, thread: threading.Thread) -> None:
    thread.start()
    lifecycle.register(name, lambda: thread.join(10.0))


def main() -> None:
    """Run the stage until SIGTERM."""
    with stage_process(GROUP) as (settings, lifecycle):
        app = build(settings, lifecycle, Meters())
        app.open()
        _start(lifecycle, "delivery", threading.Thread(target=app.delivery.run, args=(lifecycle,), daemon=True))
        app.run(lifecycle)
