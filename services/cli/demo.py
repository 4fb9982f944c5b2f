"""The demo: plays ``daqin-stylised`` into a lane of its own and tells what the stream says about it."""

import re
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from schemas.lane import Lane
from schemas.topic import ALERT, ASSESSMENT, FEED_TOPICS, RUN, SCORE
from services.cli.pace import Pace
from services.cli.story import Story
from services.runtime.assets import asset_path
from services.runtime.clock import WallClock
from services.runtime.errors import LianjingError, UnreachableError
from services.runtime.kafka import KafkaStreamConsumer, KafkaStreamProducer
from services.runtime.registry import Registry
from services.runtime.settings import Settings

if TYPE_CHECKING:
    from services.intake.publisher import Publisher
    from services.intake.scenario.player import Player, Progress

SCENARIO = "deploy/config/scenarios/daqin-stylised.yaml"
_PLAY_S = 75.0
_PATIENCE_S = 120.0
_REPORT_EVERY_H = 72
_TICK_EVERY_H = 6  # a month in minutes: a judgement every hour would take longer than the play
_HEARD = (*FEED_TOPICS.values(), SCORE, ASSESSMENT, ALERT, RUN)
_BEHIND = timedelta(hours=8)  # risk states a quiet lane anew every six hours
_DEMO_LANE = re.compile(r"replay:demo\.(\d+)")

Say = Callable[[str], None]


def play(settings: Settings, *, once: bool, say: Say, should_stop: Callable[[], bool]) -> bool:
    """Play the demo until ``should_stop``; with ``once`` only until the story is told.

    Returns True when an alert at yellow or above was heard and a playbook has started. Raises UnreachableError when the broker stays away,
    ConfigurationError when chain or scenario are wrong.
    """
    registry = Registry(KafkaStreamConsumer(settings))
    registry.open()
    registry.load()
    demo = _Demo(settings, registry, say, should_stop)
    try:
        return demo.run(once=once)
    finally:
        demo.close()
        registry.close()


