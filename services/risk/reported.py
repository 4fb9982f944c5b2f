"""The events that officers entered: the newest word on each, until it is ended by a word."""

import msgspec
from msgspec import Struct

from schemas.report import EventReport

_MOST_ENDED = 2_000
_decoder = msgspec.json.Decoder(EventReport)


class Word(Struct, frozen=True):
    """The newest word on an event, and when it was issued (µs)."""

    issued_us: int
    report: EventReport


class Reports:
    """Words by event. None is ever forgotten by age: what is not ended stays. Of ended ones the newest 2,000 are remembered, so that an older word,
    read again, revives none."""

    def __init__(self) -> None:
        self._words: dict[str, Word] = {}

    def take(self, detail: str | None, issued_us: int) -> bool:
        """Take the detail of a row; True when it says something new."""
        try:
            report = _decoder.decode(detail or "")
        except msgspec.DecodeError:
            return False
        known = self._words.get(report.event)
        if known is not None and known.issued_us >= issued_us:
            return False
        self._words.pop(report.event, None)
        self._words[report.event] = Word(issued_us, report)
        ended = [name for name, word in self._words.items() if word.report.is_ended]
        for name in ended[:-_MOST_ENDED]:
            del self._words[name]
        return True

    def open(self) -> list[EventReport]:
        """Events that are not ended, in the order in which they were first told."""
        found = (w.report for w in self._words.values() if not w.report.is_ended)
        return sorted(found, key=lambda r: (r.begun_at, r.event))
