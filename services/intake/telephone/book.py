"""The newest word on each reported event, as the hazard feed holds it, so that it can be revised, ended, and told again."""

import msgspec
from msgspec import Struct

from schemas.feed import FeedMessage
from schemas.quality import Quality
from schemas.report import EventReport, is_report
from services.intake.rows import Rows

_MOST_COMMANDS = 20_000
_MOST_ENDED = 5_000


class Word(Struct, frozen=True):
    """One row of a reported event: its lane and times (µs), and what it says."""

    lane: str
    series: str
    observed_us: int
    issued_us: int
    known_us: int
    report: EventReport


class EventBook:
    """Newest words by lane and event, and which commands were taken. Open events stay, of ended ones the newest 5,000. For one thread."""

    def __init__(self) -> None:
        self._words: dict[tuple[str, str], Word] = {}
        self._commands: dict[str, None] = {}

    def remember(self, message: FeedMessage) -> None:
        """Take over the rows of a feed message; what is no reported event is passed over."""
        details = message.detail or [None] * message.row_count()
        for i, (series, detail) in enumerate(zip(message.series, details, strict=False)):
            report = _report(detail) if is_report(series) else None
            if report is not None:
                times = (message.observed_us[i], message.issued_us[i], message.known_us[i])
                self.take(Word(message.lane, series, *times, report))

    def take(self, word: Word) -> None:
        """Take a word; an older one than is known changes nothing."""
        self.note(word.report.command)
        key = (word.lane, word.report.event)
        known = self._words.get(key)
        if known is None or word.issued_us > known.issued_us:
            self._words.pop(key, None)
            self._words[key] = word
            self._trim()

    def note(self, command: str) -> None:
        """Remember that a command was taken or refused."""
        self._commands[command] = None
        if len(self._commands) > _MOST_COMMANDS:
            del self._commands[next(iter(self._commands))]

    def has_taken(self, command: str) -> bool:
        """True for a command that was taken before."""
        return command in self._commands

    def newest(self, lane: str, event: str) -> Word | None:
        """The newest word on an event."""
        return self._words.get((lane, event))

    def open_rows(self) -> list[Rows]:
        """The newest words of all open events as rows of the same identity, so that the topic keeps them however old they become."""
        return [_rows(word) for word in self._words.values() if not word.report.is_ended]

    def _trim(self) -> None:
        ended = [key for key, word in self._words.items() if word.report.is_ended]
        for key in ended[:-_MOST_ENDED]:
            del self._words[key]


def _report(detail: str | None) -> EventReport | None:
    try:
        return msgspec.json.decode(detail, type=EventReport) if detail else None
    except msgspec.DecodeError:
        return None


def _rows(word: Word) -> Rows:
    return Rows(
        lane=word.lane,
        source="telephone",
        series=[word.series],
        observed_us=[word.observed_us],
        issued_us=[word.issued_us],
        known_us=[word.known_us],
        value=[word.report.left],
        quality=None if word.report.is_verified else [int(Quality.ESTIMATED)],
        detail=[msgspec.json.encode(word.report).decode()],
        key=[word.report.event],
    )
