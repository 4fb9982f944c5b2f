"""The pure heart: feed messages in log order become score messages. State per (lane, series), grouped by partition."""

from collections.abc import Callable, Collection, Mapping, Sequence

import msgspec
import numpy as np
from msgspec import Struct

from detectors.series.robust_level import Judgement, RobustLevel
from schemas.chain import Series
from schemas.feed import FeedMessage
from schemas.quality import Quality
from schemas.score import Score, ScoreMessage
from services.detection.snapshot import Arrays, Kept
from services.detection.watch import Watch
from services.detection.wording import level_sentences, notice_sentences
from services.runtime.clock import from_us
from services.runtime.logs import logger
from services.runtime.reading import content
from services.runtime.streams import Message, Partition

_log = logger("detection")
_decoder = msgspec.json.Decoder(FeedMessage)
_HOUR_US = 3_600_000_000
_UNWATCHED, _NOTICE = -1, -2
_P_OF_NOTICE = 0.0
_SAYABLE = (Quality.GOOD, Quality.ESTIMATED)
NOTICE_DETECTOR, NOTICE_VERSION = "notice", "1"

Names = Callable[[], Mapping[str, Series]]


class Told(Struct, frozen=True):
    """A score message to be published, with the key of its feed message."""

    key: bytes | None
    message: ScoreMessage


class Row(Struct):
    """Rows of a batch waiting for the detector: number of the message, row in it, slot, time, value."""

    message: list[int] = []
    row: list[int] = []
    slot: list[int] = []
    time_us: list[int] = []
    value: list[float] = []


