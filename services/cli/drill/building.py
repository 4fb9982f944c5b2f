"""Puts a drill on the running stack: name, scenario, player, publisher, channel."""

import io
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from schemas.chain import Chain
from schemas.drill import DrillEvent, DrillEventKind
from schemas.drill_plan import Beginning, Plan
from schemas.lane import LIVE
from schemas.report import report_series_id
from schemas.topic import DRILL_EVENT
from services.cli.drill.carried import Carried, befallen, still_open
from services.cli.drill.director import Stage
from services.cli.drill.files import scenario_of
from services.intake.catalogue import snapshot
from services.intake.gate import Gate
from services.intake.publisher import Publisher
from services.intake.scenario.player import Player
from services.intake.scenario.reading import problems_on
from services.intake.scenario.scenario import Scenario, StartingStock
from services.intake.scenario.season import CHINA
from services.response.actions.log_channel import LogChannel
from services.response.notice import Letter, Outcome
from services.response.pace import Limit
from services.runtime.clock import WallClock
from services.runtime.debrief.marking import marked
from services.runtime.errors import ConfigurationError
from services.runtime.kafka import KafkaStreamConsumer, KafkaStreamProducer
from services.runtime.reading import contents
from services.runtime.registry import Registry
from services.runtime.settings import Settings
from services.runtime.streams import Consumer, Producer

CLIENT = "lianjing-drill"
_EVENTS = (DRILL_EVENT.name, 0)
_decoder = msgspec.json.Decoder(DrillEvent)


class Tools:
    """What every command about drills on a running stack needs; closed at the end."""

    def __init__(self, settings: Settings, producer: Producer, events: Consumer) -> None:
        self.settings, self.producer, self._events = settings, producer, events

    def log(self) -> list[DrillEvent]:
        """Every event of every drill, in the order of the topic. Raises UnreachableError."""
        return read_log(self._events)

    def publish(self, event: DrillEvent) -> None:
        """Add an event to a log and wait for the broker. Raises UnreachableError."""
        key = f"{event.drill}\n{event.sequence}".encode()
        self.producer.send(DRILL_EVENT.name, msgspec.json.encode(event), key=key, partition=0)
        self.producer.flush(10.0)


@contextmanager
def tools(settings: Settings) -> Iterator[Tools]:
    """A producer and a reader of the log on the broker of the settings. Raises UnreachableError."""
    producer = KafkaStreamProducer(settings, client_id=CLIENT, linger_ms=0)
    events = KafkaStreamConsumer(settings, client_id=CLIENT)
    try:
        yield Tools(settings, producer, events)
    finally:
        events.close()
        producer.close()


def read_log(consumer: Consumer) -> list[DrillEvent]:
    """Every event of every drill up to the present end of the topic. Raises UnreachableError."""
    consumer.assign([_EVENTS])
    end = consumer.end_offsets([_EVENTS])[_EVENTS]
    found = []
    while consumer.position(_EVENTS) < end:
        found += contents(_decoder, consumer.poll(0.2))
    return found


def log_of(events: list[DrillEvent], drill: str) -> list[DrillEvent]:
    """The log of one drill in order, each event once. Raises ConfigurationError naming the drills there are."""
    own = {e.sequence: e for e in events if e.drill == drill}
    if not own:
        known = ", ".join(dict.fromkeys(e.drill for e in events)) or "—"
        raise ConfigurationError(f"没有演练 no such drill {drill!r}; 已有 known: {known}")
    return [own[n] for n in sorted(own)]


def next_name(plan: Plan, events: list[DrillEvent]) -> str:
    """Name of the next drill of a file: ``daqin-1``, ``daqin-2`` …"""
    taken = {e.drill for e in events}
    number = 1
    while f"{plan.id}-{number}" in taken:
        number += 1
    return f"{plan.id}-{number}"


def unfinished(events: list[DrillEvent]) -> list[str]:
    """Drills that were opened and of which no end was noted."""
    ends = (DrillEventKind.ENDED, DrillEventKind.STOPPED, DrillEventKind.ABORTED)
    over = {e.drill for e in events if e.kind in ends}
    return [d for d in dict.fromkeys(e.drill for e in events) if d not in over]


def abandon_drill(found: Tools, drill: str, actor: str) -> list[str]:
    """Close the lanes of a drill that nobody conducts any more, and note its end; returns those lanes. Raises ConfigurationError."""
    events = found.log()
    last = log_of(events, drill)[-1]
    if drill not in unfinished(events):
        raise ConfigurationError(f"演练 {drill} 已结束 the drill is over already")
    registry = Registry(KafkaStreamConsumer(found.settings, client_id=CLIENT))
    try:
        registry.open()
        registry.load()
        publisher = Publisher(found.producer, lambda: registry.series)
        own = [lane for lane in registry.lanes.values() if is_of(lane.name, drill) and lane.closed_at is None]
        now = WallClock().now()
        for lane in own:
            publisher.close_lane(lane, now)
    finally:
        registry.close()
    words = marked("导演进程中断，演练由人收尾", "the director's process died; a person closed the drill")
    found.publish(
        DrillEvent(
            drill=drill,
            sequence=last.sequence + 1,
            kind=DrillEventKind.ENDED,
            lane=last.lane,
            minute=last.minute,
            wall=now,
            actor=actor,
            text_zh=words[0],
            text_en=words[1],
        )
    )
    return [lane.name for lane in own]


