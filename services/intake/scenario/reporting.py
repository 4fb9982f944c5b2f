"""From what instruments show to what providers send: cadence, publication lag, error, gaps, late and corrected reports, defects.

Everything random is drawn per hour and per series and never looks at values, so that two lives of the same seed are
reported by the same rows and differ in values alone.
"""

from fnmatch import fnmatchcase

import numpy as np

from schemas.chain import Chain
from schemas.quality import Quality
from services.intake.scenario.gauge import Gauges
from services.intake.scenario.layout import Bools, Floats, Ints
from services.intake.scenario.notice import NoticeRow, rows_of, scares
from services.intake.scenario.reports import Reports, plain_reports
from services.intake.scenario.scenario import Defect, ReportDefect
from services.intake.scenario.seeds import Stream, generator
from services.intake.scenario.simulation import Simulation
from services.intake.scenario.trace import Trace

_INSTANT = frozenset({"stock", "capacity_factor", "ships", "price"})
_SPREAD = {"stock": 0.006, "price": 0.0, "capacity_factor": 0.0, "ships": 0.06, "trains": 0.01, "contract": 0.01}
_USUAL_SPREAD = 0.012
_GAP, _LATE, _VERY_LATE, _CORRECTED, _SLIP, _ESTIMATED = 0.006, 0.012, 0.001, 0.006, 0.0001, 0.01
_BSPI_HOUR = 15 + 24 * 2  # Wednesdays at 15:00, counted from Monday
_DRAWS = 8


