"""What is published of a batch: which rows of which detector, as scores in words."""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from detectors.series.calibration.panel import VOTE
from detectors.series.calibration.vote import Vote
from detectors.series.detector import Floats, Integers, Scored, Truths
from detectors.series.quality.kinds import Kind
from detectors.series.quality.ledger import Finding, Standing
from schemas.chain import Series
from schemas.feed import FeedMessage
from schemas.score import Score
from services.detection.columns import Columns
from services.detection.entries import Mode
from services.detection.watch import QualityWatch, VoteWatch, Watch
from services.detection.wording import (
    detector_sentences,
    finding_sentences,
    level_sentences,
    notice_sentences,
    vote_sentences,
)
from services.runtime.clock import from_us

NOTICE_DETECTOR, NOTICE_VERSION = "notice", "1"
_moment = lru_cache(4096)(from_us)
Names = Callable[[], Mapping[str, Series]]
_HOUR_US = 3_600_000_000
_SURE, _NEVER = 0.0, 1.0
_NAN = float("nan")
_NO_WORDS = ("", "")
_LEVEL = "robust_level"


class Said(NamedTuple):
    """What one detector says of some rows: their numbers, the p-value that counts, the time of the row before in the same series, which of them came
    late or correct another, and of which it says anything."""

    rows: Integers
    p: Floats
    previous_us: Integers
    is_late: Truths
    is_said: Truths