def is_of(lane: str, drill: str) -> bool:
    """True for a drill's lane and the ones its rewinds opened.

    >>> is_of("drill:daqin-1", "daqin-1"), is_of("drill:daqin-1.2", "daqin-1"), is_of("drill:daqin-12", "daqin-1")
    (True, True, False)
    """
    return lane == f"drill:{drill}" or (lane.startswith(f"drill:{drill}.") and lane.rpartition(".")[2].isdigit())


@contextmanager
def stage_of(plan: Plan, name: str, found: Tools) -> Iterator[Stage]:
    """Everything the director of a drill works on, opened on the broker. Raises UnreachableError, ConfigurationError."""
    settings = found.settings
    registry = Registry(KafkaStreamConsumer(settings, client_id=CLIENT))
    ends = KafkaStreamConsumer(settings, client_id=CLIENT)
    listener = KafkaStreamConsumer(settings, client_id=CLIENT, max_poll_records=500)
    try:
        registry.open()
        registry.load()
        chain = registry.chains.get(settings.chain)
        if chain is None:
            raise ConfigurationError(f"链条 {settings.chain!r} 尚未导入 is not on the broker: lianjing chain import")
        now = WallClock().now()
        carried = live_reports(chain, now) if plan.beginning is Beginning.LIVE else Carried(now)
        scenario = prepared(plan, scenario_of(plan, settings), chain, now, live_stocks, carried)
        catalogue = snapshot(registry)
        publisher = Publisher(found.producer, lambda: registry.series, ends=ends)
        gate = Gate(publisher, lambda: catalogue)
        channel = LetterBox(letter_file(settings, name))
        channel.open()
        yield Stage(
            chain=chain.id,
            zero=zero_of(plan, scenario),
            play=lambda lane: Player(gate, WallClock(), chain, scenario, lane=lane, seed=plan.seed),
            sink=publisher,
            producer=found.producer,
            listener=listener,
            channel=channel,
            clock=WallClock(),
            carried=carried,
        )
    finally:
        for part in (listener, ends, registry):
            part.close()


class LetterBox:
    """The log channel without its line on standard output, which belongs to the drill's events or to one JSON object."""

    at_once = LogChannel.at_once
    limits: tuple[Limit, ...] = ()
    is_recorded = False

    def __init__(self, file: Path) -> None:
        self._channel = LogChannel(file)

    def open(self) -> None:
        """Make the folder. Raises UnreachableError."""
        self._channel.open()

    def send(self, letters: Sequence[Letter]) -> list[Outcome]:
        """Append and sync."""
        with redirect_stdout(io.StringIO()):
            return self._channel.send(letters)


def letter_file(settings: Settings, name: str) -> Path:
    """Where the letters of a drill are written."""
    return settings.home / "logs" / "drills" / f"{name}.log"


def zero_of(plan: Plan, scenario: Scenario) -> datetime:
    """Lane time at which drill time is 0."""
    return scenario.start + timedelta(hours=plan.start_hour)


Stocks = Callable[[datetime], Mapping[str, float]]
"""Newest value of each stock series of the live lane as known at a moment."""


def prepared(
    plan: Plan, scenario: Scenario, chain: Chain, now: datetime, stocks: Stocks, carried: Carried | None = None
) -> Scenario:
    """The scenario a drill is played by: as it is, or from today on with the live stocks as known now and what was reported then. Raises
    ConfigurationError."""
    problems = problems_on(scenario, chain)
    if problems:
        raise ConfigurationError(*problems)
    if plan.beginning is Beginning.SCENARIO:
        return scenario
    known = stocks(now)
    held = [
        StartingStock(node=s.node, product=s.product, quantity=known[name])
        for s in chain.stocks
        if (name := f"stock.{s.node}.{s.product}") in known
    ]
    if not held:
        raise ConfigurationError(
            "实时通道没有任何库存读数，无法从现况开始 the live lane has no stock to begin from: 初始: 情景"
        )
    midnight = now.astimezone(CHINA).replace(hour=0, minute=0, second=0, microsecond=0)
    today = midnight - timedelta(days=plan.start_hour // 24)
    return befallen(msgspec.structs.replace(scenario, start=today, stocks=held), carried or Carried(now))


def live_reports(chain: Chain, at: datetime) -> Carried:
    """Open events of the live lane, as known at a moment. Raises UnreachableError."""
    from services.cli.database_question import ask

    query = (
        "SELECT DISTINCT ON (detail ->> 'event') detail::text AS detail FROM observation_as_known(%s, %s, %s) "
        "WHERE detail ? 'event' ORDER BY detail ->> 'event', issued_at DESC"
    )
    return Carried(at, still_open([str(row["detail"]) for row in ask(query, (LIVE, at, report_series_id(chain.id)))]))


def live_stocks(at: datetime) -> dict[str, float]:
    """Newest live value of each stock series, as known at a moment. Raises UnreachableError."""
    from services.cli.database_question import ask

    query = (
        "SELECT DISTINCT ON (series) series, value FROM observation_as_known(%s, %s, NULL) "
        "WHERE series LIKE 'stock.%%' AND observed_at > %s::timestamptz - interval '3 days' ORDER BY series, observed_at DESC"
    )
    return {str(row["series"]): float(row["value"]) for row in ask(query, (LIVE, at, at))}


def wait_until(moment: datetime, stopping: threading.Event, said: Callable[[str], None]) -> bool:
    """Wait for the planned time; False when interrupted."""
    clock = WallClock()
    said(f"演练定于 scheduled at {moment.astimezone(CHINA):%Y-%m-%d %H:%M} 北京时间")
    while clock.now() < moment:
        if stopping.wait(min(5.0, (moment - clock.now()).total_seconds())):
            return False
    return True