class _Demo:
    """One demo: a player in a thread, a listener in the caller's."""

    def __init__(self, settings: Settings, registry: Registry, say: Say, should_stop: Callable[[], bool]) -> None:
        self._settings, self._registry, self._say, self._should_stop = settings, registry, say, should_stop
        self._clock = WallClock()
        self._producer = KafkaStreamProducer(settings, client_id="lianjing-demo")
        self._ends = KafkaStreamConsumer(settings, client_id="lianjing-demo")
        self._listener = KafkaStreamConsumer(settings, client_id="lianjing-demo")
        self.lane = next_lane(registry.lanes)
        self._story = Story(self.lane, _names(registry, settings.chain))
        self._done_playing = threading.Event()
        self._stopping = threading.Event()
        self._failure: LianjingError | None = None
        self._played_until = self._clock.now()

    def run(self, *, once: bool) -> bool:
        player = self._build()
        self._listen_from_now()
        thread = threading.Thread(target=self._play, args=(player,), name="player", daemon=True)
        thread.start()
        try:
            self._tell(once=once)
        finally:
            self._stopping.set()
            thread.join(10)
        if self._failure is not None:
            raise self._failure
        return self._story.is_complete

    def close(self) -> None:
        for each in (self._listener, self._ends, self._producer):
            each.close()

    def _build(self) -> "Player":
        from services.intake.catalogue import snapshot
        from services.intake.gate import Gate
        from services.intake.publisher import Publisher
        from services.intake.scenario.player import Player
        from services.intake.scenario.reading import read_scenario

        chain = self._registry.chains.get(self._settings.chain)
        if chain is None:
            raise UnreachableError(
                f"chain {self._settings.chain!r} is not on the broker yet: run `lianjing chain import`"
            )
        scenario = read_scenario(asset_path(SCENARIO).read_text(encoding="utf-8"), SCENARIO)
        publisher = Publisher(self._producer, lambda: self._registry.series, ends=self._ends)
        self._close_former(publisher)
        catalogue = snapshot(self._registry)
        hours = scenario.last_hour - scenario.first_hour
        self._pace = Pace(
            self._clock,
            self._stopping.wait,
            lambda: self._story.judged_until,
            ahead=timedelta(hours=_TICK_EVERY_H),  # each strike of the clock is judged before the next hours
            hour_s=_PLAY_S / hours,
            say=self._say,
        )
        self._say(f"情景 scenario: {scenario.name_zh} | {scenario.name_en}")
        self._say(
            f"          {hours / 24:.0f} 天, 按研判的速度播放 (至少 {_PLAY_S:.0f} 秒), 末小时接上当前时刻 | "
            f"{hours / 24:.0f} days as fast as they are judged (at least {_PLAY_S:.0f} s), the last hour meets the clock; lane {self.lane}"
        )
        console = f"http://{self._settings.console_host}:{self._settings.console_port}/?lane={self.lane}"
        self._say(f"          在工作台看这条泳道 watch this lane in the console: {console}")
        return Player(Gate(publisher, lambda: catalogue), self._clock, chain, scenario, lane=self.lane)

    def _close_former(self, publisher: "Publisher") -> None:
        for lane in self._registry.lanes.values():
            if _DEMO_LANE.fullmatch(lane.name) and lane.closed_at is None:
                publisher.close_lane(lane, self._clock.now())

    def _play(self, player: "Player") -> None:
        try:
            player.play(
                meet=self._clock.now(),
                wait=lambda _: self._pace.wait_after(self._played_until),
                on_hour=self._report,
                tick_every_h=_TICK_EVERY_H,
            )
            self._done_playing.set()
            if not self._stopping.is_set():
                player.live_on(wait=self._stopping.wait)
        except LianjingError as error:
            self._failure = error
        finally:
            self._done_playing.set()

    def _report(self, progress: "Progress") -> None:
        self._played_until = progress.lane_time
        if progress.hour % _REPORT_EVERY_H == 0:
            local = progress.lane_time + timedelta(hours=8)
            self._say(
                f"{local:%m-%d %H:%M} 情景时间  ……第 day {progress.hour / 24:+.0f} 天, 已送 sent {progress.rows:,} 条 records"
            )

    def _listen_from_now(self) -> None:
        partitions = [(t.name, p) for t in _HEARD for p in range(t.partitions)]
        self._listener.assign(partitions)
        for partition, end in self._listener.end_offsets(partitions).items():
            self._listener.seek(partition, end)

    def _tell(self, *, once: bool) -> None:
        told_end, patient_until, judged = False, float("inf"), None
        while not self._should_stop() and self._failure is None:
            for message in self._listener.poll(0.3, most=2000):
                for line in self._story.hear(message):
                    self._say(line)
            if self._done_playing.is_set() and not told_end:
                told_end, patient_until = True, self._clock.monotonic() + _PATIENCE_S
                self._say(
                    f"末小时已接上当前时刻, 共 {self._story.row_count:,} 条 | the last hour has met the clock, {self._story.row_count:,} records"
                )
                if not once:
                    self._say("以 ×1 继续, Ctrl-C 结束 | goes on at ×1, Ctrl-C ends it")
            if told_end and self._story.judged_until != judged:  # a slow machine is waited for as long as it goes on
                judged, patient_until = self._story.judged_until, self._clock.monotonic() + _PATIENCE_S
            if once and told_end and (self._is_told() or self._clock.monotonic() > patient_until):
                return

    def _is_told(self) -> bool:
        """Everything played was judged, a warning was raised and a playbook has started."""
        played, judged = self._story.lane_now, self._story.judged_until
        return self._story.is_complete and played is not None and judged is not None and judged >= played - _BEHIND


def _names(registry: Registry, chain: str) -> dict[str, str]:
    nodes = registry.chains[chain].nodes if chain in registry.chains else []
    return {node.id: node.name_zh for node in nodes}


def next_lane(lanes: dict[str, Lane]) -> str:
    """Name of the next demo lane: each start of the demo gets its own, so that yesterday's episodes do not colour today's.

    >>> next_lane({})
    'replay:demo.1'
    """
    numbers = [int(found.group(1)) for name in lanes if (found := _DEMO_LANE.fullmatch(name))]
    return f"replay:demo.{max(numbers, default=0) + 1}"
