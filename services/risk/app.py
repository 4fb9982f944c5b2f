"""The shell of risk: reads feeds and ticks, publishes assessments, shows gauges; a keeper writes the table."""

from contextlib import suppress
from pathlib import Path

import msgspec

from schemas.assessment import Assessment
from schemas.lane import kind_of
from schemas.level import Level, rank
from schemas.topic import ANSWER, ASSESSMENT, CLOCK, FEED_PARTITIONS, FEED_TOPICS, SCORE, partition_of
from services.risk.analysis.kinds import parse_kinds
from services.risk.answers import Desk
from services.risk.lane import LanePicture
from services.risk.rewind import Rewind
from services.risk.rules import RuleSet, parse_rules
from services.risk.stage import Stage
from services.risk.store import project
from services.risk.worker import Worker
from services.runtime.assets import asset_path
from services.runtime.clock import Clock, WallClock
from services.runtime.errors import UnreachableError
from services.runtime.exposure import Exposure
from services.runtime.kafka import KafkaStreamConsumer, KafkaStreamProducer
from services.runtime.keeper import keep_in_background, keeper_of
from services.runtime.lifecycle import Lifecycle
from services.runtime.logs import logger
from services.runtime.metrics import Meters
from services.runtime.process import stage_process
from services.runtime.registry import Registry
from services.runtime.settings import Settings
from services.runtime.streams import Consumer, Partition, Producer

GROUP = "risk"
METRICS_PORT = 18103
_log = logger("risk")
_FEEDS: list[Partition] = [(t.name, p) for t in FEED_TOPICS.values() for p in range(FEED_PARTITIONS)]
_SCORES: list[Partition] = [(SCORE.name, p) for p in range(SCORE.partitions)]
_COMMIT_EVERY_S = 20.0
_TICK_EVERY_S = 1.0


class App:
    """One process judges all lanes. ``turn`` does one round of the loop; tests call it on memory twins, ``run`` repeats it."""

    def __init__(
        self,
        settings: Settings,
        *,
        consumer: Consumer,
        producer: Producer,
        registry: Registry,
        clock: Clock,
        meters: Meters,
        answers: Desk | None = None,
    ) -> None:
        self._answers = answers
        self._consumer = consumer
        self._producer = producer
        self._registry = registry
        self._clock = clock
        self._meters = meters
        rules = read_rules(settings.config or asset_path("deploy/config"))
        self.stage = Stage(registry.chains, registry.lanes, rules, settings.chain)
        self._rewind = Rewind()
        self._unsent: list[Assessment] = []
        self._ends: dict[Partition, int] | None = None
        self._committed_at = self._ticked_at = 0.0
        self._is_behind = False
        self.is_ready = False

    def open(self) -> None:
        """Start reading. Raises UnreachableError."""
        self._registry.open()
        self._registry.load()
        self._consumer.subscribe([*(t.name for t in FEED_TOPICS.values()), SCORE.name, CLOCK.name])
        if self._answers is not None:
            self._answers.open()

    def turn(self, timeout_s: float = 0.05) -> int:
        """Read, judge one tick and what is new, publish, commit. Raises UnreachableError; nothing is lost then.

        Returns how much was done: assessments published, and the tick. One tick at a time, so that after an outage, or behind a fast replay, what
        was judged is out at once and live messages are read in between.
        """
        if self._registry.refresh():
            for picture in self.stage.use_registry():
                _log.info("lane closed", lane=picture.lane)
                self._forget(picture)
        for message in self._consumer.poll(0.0 if self._is_behind else timeout_s, most=2000):
            self.stage.take(message)
            if message.topic != CLOCK.name:
                self._rewind.note(message)
        self._note_positions()
        told = self.stage.judge_tick(self._clock.monotonic()) if self._has_read(_SCORES) else None
        self._is_behind = told is not None
        self._unsent += told or []
        if self.is_ready or self._is_caught_up():
            with self._meters.histogram("lianjing_risk_assessment_seconds").time():
                self._unsent += self.stage.judge_promptly()
        for picture in self.stage.shut_out():
            self._forget(picture)
        self._meters.gauge("lianjing_risk_failed_lanes").set(len(self.stage.failed))
        self._meters.gauge("lianjing_heartbeat_timestamp_seconds", GROUP).set(self._clock.now().timestamp())
        done = self._publish() + self._is_behind
        if self._answers is not None and self.is_ready:
            self._answers.turn(self.stage)
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

    def _is_caught_up(self) -> bool:
        """True once everything was read that was there at the start."""
        self.is_ready = self._has_read(_FEEDS) and self._has_read(_SCORES)
        if self.is_ready:
            _log.info("everything kept was read again; judging begins", lanes=len(self.stage.pictures))
        return self.is_ready

    def _has_read(self, partitions: list[Partition]) -> bool:
        """True once these were read as far as they went at the start."""
        if self.is_ready:
            return True
        if not {*_FEEDS, *_SCORES} <= self._consumer.assignment():
            return False
        if self._ends is None:
            self._ends = self._consumer.end_offsets([*_FEEDS, *_SCORES])
        return all(self._consumer.position(p) >= self._ends[p] for p in partitions)

    def _note_positions(self) -> None:
        for partition in self._consumer.assignment():
            if partition in _FEED_SET and partition not in self.stage.ends:
                self.stage.note_position(partition, self._consumer.position(partition))

    def _publish(self) -> int:
        for assessment in self._unsent:
            self._producer.send(
                ASSESSMENT.name,
                msgspec.json.encode(assessment),
                key=assessment.node.encode(),
                partition=partition_of(assessment.node, ASSESSMENT.partitions),
            )
        if self._unsent:
            self._producer.flush(10.0)
        sent, self._unsent = self._unsent, []
        for assessment in sent:
            self._show(assessment)
        return len(sent)

    def _show(self, assessment: Assessment) -> None:
        labels = (kind_of(assessment.lane).value, assessment.chain, assessment.node, assessment.product)
        height = -1 if assessment.level is Level.UNKNOWN else rank(assessment.level)
        self._meters.gauge("lianjing_node_level", *labels).set(height if height is not None else -1)
        if assessment.cover_days is not None:
            self._meters.gauge("lianjing_node_cover_days", *labels).set(assessment.cover_days)
        if assessment.hours_to_minimum_p50 is not None:
            self._meters.gauge("lianjing_node_hours_to_minimum", *labels).set(assessment.hours_to_minimum_p50)
        else:
            self._drop("lianjing_node_hours_to_minimum", labels)

    def _forget(self, picture: LanePicture) -> None:
        """Gauges of a lane go when it closes."""
        if self._answers is not None:
            self._answers.forget(picture.lane)
        blueprint = picture.settled.blueprint
        for place in {blueprint.places[s.account] for s in picture.settled.subjects}:
            labels = (kind_of(picture.lane).value, blueprint.chain.id, *place)
            for name in ("lianjing_node_level", "lianjing_node_cover_days", "lianjing_node_hours_to_minimum"):
                self._drop(name, labels)

    def _drop(self, name: str, labels: tuple[str, ...]) -> None:
        with suppress(KeyError):  # it was never shown
            self._meters.forget(name, *labels)

    def _commit(self) -> None:
        """Move the clock's offset after its ticks were published, and the feeds' to where a restart has to begin."""
        now = self._clock.monotonic()
        offsets: dict[Partition, int] = {}
        if self.stage.clock_position is not None and (not self._is_behind or now - self._ticked_at >= _TICK_EVERY_S):
            self._ticked_at = now
            offsets[(CLOCK.name, 0)] = self.stage.clock_position
            self.stage.clock_position = None
        if now - self._committed_at >= _COMMIT_EVERY_S:
            self._committed_at = now
            offsets |= self._rewind.starts(int(self._clock.now().timestamp() * 1000))
        if offsets:
            self._consumer.commit(offsets)