class Scorer:
    """Scores batches of feed messages. Partitions are independent of each other, so any cut into batches gives the same scores.

    ``names`` gives the catalogue for sentences; it never changes a number. ``positions`` is the next offset to be scored, per partition.
    """

    def __init__(self, watch: Watch, names: Names) -> None:
        self._watch = watch
        self._names = names
        self._level = RobustLevel(watch.robust_level.parameters())
        self._every_us = int(watch.normal_every_h * _HOUR_US)
        self._slots: dict[Partition, dict[str, dict[str, int]]] = {}
        self._free: list[int] = []
        self._used = 0
        self._closed: frozenset[str] = frozenset()
        self.positions: dict[Partition, int] = {}

    def score(self, messages: Sequence[Message]) -> list[Told]:
        """Scores of each message, in the same order; nothing for one that cannot be read (ingest rejects it for the record)."""
        feeds = [self._read(m) for m in messages]
        rows = Row()
        scores: list[list[Score]] = [[] for _ in feeds]
        for number, (message, feed) in enumerate(zip(messages, feeds, strict=True)):
            self.positions[(message.topic, message.partition)] = message.offset + 1
            if feed is not None and feed.lane not in self._closed:
                self._sort_rows(number, message, feed, rows, scores[number])
        self._judge(rows, feeds, scores)
        return [
            Told(m.key, ScoreMessage(lane=f.lane, topic=m.topic, partition=m.partition, offset=m.offset, scores=found))
            for m, f, found in zip(messages, feeds, scores, strict=True)
            if f is not None
        ]

    def forget(self, partition: Partition) -> None:
        """Drop the state and position of a partition."""
        for slots in self._slots.pop(partition, {}).values():
            self._release(slots)
        self.positions.pop(partition, None)

    def snapshot(self, partitions: Collection[Partition]) -> list[Kept]:
        """What is known of these partitions now, where they stand."""
        whole = self._level.snapshot()
        return [self._kept(p, whole) for p in sorted(partitions) if p in self.positions]

    def restore(self, kept: Kept) -> None:
        """Take over what another scorer of the same settings knew of a partition. Raises ValueError when it was made with other settings."""
        if (kept.detector, kept.version) != (self._level.name, self._level.version):
            raise ValueError(
                f"a snapshot of {kept.detector} {kept.version} was given; {self._level.name} {self._level.version} is right"
            )
        self.forget(kept.partition)
        known: dict[str, dict[str, int]] = {}
        pairs = [(row, self._slot_of(s, known.setdefault(lane, {}))) for row, (lane, s) in enumerate(kept.names)]
        rows, slots = (np.array([p[at] for p in pairs if p[1] >= 0], np.int64) for at in (0, 1))
        whole = self._level.snapshot()
        for name, array in whole.items():
            array[slots] = kept.arrays[name][rows]
        self._level.restore(whole)
        self._slots[kept.partition] = known
        self.positions[kept.partition] = kept.next_offset

    def _kept(self, partition: Partition, whole: Arrays) -> Kept:
        by_lane = self._slots.get(partition, {}).items()
        held = [(lane, series, slot) for lane, of in by_lane for series, slot in of.items() if slot >= 0]
        slots = np.array([slot for *_, slot in held], np.int64)
        names = [(lane, series) for lane, series, _ in held]
        arrays = {name: array[slots] for name, array in whole.items()}
        return Kept(self._level.name, self._level.version, partition, self.positions[partition], names, arrays)

    def close_lanes(self, lanes: frozenset[str]) -> None:
        """Drop the state of these lanes; their messages have no scores from now on."""
        for lane in lanes - self._closed:
            for by_lane in self._slots.values():
                self._release(by_lane.pop(lane, {}))
        self._closed = lanes

    @property
    def detector(self) -> tuple[str, str]:
        """Name and version of what scores."""
        return self._level.name, self._level.version

    def series_count(self) -> int:
        """Series with state."""
        return self._used - len(self._free)

    def _read(self, message: Message) -> FeedMessage | None:
        feed = content(_decoder, message)
        return feed if feed is not None and feed.is_readable() else None

    def _sort_rows(self, number: int, message: Message, feed: FeedMessage, rows: Row, scores: list[Score]) -> None:
        known = self._slots.setdefault((message.topic, message.partition), {}).setdefault(feed.lane, {})
        slots = [known[s] if s in known else self._slot_of(s, known) for s in feed.series]
        watched = [i for i, slot in enumerate(slots) if slot != _UNWATCHED]
        if feed.quality is not None:
            watched = [i for i in watched if feed.quality[i] in _SAYABLE]
        for i in watched:
            if slots[i] == _NOTICE:
                self._hear_notice(feed, i, scores)
                continue
            rows.message.append(number)
            rows.row.append(i)
            rows.slot.append(slots[i])
            rows.time_us.append(feed.observed_us[i])
            rows.value.append(feed.value[i])

    def _slot_of(self, series: str, known: dict[str, int]) -> int:
        if self._watch.is_notice(series):
            slot = _NOTICE
        elif not self._watch.is_level(series):
            slot = _UNWATCHED
        elif self._free:
            slot = self._free.pop()
        else:
            slot = self._used
            self._used += 1
            self._level.grow(1 << slot.bit_length())
        known[series] = slot
        return slot

    def _release(self, slots: Mapping[str, int]) -> None:
        held = [s for s in slots.values() if s >= 0]
        self._level.forget(np.array(held, np.int64))
        self._free += held

    def _hear_notice(self, feed: FeedMessage, i: int, scores: list[Score]) -> None:
        series, value = feed.series[i], feed.value[i]
        if not value >= self._watch.notice.least_level:
            return
        zh, en = notice_sentences(series, self._names().get(series), value)
        scores.append(
            Score(
                lane=feed.lane,
                series=series,
                observed_at=from_us(feed.observed_us[i]),
                known_at=from_us(feed.known_us[i]),
                detector=NOTICE_DETECTOR,
                version=NOTICE_VERSION,
                value=value,
                p_value=_P_OF_NOTICE,
                expected=0.0,
                is_anomaly=True,
                sentence_zh=zh,
                sentence_en=en,
            )
        )

    def _judge(self, rows: Row, feeds: Sequence[FeedMessage | None], scores: list[list[Score]]) -> None:
        if not rows.slot:
            return
        times = np.array(rows.time_us, np.int64)
        judged = self._level.judge(np.array(rows.slot, np.int64), times, np.array(rows.value, np.float64))
        is_anomaly = judged.p_value <= self._watch.robust_level.alarm_level
        is_told = judged.is_taken & (is_anomaly | self._is_first_in_bucket(times, judged))
        for i in np.flatnonzero(is_told).tolist():
            feed = feeds[rows.message[i]]
            if feed is not None:
                scores[rows.message[i]].append(self._score(feed, rows.row[i], judged, i, bool(is_anomaly[i])))

    def _is_first_in_bucket(self, times: np.ndarray, judged: Judgement) -> np.ndarray:
        if self._every_us == 0:
            return np.ones(len(times), np.bool_)
        is_new: np.ndarray = times // self._every_us != judged.previous_us // self._every_us
        return is_new

    def _score(self, feed: FeedMessage, row: int, judged: Judgement, i: int, is_anomaly: bool) -> Score:
        series, value = feed.series[row], feed.value[row]
        expected, p_value = float(judged.expected[i]), float(judged.p_value[i])
        is_warm = expected == expected  # NaN while warming up
        zh, en = "", ""
        if is_anomaly:
            zh, en = level_sentences(series, self._names().get(series), value, expected, p_value)
        return Score(
            lane=feed.lane,
            series=series,
            observed_at=from_us(feed.observed_us[row]),
            known_at=from_us(feed.known_us[row]),
            detector=self._level.name,
            version=self._level.version,
            value=value,
            p_value=p_value,
            expected=expected if is_warm else None,
            low=float(judged.low[i]) if is_warm else None,
            high=float(judged.high[i]) if is_warm else None,
            is_anomaly=is_anomaly,
            sentence_zh=zh,
            sentence_en=en,
        )
