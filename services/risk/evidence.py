"""What is known of each series: the newest revision of its recent observations."""

import bisect
from collections.abc import Iterator

from msgspec import Struct

from schemas.feed import FeedMessage
from schemas.quality import Quality

HOUR_US = 3_600_000_000
KEPT_ROWS = 400
KEPT_US = 16 * 24 * HOUR_US
_USABLE = (Quality.GOOD, Quality.ESTIMATED)


class Row(Struct, frozen=True):
    """The newest revision of one observation; times in µs since the epoch."""

    observed_us: int
    issued_us: int
    known_us: int
    value: float
    quality: int
    detail: str | None


class History:
    """Recent observations of one series, newest revision each, in order of observation.

    Bounded: at most 400 rows and 16 days before the newest. The order of arrival does not matter, except among rows beyond these bounds.
    """

    __slots__ = ("_rows", "_times")

    def __init__(self) -> None:
        self._times: list[int] = []
        self._rows: dict[int, Row] = {}

    def add(self, row: Row, *, implied: bool = False) -> bool:
        """Take a row in; True when it changes what is known. A later issue replaces an earlier one; implied repeats change nothing."""
        old = self._rows.get(row.observed_us)
        if old is not None:
            is_same = old.value == row.value and old.quality == row.quality
            if row.issued_us <= old.issued_us or (implied and is_same):
                return False
            self._rows[row.observed_us] = row
            return not is_same or old.detail != row.detail
        if self._times and row.observed_us < self._times[-1] - KEPT_US:
            return False
        bisect.insort(self._times, row.observed_us)
        self._rows[row.observed_us] = row
        while len(self._times) > KEPT_ROWS or self._times[0] < self._times[-1] - KEPT_US:
            del self._rows[self._times.pop(0)]
        return row.observed_us in self._rows

    def newest(self, as_of_us: int) -> Row | None:
        """Newest usable row observed at or before ``as_of_us``."""
        return next(self._backwards(as_of_us), None)

    def mean(self, as_of_us: int, window_us: int) -> float | None:
        """Mean of the usable values in the window that ends at the newest one; None without any."""
        total, count, start = 0.0, 0, None
        for row in self._backwards(as_of_us):
            if start is None:
                start = row.observed_us - window_us
            elif row.observed_us <= start:
                break
            total += row.value
            count += 1
        return total / count if count else None

    def mean_between(self, start_us: int, end_us: int) -> float | None:
        """Mean of the usable values observed after start and until end; None without any."""
        found = [r.value for r in self._until(start_us, end_us)]
        return sum(found) / len(found) if found else None

    def points(self, as_of_us: int, window_us: int) -> list[tuple[int, float]]:
        """Usable (observed_us, value) of the window that ends at the newest one, oldest first."""
        newest = self.newest(as_of_us)
        if newest is None:
            return []
        start = newest.observed_us - window_us
        return [(r.observed_us, r.value) for r in self._until(start - 1, as_of_us)][::-1]

    def _until(self, start_us: int, end_us: int) -> Iterator[Row]:
        for row in self._backwards(end_us):
            if row.observed_us <= start_us:
                return
            yield row

    def _backwards(self, as_of_us: int) -> Iterator[Row]:
        for i in range(bisect.bisect_right(self._times, as_of_us) - 1, -1, -1):
            row = self._rows[self._times[i]]
            if row.quality in _USABLE:
                yield row


class Evidence:
    """Histories of all series of a lane, and the newest ``known_us`` seen."""

    def __init__(self) -> None:
        self.series: dict[str, History] = {}
        self.known_us = 0

    def take(self, message: FeedMessage) -> set[str]:
        """Take a feed message in; return the series whose knowledge changed."""
        changed = set()
        qualities, implied, details = message.quality, message.implied, message.detail
        for i, series in enumerate(message.series):
            known = message.known_us[i]
            row = Row(
                message.observed_us[i],
                message.issued_us[i],
                known,
                message.value[i],
                qualities[i] if qualities else 0,
                details[i] if details else None,
            )
            history = self.series.get(series)
            if history is None:
                history = self.series[series] = History()
            if history.add(row, implied=bool(implied and implied[i])):
                changed.add(series)
            self.known_us = max(self.known_us, known)
        return changed

    def of(self, series: str) -> History | None:
        """History of a series, None when nothing of it arrived yet."""
        return self.series.get(series)
