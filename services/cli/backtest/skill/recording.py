"""A scenario as intake would publish it: every feed message and every tick, hour by hour. Played once; it may be kept and read again."""

import hashlib
import zlib
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from schemas.chain import Chain
from schemas.lane import Lane
from schemas.tick import Tick
from schemas.topic import CLOCK, FEED_TOPICS
from services.cli.backtest.skill.task import Task, scenario_of
from services.intake import gate
from services.intake.catalogue import catalogue_of
from services.intake.gate import Gate
from services.intake.publisher import Publisher
from services.intake.rows import Rows
from services.intake.scenario.player import Player, Progress
from services.intake.scenario.scenario import Scenario
from services.runtime.clock import WallClock
from services.runtime.streams import Partition

TOPICS = (CLOCK.name, *(t.name for t in FEED_TOPICS.values()))
OBSERVED_H = 6
_NUMBER = {name: i for i, name in enumerate(TOPICS)}

Entry = tuple[int, int, bytes]
"""Number of the topic in TOPICS, partition, message."""


class Recording(Struct, frozen=True, kw_only=True):
    """Messages by lane hour: ``hours[i]`` became known in the hour that ends at ``first_hour`` + 1 + i; its last entry is the tick.

    ``places`` and ``observed``: newest published stock per (node, product) at every sixth hour from ``first_hour`` on, None before the first.
    """

    lane: Lane
    start: datetime
    first_hour: int
    last_hour: int
    hours: list[list[Entry]]
    places: list[tuple[str, str]]
    observed: dict[int, list[float | None]]


class _Done:
    """Delivered at once."""

    def __init__(self, offset: int) -> None:
        self._offset = offset

    def offset(self, timeout_s: float) -> int:
        del timeout_s
        return self._offset


class _Tape:
    """A producer that keeps what it is given, with the offsets a broker would give."""

    def __init__(self) -> None:
        self._ends: dict[Partition, int] = defaultdict(int)
        self._now: list[Entry] = []

    def send(self, topic: str, value: bytes | None, *, key: bytes | None = None, partition: int | None = None) -> _Done:
        """Keep one message."""
        del key
        place = (topic, partition or 0)
        self._ends[place] += 1
        if topic in _NUMBER and value is not None:
            self._now.append((_NUMBER[topic], place[1], value))
        return _Done(self._ends[place] - 1)

    def flush(self, timeout_s: float) -> None:
        """Nothing is ever queued."""
        del timeout_s

    def close(self) -> None:
        """Nothing to close."""

    def cut(self) -> list[Entry]:
        """What was kept since the last call."""
        entries, self._now = self._now, []
        return entries


class _Publisher(Publisher):
    """A publisher that notes the newest stock of each place among the rows that passed the gate."""

    def __init__(self, tape: _Tape, chain: Chain) -> None:
        series = {s.id: s for s in chain.series}
        super().__init__(tape, lambda: series)
        self._place_of = {s.id: (s.node, s.product) for s in chain.series if s.indicator == "stock"}
        self.newest: dict[tuple[str, str], tuple[int, float]] = {}

    def enqueue(self, rows: Rows) -> None:
        """Note stocks, then send."""
        for series, observed, value in zip(rows.series, rows.observed_us, rows.value, strict=True):
            place = self._place_of.get(series)
            if place is not None and observed >= self.newest.get(place, (0, 0.0))[0]:
                self.newest[place] = (observed, value)
        super().enqueue(rows)


class _Sink:
    """Intake behind the player: gate and publisher; keeps the lane."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self.lane: Lane | None = None

    def open_lane(self, lane: Lane) -> None:
        """Keep a lane, as the registry would."""
        self.lane = lane

    def enqueue(self, rows: Rows) -> None:
        """Pass rows through the gate."""
        self._gate.enqueue(rows)

    def tick(self, lane: str, at: datetime) -> Tick:
        """Strike the clock."""
        return self._gate.tick(lane, at)


def recording_of(task: Task, chain: Chain, config: Path | None, folder: Path | None) -> Recording:
    """The recording of a task: read from ``folder`` when it is there for this very chain, scenario and intake, else played and written there.

    Raises ConfigurationError when the scenario does not exist or does not fit the chain.
    """
    scenario = scenario_of(task, chain, config)
    kept = (
        None if folder is None else folder / f"{scenario.id}.{task.seed}.{task.mismatch}.{_digest(chain, scenario)}.z"
    )
    if kept is not None and kept.exists():
        return msgspec.msgpack.decode(zlib.decompress(kept.read_bytes()), type=Recording)
    recording = _record(task, chain, scenario)
    if kept is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        part = kept.with_suffix(".part")
        part.write_bytes(zlib.compress(msgspec.msgpack.encode(recording), 1))
        part.replace(kept)
    return recording


def _record(task: Task, chain: Chain, scenario: Scenario) -> Recording:
    tape = _Tape()
    publisher = _Publisher(tape, chain)
    catalogue = catalogue_of({s.id: s for s in chain.series}, {}, {})
    sink = _Sink(Gate(publisher, lambda: catalogue))
    hours: list[list[Entry]] = []
    places = sorted({(s.node, s.product) for s in chain.series if s.indicator == "stock"})
    observed: dict[int, list[float | None]] = {}

    def on_hour(progress: Progress) -> None:
        hours.append(tape.cut())
        if progress.hour % OBSERVED_H == 0:
            newest = publisher.newest
            observed[progress.hour] = [newest[p][1] if p in newest else None for p in places]

    name = f"replay:{scenario.id}-{task.seed}"
    player = Player(sink, WallClock(), chain, scenario, lane=name, seed=task.seed, mismatch=task.mismatch)
    player.play(wait=lambda _: False, on_hour=on_hour)
    if sink.lane is None:
        raise RuntimeError("the player opened no lane")
    return Recording(
        lane=sink.lane,
        start=scenario.start.astimezone(UTC),
        first_hour=scenario.first_hour,
        last_hour=scenario.last_hour,
        hours=hours,
        places=places,
        observed=observed,
    )


def _digest(chain: Chain, scenario: Scenario) -> str:
    """Name of what a recording depends on: chain, scenario, and the text of intake and its simulator."""
    text = hashlib.sha256(chain.version.encode() + msgspec.json.encode(scenario))
    home = Path(gate.__file__).parent
    for source in sorted([*home.glob("*.py"), *(home / "scenario").glob("*.py")]):
        text.update(source.read_bytes())
    return text.hexdigest()[:12]
