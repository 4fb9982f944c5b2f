"""Notices in force: which notice holds which level of which series, what replaced it, and what was replaced before it arrived."""

import threading
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
from msgspec import Struct

from services.runtime.clock import to_us

_MOST = 20_000


class Change(Struct, frozen=True):
    """A row to publish: the level of a series from a moment on, and the identifier of the notice that says so."""

    series: str
    at_us: int
    level: int
    by: str


class _Entry(Struct):
    sent_us: int
    levels: dict[str, int]
    expires_us: int | None
    replaced_by: str = ""
    replaced_us: int = 1 << 62


class CapLedger:
    """State of the notices of all lanes. ``enter`` may be repeated: the same notice gives the same changes. Thread-safe.

    A series takes the highest level of the notices in force on it: one that was sent, is not replaced and has not expired.
    """

    def __init__(self) -> None:
        self._entries: dict[tuple[str, str], _Entry] = {}
        self._early: dict[tuple[str, str], tuple[str, int]] = {}
        self._lock = threading.Lock()

    def unknown(self, lane: str, references: Sequence[str]) -> list[str]:
        """Those references that never arrived."""
        with self._lock:
            return [r for r in references if (lane, r) not in self._entries]

    def enter(
        self,
        lane: str,
        identifier: str,
        sent: datetime,
        levels: Mapping[str, int],
        references: Sequence[str] = (),
        expires: datetime | None = None,
    ) -> list[Change]:
        """Take a notice and say which series change and when: at its own time, and, for one replaced before it came, at that time."""
        with self._lock:
            entry = self._entry(lane, identifier, to_us(sent), dict(levels), to_us(expires) if expires else None)
            touched = set(entry.levels)
            for reference in references:
                touched |= self._replace(lane, reference, identifier, entry.sent_us)
            changes = self._levels(lane, touched, entry.sent_us, identifier)
            if entry.replaced_by:
                successor = self._entries.get((lane, entry.replaced_by))
                left = set(entry.levels) - set(successor.levels if successor else ())
                changes += self._levels(lane, left, entry.replaced_us, entry.replaced_by)
            return changes

    def remember(self, lane: str, series: str, detail: str) -> None:
        """Rebuild from a stored row: its series and detail, as ``detail_of`` wrote it; others are passed over."""
        try:
            stored = msgspec.json.decode(detail, type=_Stored)
        except msgspec.DecodeError:
            return
        with self._lock:
            expires_us = to_us(stored.expires) if stored.expires else None
            entry = self._entry(lane, stored.identifier, to_us(stored.sent), {}, expires_us)
            if stored.own_level is not None:
                entry.levels[series] = stored.own_level
            for reference in stored.references:
                self._replace(lane, reference, stored.identifier, entry.sent_us)

    def _entry(
        self, lane: str, identifier: str, sent_us: int, levels: dict[str, int], expires_us: int | None
    ) -> _Entry:
        place = (lane, identifier)
        entry = self._entries.setdefault(place, _Entry(sent_us, levels, expires_us))
        entry.levels |= levels
        if place in self._early:
            entry.replaced_by, entry.replaced_us = self._early.pop(place)
        while len(self._entries) > _MOST:
            del self._entries[next(iter(self._entries))]
        return entry

    def _replace(self, lane: str, identifier: str, by: str, at_us: int) -> set[str]:
        place = (lane, identifier)
        entry = self._entries.get(place)
        if entry is None:
            self._early.setdefault(place, (by, at_us))
            return set()
        if at_us < entry.replaced_us:
            entry.replaced_by, entry.replaced_us = by, at_us
        return set(entry.levels)

    def _levels(self, lane: str, series: set[str], at_us: int, by: str) -> list[Change]:
        return [Change(name, at_us, self._level(lane, name, at_us), by) for name in sorted(series)]

    def _level(self, lane: str, series: str, at_us: int) -> int:
        in_force = (
            entry.levels.get(series, 0)
            for (of_lane, _), entry in self._entries.items()
            if of_lane == lane
            and entry.sent_us <= at_us < entry.replaced_us
            and (entry.expires_us is None or entry.expires_us > at_us)
        )
        return max(in_force, default=0)


class _Stored(Struct, frozen=True, kw_only=True):
    identifier: str
    sent: datetime
    references: list[str] = []
    expires: datetime | None = None
    own_level: int | None = None
