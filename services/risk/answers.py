"""Answers to questions asked by commands, on the state a lane is in; computed beside the judging, which never waits for it."""

from collections import deque
from collections.abc import Mapping
from concurrent.futures import BrokenExecutor, Executor, Future
from datetime import datetime

import msgspec
from msgspec import Struct

from schemas.answer import Answer
from schemas.command import Command
from schemas.lane import Lane
from schemas.tick import Tick
from schemas.topic import ANSWER, CLOCK, COMMAND
from services.risk.analysis.answering import Question, answer
from services.risk.analysis.basis import basis_of
from services.risk.analysis.headline import headline
from services.risk.analysis.kinds import Settings as Kinds
from services.risk.analysis.scene import Scene
from services.risk.blueprint import Blueprint
from services.risk.lane import end_of
from services.risk.picture import Picture
from services.risk.rules import RuleSet
from services.risk.stage import Stage
from services.risk.state.world import World
from services.runtime.clock import Clock, from_us, lane_time
from services.runtime.errors import InputError
from services.runtime.logs import logger
from services.runtime.metrics import Meters
from services.runtime.reading import content
from services.runtime.streams import Consumer, Message, Partition, Producer

_PREFIX = "risk."
_MOST_READ = 200
_AHEAD = 2  # one being answered and one ready behind it: a copy of the state costs the judging time, and is the fresher the later it is made
_POLL_S = 0.005  # not 0: a member joins its group inside poll
_COMMIT_EVERY_S = 20.0
_KEPT_TICKS = 64
_log = logger("risk")
_command = msgspec.json.Decoder(Command)
_tick = msgspec.json.Decoder(Tick)


class _Waiting(Struct):
    """A question, and where the offset goes when its answer is out."""

    command: Command
    next_offset: int


class _Asked(_Waiting):
    """A question being computed."""

    found: Future[Answer]


