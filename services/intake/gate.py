"""The gate of players: raw rows in, good ones to the feeds, the rest into rejections. Scenario and history replay go through it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from math import isfinite

import msgspec

from schemas.lane import Lane
from schemas.rejection import Reason, Rejection
from schemas.tick import Tick
from services.intake.candidate import finding
from services.intake.catalogue import Catalogue
from services.intake.limits import Limits
from services.intake.plausibility import implausible
from services.intake.publisher import Publisher
from services.intake.rows import Rows
from services.runtime.clock import from_us

_Wrong = tuple[int, Reason, str, str, str]


class Gate:
    """Judges rows whose unit and times are already right: known series, finite, plausible, no identity twice in a batch.

    ``rejected`` counts what it turned away. Every call may raise UnreachableError; repeating it is harmless.
    """

    def __init__(self, publisher: Publisher, catalogue: Callable[[], Catalogue], limits: Limits | None = None) -> None:
        self._publisher = publisher
        self._catalogue = catalogue
        self._limits = limits or Limits()
        self.rejected = 0

    def open_lane(self, lane: Lane) -> None:
        """Publish the lane."""
        self._publisher.open_lane(lane)

    def publish(self, rows: Rows) -> list[str | None]:
        """Publish what is good, reject the rest, wait for the broker. Record id per row, None for a rejected one."""
        wrong = misfits(rows, self._catalogue(), self._limits)
        self._reject(rows, wrong)
        good = _others(rows, wrong)
        ids: list[str | None] = [None] * len(rows)
        for index, record_id in zip(good, self._publisher.publish(rows.picked(good)) if good else (), strict=True):
            ids[index] = record_id
        return ids

    def enqueue(self, rows: Rows) -> None:
        """The same without waiting; certain after ``flush`` or ``tick``."""
        wrong = misfits(rows, self._catalogue(), self._limits)
        self._reject(rows, wrong)
        good = _others(rows, wrong)
        if good:
            self._publisher.enqueue(rows.picked(good))

    def flush(self) -> None:
        """Wait for everything enqueued."""
        self._publisher.flush()

    def tick(self, lane: str, at: datetime) -> Tick:
        """Flush and strike a tick."""
        return self._publisher.tick(lane, at)

    def _reject(self, rows: Rows, wrong: Sequence[_Wrong]) -> None:
        if wrong:
            self.rejected += len(wrong)
            self._publisher.reject([rejection_of(rows, w) for w in wrong])


def misfits(rows: Rows, catalogue: Catalogue, limits: Limits) -> list[_Wrong]:
    """Rows that must not pass: index, reason, field, given, wanted."""
    wrong: list[_Wrong] = []
    seen: set[tuple[str, int, int]] = set()
    for index, (name, value) in enumerate(zip(rows.series, rows.value, strict=True)):
        found = _misfit(name, value, catalogue, limits)
        identity = (name, rows.observed_us[index], rows.issued_us[index])
        if found is None and identity in seen:
            found = (Reason.DUPLICATE, "observed_at", name, "每个标识一次 / each identity once")
        seen.add(identity)
        if found is not None:
            wrong.append((index, *found))
    return wrong


def _misfit(name: str, value: float, catalogue: Catalogue, limits: Limits) -> tuple[Reason, str, str, str] | None:
    series = catalogue.series.get(name)
    if series is None:
        return (Reason.UNKNOWN_SERIES, "series", name, "目录中的序列 / a series of the catalogue")
    if not isfinite(value):
        return (Reason.NOT_FINITE, "value", str(value), "有限数 / a finite number")
    outside = implausible(value, series, limits.slip_factors)
    if outside is None:
        return None
    return (outside.reason, "value", f"{value:g} {series.unit}", outside.wanted)


def rejection_of(rows: Rows, wrong: _Wrong) -> Rejection:
    """The rejection of one row of a player, with the row as JSON in its raw bytes."""
    index, reason, field, given, wanted = wrong
    raw = msgspec.json.encode(
        {
            "series": rows.series[index],
            "observed_at": from_us(rows.observed_us[index]),
            "issued_at": from_us(rows.issued_us[index]),
            "value": rows.value[index] if isfinite(rows.value[index]) else str(rows.value[index]),
            "lane": rows.lane,
        }
    )
    found = finding(reason, field, given, wanted, origin=f"player:{rows.lane}", raw=raw, lane=rows.lane)
    return found.rejection(rows.source, from_us(rows.known_us[index]))


def _others(rows: Rows, wrong: Sequence[_Wrong]) -> list[int]:
    if not wrong:
        return list(range(len(rows)))
    out = {w[0] for w in wrong}
    return [i for i in range(len(rows)) if i not in out]
