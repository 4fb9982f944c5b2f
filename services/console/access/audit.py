"""The audit log as a chain: each entry carries the SHA-256 of the one before and of itself, so that a change anywhere shows."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from msgspec import Struct, structs

START = "0" * 64
"""What stands before the first entry."""


class Note(Struct, frozen=True, kw_only=True):
    """What is to be written down. ``detail`` is text only and never holds a secret."""

    actor: str
    action: str
    subject: str
    lane: str = ""
    address: str = ""
    detail: Mapping[str, str] = {}


class Entry(Struct, frozen=True, kw_only=True):
    """A note in its place in the chain."""

    sequence: int
    at: datetime
    note: Note
    previous: str
    digest: str


class Break(Struct, frozen=True):
    """The first entry that does not fit, and why."""

    sequence: int
    zh: str
    en: str


def canonical(sequence: int, at: datetime, note: Note) -> str:
    """The entry as one text: JSON with sorted keys and no blanks, UTC to the microsecond.

    >>> canonical(1, datetime(2026, 1, 2, tzinfo=UTC), Note(actor="a", action="b", subject="c"))
    '{"action":"b","actor":"a","address":"","at":"2026-01-02T00:00:00.000000Z","detail":{},"lane":"","sequence":1,"subject":"c"}'
    """
    moment = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    tree = {**structs.asdict(note), "detail": dict(note.detail), "sequence": sequence, "at": moment}
    return json.dumps(tree, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest_of(previous: str, sequence: int, at: datetime, note: Note) -> str:
    """SHA-256 of the digest before and of the entry, as hexadecimal digits."""
    return hashlib.sha256((previous + canonical(sequence, at, note)).encode()).hexdigest()


def linked(previous: Entry | None, at: datetime, note: Note) -> Entry:
    """The note as the entry after ``previous``."""
    sequence, before = (1, START) if previous is None else (previous.sequence + 1, previous.digest)
    return Entry(sequence=sequence, at=at, note=note, previous=before, digest=digest_of(before, sequence, at, note))


class Tally:
    """Walks along the log from its first entry. ``broken`` is the first entry that was changed, removed or put in; ``has_head`` whether the digest
    looked for has passed."""

    def __init__(self, wanted: str = START) -> None:
        self.count = 0
        self.head = START
        self.broken: Break | None = None
        self._wanted = wanted
        self.has_head = wanted == START

    def take(self, entry: Entry) -> Break | None:
        """The next entry, in order of numbers; the break if it does not fit."""
        self.broken = self._problem(entry)
        if self.broken is None:
            self.count, self.head = entry.sequence, entry.digest
            self.has_head = self.has_head or entry.digest == self._wanted
        return self.broken

    def _problem(self, entry: Entry) -> Break | None:
        wanted = self.count + 1
        if entry.sequence != wanted:
            return Break(wanted, f"缺失，其后是第 {entry.sequence} 条", f"it is missing, {entry.sequence} follows")
        if entry.previous != self.head:
            return Break(wanted, "与前一条不相接", "it does not follow the entry before it")
        if entry.digest != digest_of(self.head, entry.sequence, entry.at, entry.note):
            return Break(wanted, "内容与摘要不符", "its content does not fit its digest")
        return None


def first_break(entries: Iterable[Entry]) -> Break | None:
    """The first entry that does not fit; None when the chain holds. Entries come in order of their numbers."""
    tally = Tally()
    return next((found for entry in entries if (found := tally.take(entry)) is not None), None)