class Desk:
    """Reads questions, hands a copy of the state of their lane to a worker, publishes what comes back, then moves its offset.

    A question that was answered before a crash but not committed is answered again; the first answer counts. ``turn`` hardly
    waits and copies at most one state; the slow part runs in ``executor``, which the caller closes.
    """

    def __init__(
        self,
        consumer: Consumer,
        producer: Producer,
        executor: Executor,
        *,
        lanes: Mapping[str, Lane],
        rules: RuleSet,
        kinds: Kinds,
        clock: Clock,
        meters: Meters,
    ) -> None:
        self._consumer, self._producer, self._executor = consumer, producer, executor
        self._lanes, self._rules, self._kinds = lanes, rules, kinds
        self._clock, self._meters = clock, meters
        self._waiting: deque[_Waiting] = deque()
        self._asked: deque[_Asked] = deque()
        self._ticks: dict[str, deque[Tick]] = {}
        self._done: dict[Partition, int] = {}
        self._committed_at = float("-inf")

    def open(self) -> None:
        """Start reading. Raises UnreachableError."""
        self._consumer.subscribe([COMMAND.name, CLOCK.name])

    def turn(self, stage: Stage) -> int:
        """Take what is new, publish what is ready; return how many answers went out. Raises UnreachableError; nothing is lost then."""
        for message in self._consumer.poll(_POLL_S, most=_MOST_READ):
            self._take(message)
        if self._waiting and len(self._asked) < _AHEAD:
            next_one = self._waiting.popleft()
            found = self._ask(next_one.command, stage)
            self._asked.append(_Asked(next_one.command, next_one.next_offset, found))
        count = 0
        while self._asked and self._asked[0].found.done():
            self._publish(self._asked[0])
            count += 1
        now = self._clock.monotonic()
        if self._done and (count or now - self._committed_at >= _COMMIT_EVERY_S):
            self._consumer.commit(self._done)
            self._done, self._committed_at = {}, now
        return count

    def forget(self, lane: str) -> None:
        """A lane was closed."""
        self._ticks.pop(lane, None)

    def _take(self, message: Message) -> None:
        place = (message.topic, message.partition)
        if message.topic == CLOCK.name:
            tick = content(_tick, message)
            if tick is not None:
                self._ticks.setdefault(tick.lane, deque(maxlen=_KEPT_TICKS)).append(tick)
            self._done[place] = message.offset + 1
            return
        command = content(_command, message)
        if command is not None and command.kind.startswith(_PREFIX):
            self._waiting.append(_Waiting(command, message.offset + 1))
        elif not self._waiting and not self._asked:
            self._done[place] = message.offset + 1

    def _publish(self, asked: _Asked) -> None:
        try:
            found = asked.found.result()
        except BrokenExecutor:  # the worker died over it; asked again by itself it might kill one after the other
            found = _refused(asked.command, "计算进程中断，请再问一次 the computing process ended; please ask again")
        self._producer.send(ANSWER.name, msgspec.json.encode(found), key=found.command_id.encode(), partition=0)
        self._producer.flush(10.0)
        self._asked.popleft()
        self._done[(COMMAND.name, 0)] = asked.next_offset
        outcome = "refused" if found.problem else "answered"
        kind = found.kind.removeprefix(_PREFIX) if found.kind in list(Question) else "unknown"
        self._meters.counter("lianjing_risk_answers_total", kind, outcome).inc()
        _log.info("question answered", command=found.command_id, kind=found.kind, lane=found.lane, outcome=outcome)

    def _ask(self, command: Command, stage: Stage) -> "Future[Answer]":
        """Copy what the question needs, here; the rest is the worker's."""
        lane = stage.pictures.get(command.lane)
        picture = (lane.prompt or lane.settled) if lane is not None else None
        if picture is None or not picture.evidence.known_us:
            there = ", ".join(sorted(stage.pictures)) or "–"
            problem = f"{command.lane}：没有这条线的数据，或尚未到第一个时钟点；现有 / nothing is known of this lane yet; there are: {there}"
            return _at_once(_refused(command, problem))
        as_of = self._as_of(command.lane, picture, stage)
        world = picture.world(as_of)
        stated = self._lanes.get(command.lane)
        now = lane_time(stated, self._clock.now()) if stated is not None else self._clock.now()
        return self._executor.submit(_answer, command, picture.blueprint, world, self._rules, self._kinds, now)

    def _as_of(self, lane: str, picture: Picture, stage: Stage) -> datetime:
        """The newest moment up to which everything of the lane was read: its newest tick whose records are all here, else the newest record."""
        whole = [
            tick.at
            for tick in self._ticks.get(lane, ())
            if all(
                stage.ends.get((topic, number), 0) >= end_of(tick, (topic, number))
                for topic, ends in tick.positions.items()
                for number in range(len(ends))
            )
        ]
        return max([from_us(picture.evidence.known_us), *whole])


def _answer(
    command: Command, blueprint: Blueprint, world: World, rules: RuleSet, kinds: Kinds, now: datetime
) -> Answer:
    """The worker's part: from values to a value."""
    scene = Scene(blueprint, world, rules)
    basis = basis_of(blueprint, world, rules.version, command.lane, now)
    try:
        found = answer(command.kind, command.arguments, scene, basis, kinds)
    except InputError as error:
        return _refused(command, str(error))
    except Exception as error:  # noqa: BLE001  # the worker's outermost loop: a question must neither end the judging nor stay without an answer
        _log.exception("a question could not be answered", command=command.command_id, kind=command.kind)
        return _refused(command, f"计算失败 the computation failed: {type(error).__name__}")
    zh, en = headline(found)
    return Answer(
        command_id=command.command_id,
        lane=command.lane,
        kind=command.kind,
        as_of=basis.as_of,
        body=msgspec.to_builtins(found),
        headline_zh=zh,
        headline_en=en,
    )


def _refused(command: Command, problem: str) -> Answer:
    return Answer(command_id=command.command_id, lane=command.lane, kind=command.kind, as_of=None, problem=problem)


def _at_once(found: Answer) -> "Future[Answer]":
    future: Future[Answer] = Future()
    future.set_result(found)
    return future
