"""What is known of each series: the newest revision of its recent observations."""

import bisect
import math
from collections.abc import Sequence

from msgspec import Struct, structs

from schemas.feed import FeedMessage
from schemas.quality import Quality
from schemas.report import is_report
from schemas.score import Score
from services.risk.provenance import QUALITY, Provenance
from services.risk.reported import Reports
from services.runtime.clock import to_us

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
ZONE_US = 8 * HOUR_US
KEPT_ROWS = 400
KEPT_US = 16 * 24 * HOUR_US
KEPT_DAYS = 40
KEPT_ANOMALIES = 64
_USABLE = (Quality.GOOD, Quality.ESTIMATED)


def day_of(observed_us: int) -> int:
    """Number of the day in China that an observation closes or lies in; midnight closes the day before.

    >>> day_of(16 * HOUR_US), day_of(16 * HOUR_US + 1)
    (0, 1)
    """
    return (observed_us + ZONE_US - 1) // DAY_US


class Row(Struct, frozen=True):
    """The newest revision of one observation; times in µs since the epoch."""

    observed_us: int
    issued_us: int
    known_us: int
    value: float
    quality: int
    detail: str | None


class Anomaly(Struct, frozen=True):
    """What detection thinks of a reading that it calls anomalous: how probable one so unusual is, and what its own past made it expect."""

    p_value: float
    expected: float | None


class History:
    """Recent observations of one series, newest revision each, in order of observation.

    Bounded: at most 400 rows and 16 days before the newest, and the means of 40 days. The order of arrival does not matter, except among rows
    beyond these bounds.
    """

    __slots__ = (
        "_days",
        "_newest_day",
        "_old_days",
        "_rows",
        "_times",
        "_usable_times",
        "_usable_values",
        "amended",
        "changes",
        "past_version",
        "provenance",
    )

    def __init__(self) -> None:
        self._times: list[int] = []
        self._rows: dict[int, Row] = {}
        self._usable_times: list[int] = []
        self._usable_values: list[float] = []
        self._days: dict[int, float | None] = {}
        self._old_days: dict[int, float | None] = {}
        self._newest_day = -1
        self.past_version = 0
        """Another number whenever what is known of the days before the newest changed."""
        self.provenance = Provenance()
        self.changes, self.amended = 0, 0
        """How often rows came, and how often they did not just follow the others."""

    def add(self, row: Row, *, implied: bool = False) -> bool:
        """Take a row in; True when it changes what is known. A later issue replaces an earlier one; implied repeats change nothing."""
        self.changes += 1
        day = day_of(row.observed_us)
        self._days.pop(day, None)
        if day != self._newest_day:
            self._newest_day = max(day, self._newest_day)
            self.past_version += 1
        old = self._rows.get(row.observed_us)
        if old is not None:
            is_same = old.value == row.value and old.quality == row.quality
            if row.issued_us <= old.issued_us or (implied and is_same):
                return False
            if not is_same:
                self.provenance.note(row.observed_us, row.known_us, is_revision=True)
            self._rows[row.observed_us] = row
            if (old.quality in _USABLE) != (row.quality in _USABLE):
                self._sort_out()
            elif row.quality in _USABLE and old.value != row.value:
                self._usable_values[bisect.bisect_left(self._usable_times, row.observed_us)] = row.value
                self.amended += 1
            return not is_same or old.detail != row.detail
        if self._times and row.observed_us < self._times[-1] - KEPT_US:
            return False
        self.provenance.note(row.observed_us, row.known_us, is_revision=False)
        is_newest = not self._times or row.observed_us > self._times[-1]
        self._rows[row.observed_us] = row
        if is_newest:
            self._times.append(row.observed_us)
            if row.quality in _USABLE:
                self._usable_times.append(row.observed_us)
                self._usable_values.append(row.value)
        else:
            bisect.insort(self._times, row.observed_us)
            self._sort_out()
        self._trim()
        return row.observed_us in self._rows

    def scaled(self, spans: Sequence[tuple[int, int | None, float]]) -> "History":
        """The same with the values of spans (from, until or None, factor) multiplied; not to be added to."""
        other = History()
        other._times, other._old_days, other._newest_day = self._times, self._old_days, self._newest_day
        other.past_version, other.changes = hash((self.past_version, *spans)), self.changes
        other.provenance = self.provenance
        other._rows = dict(self._rows)
        for start_us, end_us, factor in spans:
            last = len(self._times) if end_us is None else bisect.bisect_left(self._times, end_us)
            for at in self._times[bisect.bisect_left(self._times, start_us) : last]:
                other._rows[at] = structs.replace(self._rows[at], value=self._rows[at].value * factor)
        other._sort_out()
        return other

    def goes_across(self, at_us: int) -> bool:
        """True when there are usable rows both before a moment and at it or later."""
        return bool(self._usable_times) and self._usable_times[0] < at_us <= self._usable_times[-1]

    def newest(self, as_of_us: int) -> Row | None:
        """Newest usable row observed at or before ``as_of_us``."""
        end = bisect.bisect_right(self._usable_times, as_of_us)
        return self._rows[self._usable_times[end - 1]] if end else None

    def newest_detail(self, as_of_us: int) -> str | None:
        """Detail of the newest usable row that has one, as of the moment."""
        end = bisect.bisect_right(self._usable_times, as_of_us)
        return next((d for t in reversed(self._usable_times[:end]) if (d := self._rows[t].detail)), None)

    def newest_at_least(self, least: float, as_of_us: int, window_us: int) -> tuple[Row | None, int | None]:
        """Newest usable row of the window before a moment with at least such a value, and when the one after it was observed, if there is one."""
        end = bisect.bisect_right(self._usable_times, as_of_us)
        first = bisect.bisect_left(self._usable_times, as_of_us - window_us)
        if first >= end or max(self._usable_values[first:end]) < least:
            return None, None
        at = next(i for i in range(end - 1, first - 1, -1) if self._usable_values[i] >= least)
        return self._rows[self._usable_times[at]], self._usable_times[at + 1] if at + 1 < end else None

    def rows(self, as_of_us: int, window_us: int) -> list[Row]:
        """Usable rows of the window that ends at the newest one, oldest first."""
        return [self._rows[at] for at, _ in self.points(as_of_us, window_us)]

    def mean(self, as_of_us: int, window_us: int) -> float | None:
        """Mean of the usable values in the window that ends at the newest one; None without any. Exact whatever the order of arrival."""
        end = bisect.bisect_right(self._usable_times, as_of_us)
        return self.mean_between(self._usable_times[end - 1] - window_us, as_of_us) if end else None

    def mean_between(self, start_us: int, end_us: int) -> float | None:
        """Mean of the usable values observed after start and until end; None without any."""
        first = bisect.bisect_right(self._usable_times, start_us)
        last = bisect.bisect_right(self._usable_times, end_us)
        return math.fsum(self._usable_values[first:last]) / (last - first) if last > first else None

    def points_from(self, start_us: int, end_us: int) -> list[tuple[int, float]]:
        """Usable (observed_us, value) from start to end, both counted, oldest first."""
        first, last = bisect.bisect_left(self._usable_times, start_us), bisect.bisect_right(self._usable_times, end_us)
        return list(zip(self._usable_times[first:last], self._usable_values[first:last], strict=True))

    def points(self, as_of_us: int, window_us: int) -> list[tuple[int, float]]:
        """Usable (observed_us, value) of the window that ends at the newest one, oldest first."""
        last = bisect.bisect_right(self._usable_times, as_of_us)
        if not last:
            return []
        first = bisect.bisect_left(self._usable_times, self._usable_times[last - 1] - window_us)
        return list(zip(self._usable_times[first:last], self._usable_values[first:last], strict=True))

    def day_means(self, as_of_us: int, days: int) -> dict[int, float]:
        """Mean of the usable values of each of the last ``days`` whole days (China) before ``as_of_us``; days without any are left out."""
        last = day_of(as_of_us)
        found = {}
        for day in range(last - days, last):
            mean = self._old_days[day] if day in self._old_days else self._day_mean(day)
            if mean is not None:
                found[day] = mean
        return found

    def _day_mean(self, day: int) -> float | None:
        if day not in self._days:
            start = day * DAY_US - ZONE_US
            self._days[day] = self.mean_between(start, start + DAY_US)
        return self._days[day]

    def _sort_out(self) -> None:
        """Find the usable rows again after a change that was not at the end."""
        self.amended += 1
        self._usable_times = [t for t in self._times if self._rows[t].quality in _USABLE]
        self._usable_values = [self._rows[t].value for t in self._usable_times]

    def _trim(self) -> None:
        while len(self._times) > KEPT_ROWS or self._times[0] < self._times[-1] - KEPT_US:
            gone = self._times[0]
            day = day_of(gone)
            if day not in self._old_days:
                self._old_days[day] = self._day_mean(day)
                for old in [d for d in self._old_days if d < day - KEPT_DAYS]:
                    del self._old_days[old]
            del self._times[0], self._rows[gone]
            self._days.pop(day, None)
            if self._usable_times and self._usable_times[0] == gone:
                del self._usable_times[0], self._usable_values[0]


