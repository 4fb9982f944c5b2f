"""The director: carries out what the conduct of a drill decides, on the same topics as everything else. One thread, one loop."""

import uuid
from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from schemas.alert import Alert
from schemas.command import Command
from schemas.drill import DrillEvent
from schemas.lane import Lane
from schemas.run import Run
from schemas.topic import ALERT, COMMAND, DRILL_EVENT, RUN
from services.cli.drill.carried import Carried
from services.drill.cast import Cast
from services.drill.conduct import Conduct
from services.drill.effect import (
    CloseLane,
    Deliver,
    Effect,
    Emit,
    Insert,
    Letter,
    OpenLane,
    Order,
    PlayHour,
    SetClock,
)
from services.drill.phase import Phase
from services.intake.rows import Rows
from services.intake.scenario.player import Progress
from services.response import notice
from services.response.notice import Channel, Verdict
from services.runtime.clock import Clock, to_us
from services.runtime.debrief.marking import is_marked
from services.runtime.errors import InvariantError, UnreachableError
from services.runtime.logs import logger
from services.runtime.reading import content
from services.runtime.streams import Consumer, Message, Partition, Producer

HEARD = (ALERT, RUN, COMMAND)
_ACTOR = "drill"
_SOURCE = "drill"
_FLUSH_S = 10.0
_PATIENCE_S = 60.0
_log = logger("drill")
_DECODERS: dict[str, msgspec.json.Decoder[Alert | Run | Command]] = {
    ALERT.name: msgspec.json.Decoder(Alert),
    RUN.name: msgspec.json.Decoder(Run),
    COMMAND.name: msgspec.json.Decoder(Command),
}
Say = Callable[[DrillEvent], None]


class Play(Protocol):
    """A scenario played hour by hour into a lane."""

    def play_hour(self, *, strikes: bool) -> Progress:
        """Live one hour. Raises UnreachableError."""
        ...


class Sink(Protocol):
    """Intake's publisher."""

    def open_lane(self, lane: Lane) -> None:
        """Publish a lane or its next revision. Raises UnreachableError."""
        ...

    def close_lane(self, lane: Lane, at: datetime) -> Lane:
        """Close it. Raises UnreachableError."""
        ...

    def enqueue(self, rows: Rows) -> None:
        """Send rows. Raises UnreachableError, InputError."""
        ...

    def flush(self) -> None:
        """Wait for what was sent. Raises UnreachableError."""
        ...


class Stage:
    """What a director works on: where the drill's minute 0 lies in lane time, who plays a lane, and where things go."""

    def __init__(
        self,
        *,
        chain: str,
        zero: datetime,
        play: Callable[[str], Play],
        sink: Sink,
        producer: Producer,
        listener: Consumer,
        channel: Channel,
        clock: Clock,
        carried: Carried | None = None,
    ) -> None:
        self.carried = carried or Carried(zero)
        self.chain, self.zero, self.play, self.sink = chain, zero, play, sink
        self.producer, self.listener, self.channel, self.clock = producer, listener, channel, clock

    def lane_time(self, minute: float) -> datetime:
        """Lane time of a minute of the drill."""
        return self.zero + timedelta(minutes=minute)