_FEED_SET = frozenset(_FEEDS)


def read_rules(config: Path) -> RuleSet:
    """The rule set of the operator's folder. Raises ConfigurationError."""
    return parse_rules((config / "rules" / "default.yaml").read_text(encoding="utf-8"), "rules/default.yaml")


def build(settings: Settings, lifecycle: Lifecycle, meters: Meters) -> App:
    """Open Kafka clients and the metrics port, and start the keeper when a database is set. Raises UnreachableError."""
    consumer = KafkaStreamConsumer(settings, group=GROUP, client_id="risk", max_poll_records=2000)
    lifecycle.register("consumer", consumer.close)
    producer = KafkaStreamProducer(settings, client_id="risk", linger_ms=0)
    lifecycle.register("producer", producer.close)
    registry = Registry(KafkaStreamConsumer(settings, client_id="risk-registry"))
    lifecycle.register("registry", registry.close)
    app = App(
        settings,
        consumer=consumer,
        producer=producer,
        registry=registry,
        clock=WallClock(),
        meters=meters,
        answers=_desk(settings, lifecycle, producer, registry, meters),
    )
    exposure = Exposure(settings.metrics_host, settings.metrics_port or METRICS_PORT, meters, lambda: app.is_ready)
    exposure.start()
    lifecycle.register("exposure", exposure.close)
    if settings.database_url:
        lifecycle.register(
            "keeper",
            keep_in_background(
                keeper_of(settings, GROUP, f"{GROUP}.keeper", [ASSESSMENT.name, ANSWER.name], project), lifecycle
            ),
        )
    return app


def _desk(settings: Settings, lifecycle: Lifecycle, producer: Producer, registry: Registry, meters: Meters) -> Desk:
    """The desk that answers questions, with a worker of its own."""
    consumer = KafkaStreamConsumer(settings, group=f"{GROUP}.answers", client_id="risk-answers")
    lifecycle.register("answers", consumer.close)
    worker = Worker()
    lifecycle.register("answers worker", lambda: worker.shutdown(wait=False, cancel_futures=True))
    folder = settings.config or asset_path("deploy/config")
    return Desk(
        consumer,
        producer,
        worker,
        lanes=registry.lanes,
        rules=read_rules(folder),
        kinds=parse_kinds((folder / "what-if" / "kinds.yaml").read_text(encoding="utf-8"), "what-if/kinds.yaml"),
        clock=WallClock(),
        meters=meters,
    )


def main() -> None:
    """Run the stage until SIGTERM."""
    with stage_process(GROUP) as (settings, lifecycle):
        app = build(settings, lifecycle, Meters())
        app.open()
        app.run(lifecycle)
