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


def first_break(entries: Iterable[Entry]) -> Break | None:
    """The first entry that was changed, removed or put in; None when the chain holds. Entries come in order of their numbers."""
    before = START
    for sequence, entry in enumerate(entries, start=1):
        if entry.sequence != sequence:
            return Break(
                sequence,
                f"缺少第 {sequence} 条，其后是第 {entry.sequence} 条",
                f"entry {sequence} is missing, {entry.sequence} follows",
            )
        if entry.previous != before:
            return Break(sequence, "与前一条不相接", "it does not follow the entry before it")
        if entry.digest != digest_of(before, sequence, entry.at, entry.note):
            return Break(sequence, "内容与摘要不符", "its content does not fit its digest")
        before = entry.digest
    return None