class Director:
    """Conducts one drill to its end. ``run`` blocks; ``attempt`` is one round that bears with an absent broker, ``turn`` one that does not."""

    def __init__(self, conduct: Conduct, stage: Stage, cast: Cast | None = None, say: Say = lambda _: None) -> None:
        self._conduct = conduct
        self._stage = stage
        self._cast = cast
        self._say = say
        self._player: Play | None = None
        self._rows = 0
        self._lanes: dict[str, Lane] = {}
        self._told: set[str] = set()
        self._letters: deque[Letter] = deque()
        self._todo: deque[Effect] = deque()
        self._reached = stage.clock.monotonic()

    @property
    def is_over(self) -> bool:
        """True once the drill has ended and all that its end asks for is done."""
        return self._conduct.phase is Phase.OVER and not self._todo

    def open(self, approved_by: str = "") -> None:
        """Listen from now on, then open the drill. Raises UnreachableError."""
        partitions: list[Partition] = [(t.name, p) for t in HEARD for p in range(t.partitions)]
        self._stage.listener.assign(partitions)
        for partition, end in self._stage.listener.end_offsets(partitions).items():
            self._stage.listener.seek(partition, end)
        self._carry_out(self._conduct.open(self._stage.clock.now(), approved_by))

    def run(self, should_stop: Callable[[], bool]) -> None:
        """Until the drill is over, or somebody at the keyboard ends it. Raises UnreachableError when the broker stays away for a minute."""
        while not self.is_over:
            self.attempt(should_stop)

    def attempt(self, should_stop: Callable[[], bool] = lambda: False) -> None:
        """One round. Raises UnreachableError when the broker stays away for a minute."""
        try:
            if should_stop():
                self._carry_out(self._conduct.end(self._stage.clock.now(), _ACTOR))
            self.turn()
            self._reached = self._stage.clock.monotonic()
        except UnreachableError as error:
            if self._stage.clock.monotonic() - self._reached > _PATIENCE_S:
                raise
            _log.warning("the drill waits for the broker", why=str(error))

    def turn(self, timeout_s: float = 0.05) -> None:
        """Hear what is new, then do what is due. Raises UnreachableError; what was to be done is done in a later turn then."""
        self._carry_out(())
        for message in self._stage.listener.poll(timeout_s, most=500):
            self._carry_out(self._hear(message))
        self._carry_out(self._conduct.advance(self._stage.clock.now()))
        if self._cast is not None:
            now = self._stage.clock.now()
            for said in self._cast.due(self._conduct.minute(now)):
                self._command(self._conduct.lane, said.kind, said.arguments, said.reason, said.actor)

    def _hear(self, message: Message) -> list[Effect]:
        noun = content(_DECODERS[message.topic], message)
        now = self._stage.clock.now()
        if isinstance(noun, Alert):
            return self._conduct.hear_alert(noun, now)
        if isinstance(noun, Run):
            return self._conduct.hear_run(noun, now)
        return self._conduct.hear_command(noun, now) if noun is not None else []

    def _carry_out(self, effects: Iterable[Effect]) -> None:
        """What an outage left undone and these, in order; letters go out before the broker is waited for."""
        self._todo.extend(effects)
        is_said = False
        while self._todo:
            effect = self._todo[0]
            if not isinstance(effect, Deliver):
                self._deliver()
            if isinstance(effect, PlayHour | Deliver):  # what was begun of an hour cannot be begun again
                self._todo.popleft()
                self._do(effect)
            else:
                self._do(effect)
                self._todo.popleft()
            is_said = is_said or isinstance(effect, Emit | Order)
        self._deliver()
        if is_said:
            self._stage.producer.flush(_FLUSH_S)

    def _do(self, effect: Effect) -> None:
        match effect:
            case PlayHour():
                self._play(effect)
            case Deliver(letter):
                self._letters.append(self._checked(letter))
                self._post(letter)
            case Emit(event):
                self._emit(event)
            case OpenLane(lane):
                self._player, self._rows = self._stage.play(lane), 0
            case SetClock():
                self._set_clock(effect)
            case CloseLane(lane):
                self._stage.sink.close_lane(self._lanes[lane], self._stage.clock.now())
            case Insert():
                self._insert(effect)
            case Order(lane, kind, arguments, reason):
                self._command(lane, kind, arguments, reason, _ACTOR)

    def _play(self, effect: PlayHour) -> None:
        if self._player is None:
            raise InvariantError(f"an hour of {effect.lane} was to be played before the lane was opened")
        rows = self._player.play_hour(strikes=effect.strikes).rows
        self._conduct.sent(rows - self._rows)
        self._rows = rows

    def _emit(self, event: DrillEvent) -> None:
        self._send(DRILL_EVENT.name, event, f"{event.drill}\n{event.sequence}")
        if self._cast is not None:
            self._cast.hear(event)
        self._say(event)

    def _send(self, topic: str, noun: msgspec.Struct, key: str) -> None:
        self._stage.producer.send(topic, msgspec.json.encode(noun), key=key.encode(), partition=0)

    def _command(self, lane: str, kind: str, arguments: dict[str, str], reason: str, actor: str) -> None:
        command = Command(
            command_id=uuid.uuid4().hex,
            lane=lane,
            kind=kind,
            actor=actor,
            reason=reason,
            issued_at=self._stage.clock.now(),
            arguments=arguments,
        )
        self._send(COMMAND.name, command, command.command_id)

    def _set_clock(self, effect: SetClock) -> None:
        now = self._stage.clock.now()
        before = self._lanes.get(effect.lane)
        lane = Lane(
            name=effect.lane,
            chain=self._stage.chain,
            opened_at=before.opened_at if before is not None else now,
            origin=self._stage.lane_time(effect.minute),
            wall_origin=now,
            rate=effect.rate,
            revision=before.revision + 1 if before is not None else 1,
        )
        self._lanes[effect.lane] = lane
        self._stage.sink.open_lane(lane)
        if effect.minute >= 0 and effect.lane not in self._told:
            self._told.add(effect.lane)
            for arguments in self._stage.carried.orders(self._stage.zero, lane.origin):
                self._command(effect.lane, "report.event", arguments, "随现况带入 as it stood in the live lane", _ACTOR)

    def _insert(self, effect: Insert) -> None:
        at = to_us(self._stage.lane_time(effect.minute))
        rows = Rows(
            lane=effect.lane,
            source=_SOURCE,
            series=[effect.reading.series],
            observed_us=[at],
            issued_us=[at],
            known_us=[at],
            value=[effect.reading.value],
        )
        self._stage.sink.enqueue(rows)
        self._stage.sink.flush()

    def _post(self, letter: Letter) -> None:
        """Ask response to bring it to the member by his own channels, as it does with messages of the drill's playbooks."""
        arguments = {
            "notification": letter.id,
            "recipient": letter.recipient,
            "person": letter.member,
            "text_zh": letter.text_zh,
            "text_en": letter.text_en,
        }
        self._command(letter.lane, "message.send", arguments, "", _ACTOR)

    def _checked(self, letter: Letter) -> Letter:
        """The last look before anything leaves. Raises InvariantError."""
        member = self._conduct.plan.member(letter.member)
        if member is None or not is_marked(letter.text_zh, letter.text_en):
            raise InvariantError(f"letter {letter.id} is not marked or not for the roster; it was not sent")
        return letter

    def _deliver(self) -> None:
        """Hand over what waits; while the channel is away it waits for the next round and holds up nothing else."""
        if not self._letters:
            return
        outcomes = self._stage.channel.send([self._envelope(letter) for letter in self._letters])
        failed = [outcome for outcome in outcomes if outcome.verdict is not Verdict.SENT]
        if failed:
            _log.warning("letters of the drill wait", count=len(failed), why=failed[0].detail)
        told = zip(self._letters, outcomes, strict=True)
        self._letters = deque(letter for letter, outcome in told if outcome.verdict is not Verdict.SENT)

    def _envelope(self, letter: Letter) -> notice.Letter:
        return notice.Letter(
            notification_id=letter.id,
            lane=letter.lane,
            level="",
            recipient=letter.recipient,
            address="",
            text_zh=letter.text_zh,
            text_en=letter.text_en,
            created_at=self._stage.clock.now(),
        )
