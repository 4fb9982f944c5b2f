"""What ingest shows to Prometheus about itself."""

from collections import Counter

import numpy as np

from schemas.feed import Feed
from schemas.topic import FEED_TOPICS
from services.ingest.batch import Batch, Ints
from services.ingest.problem import Written
from services.ingest.standstill import Standstill
from services.runtime.metrics import Meters
from services.runtime.streams import Partition

_FEEDS = {topic.name: feed for feed, topic in FEED_TOPICS.items()}


class Observer:
    """Counts what was stored and shows how far behind ingest is. Safe from several threads."""

    def __init__(self, meters: Meters) -> None:
        self._meters = meters
        for feed in Feed:
            meters.gauge("lianjing_ingest_stopped_partitions", feed.value).set(0)

    def stored(self, batch: Batch, written: Written, seconds: float) -> None:
        """A batch was stored in this time."""
        self._meters.histogram("lianjing_ingest_batch_seconds", written.path).observe(seconds)
        feeds, feed_of = _feeds_of(batch)
        rows, stored, repeated = (
            np.bincount(feed_of, weights=each, minlength=len(feeds)).astype(np.int64).tolist()
            for each in (batch.rows_of, written.stored_by_span, written.repeated_by_span)
        )
        for i, feed in enumerate(feeds):
            for outcome, count in zip(
                ("stored", "repeated", "rejected"),
                (stored[i], repeated[i], rows[i] - stored[i] - repeated[i]),
                strict=True,
            ):
                self._meters.counter("lianjing_ingest_rows_total", feed, outcome).inc(count)
        for reason, count in Counter(r.reason.value for r in written.rejections).items():
            self._meters.counter("lianjing_rejections_total", reason).inc(count)
        self._delays(batch)

    def lag(self, positions: dict[Partition, int], ends: dict[Partition, int]) -> None:
        """Messages that wait, per feed topic, among the partitions of this process."""
        waiting = dict.fromkeys(_FEEDS, 0)
        for partition, end in ends.items():
            waiting[partition[0]] += max(0, end - positions.get(partition, end))
        for topic, count in waiting.items():
            self._meters.gauge("lianjing_consumer_lag_messages", "ingest", topic).set(count)

    def oldest_unstored(self, age_s: float) -> None:
        """Age of the oldest record that was read and is not yet stored; 0 when there is none."""
        self._meters.gauge("lianjing_ingest_oldest_unstored_seconds").set(age_s)

    def stopped(self, standstills: list[Standstill]) -> None:
        """Partitions that wait for a person."""
        counts = Counter(_FEEDS[s.message.topic] for s in standstills)
        for feed in Feed:
            self._meters.gauge("lianjing_ingest_stopped_partitions", feed.value).set(counts[feed])

    def _delays(self, batch: Batch) -> None:
        """Only rows with a number count: their lane is known, so its kind is too."""
        columns = batch.columns
        feeds, feed_of = _feeds_of(batch)
        kinds = sorted({lane.split(":", 1)[0] for lane in batch.lanes.values()})
        kind_of = np.zeros(max(batch.lanes, default=0) + 1, dtype=np.int64)
        for lane_id, lane in batch.lanes.items():
            kind_of[lane_id] = kinds.index(lane.split(":", 1)[0])
        of_row = kind_of[columns.lane_id] * len(feeds) + feed_of[columns.span]
        for number in np.unique(of_row).tolist():
            labels = (kinds[number // len(feeds)], feeds[number % len(feeds)])
            rows = np.flatnonzero(of_row == number)
            newest = rows[columns.observed_us[rows].argmax()]
            observed_us = int(columns.observed_us[newest])
            self._meters.gauge("lianjing_feed_last_observed_timestamp_seconds", *labels).set(observed_us / 1e6)
            delay_us = int(columns.known_us[newest]) - observed_us
            self._meters.gauge("lianjing_feed_delay_seconds", *labels).set(delay_us / 1e6)


def _feeds_of(batch: Batch) -> tuple[list[str], Ints]:
    """The feeds of a batch, and for each message the number of its feed among them."""
    of_reading = [_FEEDS[reading.partition[0]].value for reading in batch.readings]
    feeds = sorted(set(of_reading))
    numbers = np.array([feeds.index(feed) for feed in of_reading], dtype=np.int64)
    return feeds, numbers[batch.reading_of]
