"""What ingest shows to Prometheus about itself."""

from collections import Counter

import numpy as np

from schemas.feed import Feed
from schemas.topic import FEED_TOPICS
from services.ingest.batch import Batch
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
        counts: Counter[tuple[str, str]] = Counter()
        for span, stored, repeated in zip(batch.spans, written.stored_by_span, written.repeated_by_span, strict=True):
            feed = _FEEDS[span.message.topic].value
            counts[feed, "stored"] += stored
            counts[feed, "repeated"] += repeated
            counts[feed, "rejected"] += span.last - span.first - stored - repeated
        for labels, count in counts.items():
            self._meters.counter("lianjing_ingest_rows_total", *labels).inc(count)
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
        names = sorted({(s.lane.split(":", 1)[0], _FEEDS[s.message.topic].value) for s in batch.spans})
        number = {name: i for i, name in enumerate(names)}
        by_span = np.array(
            [number[s.lane.split(":", 1)[0], _FEEDS[s.message.topic].value] for s in batch.spans], dtype=np.int64
        )
        of_row = by_span[columns.span]
        for i, labels in enumerate(names):
            rows = np.flatnonzero(of_row == i)
            if not len(rows):
                continue
            newest = rows[columns.observed_us[rows].argmax()]
            observed_us = int(columns.observed_us[newest])
            self._meters.gauge("lianjing_feed_last_observed_timestamp_seconds", *labels).set(observed_us / 1e6)
            delay_us = int(columns.known_us[newest]) - observed_us
            self._meters.gauge("lianjing_feed_delay_seconds", *labels).set(delay_us / 1e6)
