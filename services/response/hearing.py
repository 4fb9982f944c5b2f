"""Messages to what playbooks act on: alerts, commands, answers and figures in order, and how far each lane's clock went. Pure."""

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec
from msgspec import Struct

from schemas.alert import Alert
from schemas.answer import Answer
from schemas.command import Command
from schemas.feed import FeedMessage
from schemas.lane import LIVE
from schemas.tick import Tick
from schemas.topic import ALERT, ANSWER, CLOCK, COMMAND, PRICE
from services.response.commands import COMMANDS, ON_TASK, START, episode_of
from services.response.course import run_of_question
from services.response.figures import Reading
from services.runtime.clock import from_us
from services.runtime.contact_files import KINDS as CHANGES
from services.runtime.reading import content
from services.runtime.streams import Message

_alert = msgspec.json.Decoder(Alert)
_tick = msgspec.json.Decoder(Tick)
_command = msgspec.json.Decoder(Command)
_answer = msgspec.json.Decoder(Answer)
_feed = msgspec.json.Decoder(FeedMessage)


class Told(Struct, frozen=True):
    """A warning as it reached us. ``at``: lane time from which its deadlines count. Of the live lane that is when the broker took it, if that is
    later than the moment it holds for: nobody is late with what he could not know."""

    alert: Alert
    at: datetime

    @property
    def lane(self) -> str:
        """The warning's lane."""
        return self.alert.lane


Noun = Told | Command | Answer | Reading


class Heard(Struct):
    """What a batch of messages says."""

    nouns: list[Noun] = []
    ticks: dict[str, datetime] = {}

    def episodes(self) -> set[tuple[str, str]]:
        """Episodes that are named outright."""
        found = {(noun.lane, noun.alert.episode) for noun in self.nouns if isinstance(noun, Told)}
        starts = [noun for noun in self.nouns if isinstance(noun, Command) and noun.kind == START]
        return found | {(noun.lane, episode_of(noun)) for noun in starts}

    def tasks(self) -> list[str]:
        """Tasks that commands name."""
        return [n.arguments.get("task", "") for n in self.nouns if isinstance(n, Command) and n.kind in ON_TASK]

    def runs(self) -> list[str]:
        """Runs that commands and answers name."""
        by_command = [
            n.arguments.get("run", "") for n in self.nouns if isinstance(n, Command) and n.kind not in ON_TASK
        ]
        return by_command + [run_of_question(n.command_id) for n in self.nouns if isinstance(n, Answer)]


def topics_of(series: Collection[str]) -> tuple[str, ...]:
    """Topics to read; prices only when a plan watches one."""
    return (ALERT.name, COMMAND.name, ANSWER.name, CLOCK.name, *((PRICE.name,) if series else ()))


def hear(messages: Sequence[Message], series: Collection[str]) -> Heard:
    """What messages say, in their order; what is of no concern to playbooks is left out."""
    heard = Heard()
    for message in messages:
        if message.topic == ALERT.name:
            _add(heard, _told(content(_alert, message), message.appended_ms))
        elif message.topic == COMMAND.name:
            command = content(_command, message)
            _add(heard, command if command is not None and command.kind in (*COMMANDS, *CHANGES) else None)
        elif message.topic == ANSWER.name:
            answer = content(_answer, message)
            _add(heard, answer if answer is not None and run_of_question(answer.command_id) else None)
        elif message.topic == CLOCK.name:
            tick = content(_tick, message)
            if tick is not None and tick.lane != LIVE:
                heard.ticks[tick.lane] = max(tick.at, heard.ticks.get(tick.lane, tick.at))
        else:
            heard.nouns += _readings(content(_feed, message), series)
    return heard


def run_or_task(command: Command) -> str:
    """The task, else the run, that a command names."""
    return command.arguments.get("task", "") if command.kind in ON_TASK else command.arguments.get("run", "")


def _add(heard: Heard, noun: Noun | None) -> None:
    if noun is not None:
        heard.nouns.append(noun)


def _told(alert: Alert | None, appended_ms: int) -> Told | None:
    if alert is None:
        return None
    return Told(alert, max(alert.as_of, from_us(appended_ms * 1000)) if alert.lane == LIVE else alert.as_of)


def _readings(message: FeedMessage | None, series: Collection[str]) -> list[Reading]:
    if message is None or not message.is_readable():
        return []
    return [
        Reading(
            lane=message.lane,
            chain="",
            series=name,
            value=value,
            observed_at=from_us(observed),
            at=from_us(known),
        )
        for name, value, observed, known in zip(
            message.series, message.value, message.observed_us, message.known_us, strict=True
        )
        if name in series
    ]