class Evidence:
    """Histories and provenance of all series of a lane, the newest ``known_us`` seen, which readings are anomalous, by series and revision, and the
    ``reports`` that officers entered.

    A score may come before its reading or after it. Bounded: the newest 64 anomalies of a series.
    """

    def __init__(self) -> None:
        self.series: dict[str, History] = {}
        self.anomalies: dict[str, dict[tuple[int, int], Anomaly]] = {}
        self.reports = Reports()
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
            self.known_us = max(self.known_us, known)
            if is_report(series):
                if self.reports.take(row.detail, row.issued_us):
                    changed.add(series)
                continue
            history = self.series.get(series)
            if history is None:
                history = self.series[series] = History()
            if history.add(row, implied=bool(implied and implied[i])):
                changed.add(series)
        return changed

    def mark(self, score: Score) -> None:
        """Note that a reading is anomalous. The mark holds for that revision alone: a correction has a score of its own. What data quality says goes
        to the trust of the series instead."""
        if score.detector.startswith(QUALITY):
            self.series.setdefault(score.series, History()).provenance.hear(score)
            return
        marks = self.anomalies.setdefault(score.series, {})
        marks[to_us(score.observed_at), to_us(score.known_at)] = Anomaly(score.p_value, score.expected)
        if len(marks) > KEPT_ANOMALIES:
            del marks[min(marks)]

    def anomaly(self, series: str, row: Row) -> Anomaly | None:
        """What makes a row anomalous, None for most."""
        return self.anomalies.get(series, {}).get((row.observed_us, row.known_us))

    def of(self, series: str) -> History | None:
        """History of a series, None when nothing of it arrived yet."""
        return self.series.get(series)