class Teller:
    """Puts scores into the lists of their messages. ``names`` is for sentences only; it never changes a number."""

    def __init__(self, watch: Watch, names: Names) -> None:
        self._watch, self._names = watch, names
        self._every_us = int(watch.normal_every_h * _HOUR_US)
        self._vote_version = watch.vote.version if watch.vote is not None else ""
        self._feeds: Sequence[FeedMessage | None] = []
        self._scores: list[list[Score]] = []
        nothing = np.zeros(0, np.int64)
        self._columns = Columns(nothing, nothing, nothing, nothing, nothing, nothing, np.zeros(0))
        self._message: list[int] = []
        self._row: list[int] = []

    def begin(self, feeds: Sequence[FeedMessage | None]) -> list[list[Score]]:
        """A new batch; the lists that will be filled, one for each message."""
        self._feeds = feeds
        self._scores = [[] for _ in feeds]
        return self._scores

    def look_at(self, columns: Columns) -> None:
        """From now on the rows spoken of are these."""
        self._columns = columns
        self._message, self._row = columns.message.tolist(), columns.row.tolist()

    def notice(self, row: int) -> None:
        """A notice is an anomaly by itself from its level on."""
        feed, i = self._place(row)
        series, value = feed.series[i], feed.value[i]
        if value >= self._watch.notice.least_level:
            words = notice_sentences(series, self._names().get(series), value)
            self._put(row, NOTICE_DETECTOR, NOTICE_VERSION, _SURE, 0.0, is_anomaly=True, words=words)

    def detector(self, number: int, version: str, said: Said, scored: Scored) -> None:
        """Anomalies of a detector of the catalogue, and of a live one, now and then, what is normal."""
        entry = self._watch.detectors[number]
        is_shadow = entry.mode is Mode.SHADOW
        is_anomaly = said.is_said & (said.p <= entry.alarm_level)
        is_told = is_anomaly if is_shadow else said.is_said & (is_anomaly | self._is_first(said))
        told = np.flatnonzero(is_told)
        columns = (said.rows, said.p, scored.expected, scored.low, scored.high, is_anomaly)
        for row, p, expected, low, high, is_odd in zip(*(c[told].tolist() for c in columns), strict=True):
            words = self._words(row, entry.detector, expected, p) if is_odd else _NO_WORDS
            self._put(
                row, entry.detector, version, p, expected, low, high,
                is_anomaly=is_odd, words=words, is_shadow=is_shadow,
            )  # fmt: skip

    def vote(self, settings: VoteWatch, said: Said, vote: Vote, is_alarm: Truths) -> None:
        """Alarms of the vote, and now and then what is normal."""
        is_told = said.is_said & (is_alarm | self._is_first(said))
        is_shadow, contributed = settings.mode is Mode.SHADOW, vote.contributed
        told = np.flatnonzero(is_told)
        columns = (told, said.rows[told], said.p[told], is_alarm[told])
        for i, row, p, is_odd in zip(*(c.tolist() for c in columns), strict=True):
            words = _NO_WORDS
            if is_odd:
                order = np.argsort(-vote.share[i], kind="stable").tolist()
                names = [settings.hears[d] for d in order if contributed[i, d]]
                series, value = self._of(row)
                words = vote_sentences(series, self._names().get(series), value, names, p)
            self._put(row, VOTE, self._vote_version, p, _NAN, is_anomaly=is_odd, words=words, is_shadow=is_shadow)

    def findings(self, settings: QualityWatch, version: str, found: Sequence[tuple[int, Finding]]) -> None:
        """Findings of data quality; the last word of a batch row on each kind counts. p-value 1: the reports were right."""
        for row, finding in found:
            if _begins_silence(finding):
                feed, i = self._place(row)
                told = self.silence(settings, version, feed.lane, feed.series[i], finding)
                self._scores[self._message[row]].append(told)
        last = {(row, f.kind): f for row, f in found if not _begins_silence(f)}
        for (row, kind), finding in last.items():
            series, _ = self._of(row)
            is_wrong = finding.standing is Standing.OPEN or (finding.counts and finding.until_us == finding.since_us)
            self._put(
                row, f"quality.{kind.name.lower()}", version, _SURE if finding.counts else _NEVER, _NAN,
                is_anomaly=is_wrong, words=finding_sentences(series, self._names().get(series), finding),
                is_shadow=settings.mode is Mode.SHADOW,
            )  # fmt: skip

    def silence(self, settings: QualityWatch, version: str, lane: str, series: str, finding: Finding) -> Score:
        """A series fell silent: the time observed is that of the first report that did not come, the value how many had not come when that was
        known."""
        zh, en = finding_sentences(series, self._names().get(series), finding)
        return Score(
            lane=lane,
            series=series,
            observed_at=_moment(finding.since_us),
            known_at=_moment(finding.found_us),
            detector="quality.silence",
            version=version,
            value=finding.evidence,
            p_value=_SURE,
            is_anomaly=True,
            shadow=settings.mode is Mode.SHADOW,
            sentence_zh=zh,
            sentence_en=en,
        )

    def _words(self, row: int, detector: str, expected: float, p: float) -> tuple[str, str]:
        series, value = self._of(row)
        named = self._names().get(series)
        if detector == _LEVEL:
            return level_sentences(series, named, value, expected, p)
        return detector_sentences(detector, series, named, value, expected, p)

    def _is_first(self, said: Said) -> Truths:
        """Rows from which a normal score is told: the first of its hours, and every one judged late."""
        if self._every_us == 0:
            return np.ones(len(said.rows), np.bool_)
        times = self._columns.observed_us[said.rows]
        return np.asarray(said.is_late | (times // self._every_us != said.previous_us // self._every_us), np.bool_)

    def _place(self, row: int) -> tuple[FeedMessage, int]:
        feed = self._feeds[self._message[row]]
        if feed is None:
            raise IndexError(f"row {row} was given; a row of the batch is right")
        return feed, self._row[row]

    def _of(self, row: int) -> tuple[str, float]:
        feed, i = self._place(row)
        return feed.series[i], feed.value[i]

    def _put(
        self,
        row: int,
        detector: str,
        version: str,
        p: float,
        expected: float,
        low: float = _NAN,
        high: float = _NAN,
        *,
        is_anomaly: bool,
        words: tuple[str, str],
        is_shadow: bool = False,
    ) -> None:
        feed, i = self._place(row)
        zh, en = words
        self._scores[self._message[row]].append(
            Score(
                lane=feed.lane,
                series=feed.series[i],
                observed_at=_moment(feed.observed_us[i]),
                known_at=_moment(feed.known_us[i]),
                detector=detector,
                version=version,
                value=feed.value[i],
                p_value=p,
                expected=_number(expected),
                low=_number(low),
                high=_number(high),
                is_anomaly=is_anomaly,
                shadow=is_shadow,
                sentence_zh=zh,
                sentence_en=en,
            )
        )


def _begins_silence(finding: Finding) -> bool:
    return finding.kind is Kind.SILENCE and finding.standing is Standing.OPEN


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