class Reporter:
    """Reports of one life. ``report`` is called hour by hour, in order; it returns rows *observed* in that hour, some known much later."""

    def __init__(self, simulation: Simulation, chain: Chain) -> None:
        world, scenario = simulation.world, simulation.scenario
        self._gauges = Gauges(world, chain, simulation.prices)
        self.series = self._gauges.series
        self._seed = world.seed
        self._scenario = scenario
        self._index = {s.id: i for i, s in enumerate(self.series)}
        self._cadence = np.array([max(1, round(s.cadence_h)) for s in self.series])
        self._lateness = np.array([s.lateness_h for s in self.series])
        self._is_instant = np.array([s.indicator in _INSTANT for s in self.series])
        self._is_hazard = np.array([s.indicator == "hazard_level" for s in self.series])
        self._spread = np.array([_SPREAD.get(s.indicator, _USUAL_SPREAD) for s in self.series])
        self._lag = self._usual_lag()
        self._phase = self._phases()
        self._past: list[Floats] = []
        self._sums: Floats = np.zeros(len(self.series))
        self._defects = [(d, self._matching(d)) for d in scenario.reporting]
        self._frozen: dict[int, Floats] = {}
        self._hazard_ids = [s.id for s in self.series if s.indicator == "hazard_level"]
        self._notices: list[NoticeRow] = []
        self._noticed_until = scenario.first_hour

    def report(self, trace: Trace, hour: int) -> Reports:
        """Rows of all series whose period ends with ``hour``; the observation time is the end of the hour."""
        self._past.append(self._gauges.show(trace, hour))
        end = hour + 1
        draws = generator(self._seed, Stream.REPORT, hour).random((_DRAWS, len(self.series)))
        due = (end - self._phase) % self._cadence == 0
        rows = self._periodic(end, due & ~self._is_hazard, draws)
        return Reports.joined([rows, *self._hazards(end, due, draws)])

    def between(self, trace: Trace, hour: int, moment: float) -> Reports:
        """Instruments read hourly, read at ``moment`` inside the running ``hour`` (already lived in the trace): on the way to its value."""
        which = np.flatnonzero((self._cadence == 1) & ~self._is_hazard & ~self._silenced(hour))
        ahead = self._gauges.show(trace, hour)[which]
        behind = self._past[-1][which] if self._past else ahead
        part = min(1.0, max(0.0, moment - hour))
        minute = round(moment * 60.0)
        first, second = generator(self._seed, Stream.REPORT, minute, 60).random((2, len(which)))
        value = (behind + (ahead - behind) * part) * np.exp(self._spread[which] * _normal(first, second))
        at = np.full(len(which), moment)
        return plain_reports(which, at, at, self._tidy(value, which), np.zeros(len(which), dtype=np.int64))

    def _periodic(self, end: int, due: Bools, draws: Floats) -> Reports:
        sent = np.flatnonzero(due & (draws[0] >= _GAP))
        sent = sent[~self._silenced(end)[sent]]
        value = self._observed(sent)
        value = value * np.exp(self._spread[sent] * _normal(draws[1][sent], draws[2][sent]))
        value = self._tidy(value, sent)
        factor, late = self._defect_factors(end)
        first = value * factor[sent]
        first = np.where(draws[3][sent] < _SLIP, first * 10.0, first)
        lag = self._lag[sent] * (0.7 + 0.6 * draws[4][sent]) + late[sent]
        lag = lag + np.where(draws[5][sent] < _LATE, self._lateness[sent] * 0.6 * draws[6][sent], 0.0)
        lag = lag + np.where(draws[5][sent] > 1.0 - _VERY_LATE, self._lateness[sent] * (1.0 + draws[6][sent]), 0.0)
        quality = np.where(draws[7][sent] < _ESTIMATED, int(Quality.ESTIMATED), int(Quality.GOOD))
        wrong = (draws[7][sent] > 1.0 - _CORRECTED) & (self._cadence[sent] >= 8)
        first = np.where(wrong, self._tidy(first * (0.85 + 0.3 * draws[6][sent]), sent), first)
        first = self._thaw(end, sent, first)
        again = np.flatnonzero(wrong | self._to_correct(end)[sent])
        observed = np.full(len(sent), float(end))
        reports = plain_reports(sent, observed, end + lag, first, quality)
        if not len(again):
            return reports
        second = plain_reports(
            sent[again],
            observed[again],
            end + lag[again] + 4.0 + 20.0 * draws[4][sent[again]],
            value[again],
            quality[again],
        )
        return Reports.joined([reports, second])

    def _observed(self, which: Ints) -> Floats:
        """Instant values as they stand; rates as the mean over the period."""
        latest = self._past[-1][which]
        result = latest.copy()
        for cadence in np.unique(self._cadence[which]).tolist():
            mine = (self._cadence[which] == cadence) & ~self._is_instant[which]
            if cadence > 1 and mine.any():
                window = np.array(self._past[-cadence:])
                result[mine] = window[:, which[mine]].mean(axis=0)
        return result

    def _tidy(self, value: Floats, which: Ints) -> Floats:
        """Counts are whole, the rest carries four or more digits, as reports do."""
        unit = [self.series[i].unit for i in which.tolist()]
        whole = np.array([u in ("ship", "vehicle/d", "train/d", "t", "t/d", "m3", "m3/d") for u in unit], dtype=bool)
        return np.where(whole, np.round(value), np.round(value, 3))

    def _hazards(self, end: int, due: Bools, draws: Floats) -> list[Reports]:
        """Notices published in this hour, and the daily word of each hazard series."""
        self._extend_notices(end)
        parts = []
        fresh = [r for r in self._notices if end - 1 <= r.hour < end and r.series in self._index]
        for row in fresh:
            at = np.array([row.hour])
            rows = plain_reports(
                np.array([self._index[row.series]]),
                at,
                at + 0.05,
                np.array([float(row.level)]),
                np.zeros(1, dtype=np.int64),
            )
            parts.append(
                Reports(rows.series, rows.observed, rows.issued, rows.known, rows.value, rows.quality, [row.detail])
            )
        daily = np.flatnonzero(due & self._is_hazard & (draws[0] >= _GAP) & ~self._silenced(end))
        level = np.zeros(len(self.series))
        for row in self._notices:
            if row.hour < end and row.series in self._index:
                level[self._index[row.series]] = row.level
        if len(daily):
            parts.append(
                plain_reports(
                    daily,
                    np.full(len(daily), float(end)),
                    end + self._lag[daily],
                    level[daily],
                    np.zeros(len(daily), dtype=np.int64),
                )
            )
        return parts

    def _extend_notices(self, end: int) -> None:
        if end <= self._noticed_until:
            return
        until = max(end + 24 * 7, self._scenario.last_hour)
        start, first = self._scenario.start, self._scenario.first_hour
        everyday = scares(self._hazard_ids, start, first, until, self._seed)
        spoken = {(n.event, n.area) for n in self._scenario.notices}
        everyday = [n for n in everyday if (n.event, n.area) not in spoken]
        self._notices = rows_of([*self._scenario.notices, *everyday], start)
        self._noticed_until = until

    def _usual_lag(self) -> Floats:
        """Each provider's habit: minutes for hourly series, an hour or so for shifts, some hours for days."""
        habit = generator(self._seed, Stream.REPORT).random(len(self.series))
        low = np.select(
            [self._cadence <= 1, self._cadence <= 8, self._cadence <= 24, self._cadence <= 168],
            [0.08, 0.5, 1.0, 2.0],
            96.0,
        )
        lag: Floats = low * (1.0 + 2.0 * habit)
        lag[[i for i, s in enumerate(self.series) if s.indicator in ("price", "hazard_level")]] = 0.2
        return lag

    def _phases(self) -> Ints:
        """Hour at which periods end: days at 08:00 or 18:00 by provider, shifts at 0, 8, 16, the weekly index on Wednesday."""
        monday = -24 * self._scenario.start.weekday()
        phase = []
        for s in self.series:
            day_end = (8, 18)[sum(map(ord, s.provider)) % 2]
            if s.indicator == "hazard_level":
                day_end = 8
            phase.append(monday + _BSPI_HOUR if s.cadence_h == 168 else (0 if s.cadence_h < 24 else day_end))
        return np.array(phase, dtype=np.int64)

    def _matching(self, defect: ReportDefect) -> Bools:
        return np.array([fnmatchcase(s.id, defect.series) for s in self.series], dtype=bool)

    def _active(self, end: int, *kinds: Defect) -> list[tuple[ReportDefect, Bools]]:
        return [(d, m) for d, m in self._defects if d.kind in kinds and d.start_h <= end < d.start_h + d.hold_h]

    def _silenced(self, end: int) -> Bools:
        silent = np.zeros(len(self.series), dtype=bool)
        for _, matching in self._active(end, Defect.SILENT):
            silent |= matching
        return silent

    def _to_correct(self, end: int) -> Bools:
        wanted = np.zeros(len(self.series), dtype=bool)
        for _, matching in self._active(end, Defect.CORRECTED):
            wanted |= matching
        return wanted

    def _defect_factors(self, end: int) -> tuple[Floats, Floats]:
        factor, late = np.ones(len(self.series)), np.zeros(len(self.series))
        for defect, matching in self._active(end, Defect.DECIMAL, Defect.BIAS, Defect.CORRECTED):
            factor[matching] *= defect.size
        for defect, matching in self._active(end, Defect.LATE):
            late[matching] += defect.size
        return factor, late

    def _thaw(self, end: int, sent: Ints, value: Floats) -> Floats:
        """A frozen series repeats the value it had when it froze."""
        for number, (defect, matching) in enumerate(self._defects):
            if defect.kind is not Defect.FROZEN or not defect.start_h <= end < defect.start_h + defect.hold_h:
                continue
            held = self._frozen.setdefault(number, np.full(len(self.series), np.nan))
            fresh = matching[sent] & np.isnan(held[sent])
            held[sent[fresh]] = value[fresh]
            value = np.where(matching[sent], held[sent], value)
        return value


def _normal(first: Floats, second: Floats) -> Floats:
    """Two uniform draws made one normal draw (Box and Muller), cut at 3.5."""
    normal: Floats = np.sqrt(-2.0 * np.log(np.maximum(first, 1e-12))) * np.cos(2.0 * np.pi * second)
    return np.clip(normal, -3.5, 3.5)
