"""Every metric, declared once: name, kind, labels, meaning. Tests compare boards, rules and docs with this list."""

from collections.abc import Sequence
from enum import StrEnum
from typing import TypeVar

from msgspec import Struct
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class Kind(StrEnum):
    """Kind of a metric."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Metric(Struct, frozen=True):
    """A metric: base units, bounded labels, never ids or free text."""

    name: str
    kind: Kind
    labels: tuple[str, ...]
    meaning: str


M = TypeVar("M", Counter, Gauge, Histogram)
_LATENCY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)

METRICS: tuple[Metric, ...] = (
    Metric(
        "lianjing_intake_records_total", Kind.COUNTER, ("feed", "outcome"), "records accepted or rejected by intake"
    ),
    Metric(
        "lianjing_intake_requests_total",
        Kind.COUNTER,
        ("door", "outcome"),
        "requests, files and messages by door (http, file, mqtt, cap) and outcome",
    ),
    Metric(
        "lianjing_intake_oldest_unpublished_seconds",
        Kind.GAUGE,
        (),
        "age of the oldest accepted record that the broker has not acknowledged",
    ),
    Metric(
        "lianjing_feed_delay_seconds",
        Kind.GAUGE,
        ("lane_kind", "feed"),
        "known_at minus observed_at of the latest record per feed",
    ),
    Metric(
        "lianjing_feed_last_observed_timestamp_seconds",
        Kind.GAUGE,
        ("lane_kind", "feed"),
        "observed_at of the latest record per feed",
    ),
    Metric(
        "lianjing_ingest_rows_total", Kind.COUNTER, ("feed", "outcome"), "rows stored, repeated or rejected by ingest"
    ),
    Metric("lianjing_ingest_batch_seconds", Kind.HISTOGRAM, ("path",), "time of one ingest transaction"),
    Metric(
        "lianjing_ingest_oldest_unstored_seconds", Kind.GAUGE, (), "age of the oldest record read but not yet stored"
    ),
    Metric(
        "lianjing_ingest_stopped_partitions",
        Kind.GAUGE,
        ("feed",),
        "partitions stopped by a message that cannot be stored",
    ),
    Metric(
        "lianjing_consumer_lag_messages",
        Kind.GAUGE,
        ("group", "topic"),
        "messages appended but not yet processed by a group",
    ),
    Metric("lianjing_rejections_total", Kind.COUNTER, ("reason",), "rejections by reason code"),
    Metric(
        "lianjing_job_last_success_timestamp_seconds", Kind.GAUGE, ("job",), "wall time of the last success of a job"
    ),
    Metric("lianjing_job_failures_total", Kind.COUNTER, ("job",), "failed runs of a job"),
    Metric("lianjing_disk_free_bytes", Kind.GAUGE, ("folder",), "bytes free where data (home) is kept"),
    Metric(
        "lianjing_detection_scores_total",
        Kind.COUNTER,
        ("detector", "outcome"),
        "scores by detector; outcome is normal or anomaly",
    ),
    Metric("lianjing_risk_assessment_seconds", Kind.HISTOGRAM, (), "time of one assessment of the chain"),
    Metric(
        "lianjing_risk_failed_lanes", Kind.GAUGE, (), "open drills and replays shut out because judging them failed"
    ),
    Metric(
        "lianjing_risk_answers_total",
        Kind.COUNTER,
        ("question", "outcome"),
        "questions (what_if, key_links, risk_points, remedy) answered or refused",
    ),
    Metric(
        "lianjing_node_level",
        Kind.GAUGE,
        ("lane_kind", "chain", "node", "product"),
        "level of a node: 0 normal to 4 red, -1 unknown",
    ),
    Metric(
        "lianjing_node_cover_days",
        Kind.GAUGE,
        ("lane_kind", "chain", "node", "product"),
        "days of cover of a stock, of coal users by heat",
    ),
    Metric(
        "lianjing_node_hours_to_minimum",
        Kind.GAUGE,
        ("lane_kind", "chain", "node", "product"),
        "median hours to minimum stock; absent when later than the horizon",
    ),
    Metric(
        "lianjing_alert_level",
        Kind.GAUGE,
        ("lane_kind", "chain", "node", "product", "hazard"),
        "level of an open alert episode, 1 blue to 4 red",
    ),
    Metric(
        "lianjing_alerts_total",
        Kind.COUNTER,
        ("lane_kind", "level", "outcome"),
        "steps of alert episodes; outcome is the state",
    ),
    Metric(
        "lianjing_data_alarm_level",
        Kind.GAUGE,
        ("lane_kind", "chain", "node", "product", "hazard"),
        "level of an open alarm about the data of a place, silent or distrusted",
    ),
    Metric(
        "lianjing_alerts_hidden_total",
        Kind.COUNTER,
        ("lane_kind", "level"),
        "steps of alert episodes that a mute or maintenance window hid",
    ),
    Metric(
        "lianjing_outcomes_total",
        Kind.COUNTER,
        ("lane_kind", "outcome"),
        "entries of the ledger by verdict; every revision counts",
    ),
    Metric("lianjing_alert_commands_total", Kind.COUNTER, ("kind", "outcome"), "commands about alerts by outcome"),
    Metric(
        "lianjing_cap_messages_total", Kind.COUNTER, ("outcome",), "official CAP messages: sent, failed attempts, lost"
    ),
    Metric("lianjing_pages_total", Kind.COUNTER, ("lane_kind", "office"), "steps that interrupted an office"),
    Metric(
        "lianjing_pages_window_pages",
        Kind.GAUGE,
        ("lane_kind", "office"),
        "pages of an office within the last ten minutes of lane time",
    ),
    Metric("lianjing_pages_day_pages", Kind.GAUGE, ("lane_kind", "office"), "pages of an office within the last day"),
    Metric(
        "lianjing_alarm_flood",
        Kind.GAUGE,
        ("lane_kind", "office"),
        "1 while an office gets more than ten pages in ten minutes, until fewer than five",
    ),
    Metric("lianjing_alertmanager_posts_total", Kind.COUNTER, ("outcome",), "posts to Alertmanager by outcome"),
    Metric("lianjing_runs_total", Kind.COUNTER, ("playbook", "outcome"), "playbook runs started or ended"),
    Metric(
        "lianjing_notifications_total",
        Kind.COUNTER,
        ("channel", "outcome"),
        "attempts to send a notification by channel and outcome (sent, failed)",
    ),
    Metric(
        "lianjing_notification_oldest_waiting_seconds",
        Kind.GAUGE,
        (),
        "age of the oldest live message that has reached nobody yet, or never will",
    ),
    Metric("lianjing_channel_up", Kind.GAUGE, ("channel",), "1 when the last attempt over a channel went out, else 0"),
    Metric("lianjing_calls_total", Kind.COUNTER, ("outcome",), "telephone calls placed, answered or unanswered"),
    Metric(
        "lianjing_call_oldest_unanswered_seconds",
        Kind.GAUGE,
        (),
        "time since the first call about the live item that nobody has answered for longest",
    ),
    Metric(
        "lianjing_links_total",
        Kind.COUNTER,
        ("outcome",),
        "uses of links to acknowledge: shown, acknowledged, repeated, forged, expired, failed",
    ),
    Metric(
        "lianjing_watchdog_timestamp_seconds",
        Kind.GAUGE,
        ("stage",),
        "wall time at which response last found that no deadline and no message of the live lane is late",
    ),
    Metric(
        "lianjing_response_late_seconds",
        Kind.GAUGE,
        (),
        "how long the longest waiting deadline or message of the live lane is due",
    ),
    Metric(
        "lianjing_heartbeat_timestamp_seconds",
        Kind.GAUGE,
        ("stage",),
        "wall time of the last turn of a stage's main loop",
    ),
    Metric(
        "lianjing_part_up", Kind.GAUGE, ("part",), "1 while this process reaches the part (broker, database), else 0"
    ),
)
_BY_NAME = {m.name: m for m in METRICS}


class Meters:
    """The metrics of one process, created when first used. Raises KeyError for a name that is not declared above."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        self._made: dict[str, Counter | Gauge | Histogram] = {}

    def counter(self, name: str, *labels: str) -> Counter:
        """A declared counter with its label values in the declared order."""
        return _child(self._get(name, Kind.COUNTER), labels, Counter)

    def gauge(self, name: str, *labels: str) -> Gauge:
        """A declared gauge with its label values in the declared order."""
        return _child(self._get(name, Kind.GAUGE), labels, Gauge)

    def histogram(self, name: str, *labels: str) -> Histogram:
        """A declared histogram with its label values in the declared order."""
        return _child(self._get(name, Kind.HISTOGRAM), labels, Histogram)

    def forget(self, name: str, *labels: str) -> None:
        """Remove one labelled child, so that a closed lane or episode leaves no gauge behind."""
        made = self._made.get(name)
        if made is not None:
            made.remove(*labels)

    def _get(self, name: str, kind: Kind) -> Counter | Gauge | Histogram:
        metric = _BY_NAME[name]
        if metric.kind is not kind:
            raise KeyError(f"{name} is a {metric.kind.value}, not a {kind.value}")
        if name not in self._made:
            self._made[name] = _make(metric, self.registry)
        return self._made[name]


def _make(metric: Metric, registry: CollectorRegistry) -> Counter | Gauge | Histogram:
    if metric.kind is Kind.COUNTER:
        return Counter(metric.name, metric.meaning, metric.labels, registry=registry)
    if metric.kind is Kind.GAUGE:
        return Gauge(metric.name, metric.meaning, metric.labels, registry=registry)
    return Histogram(metric.name, metric.meaning, metric.labels, buckets=_LATENCY_BUCKETS, registry=registry)


def _child(made: Counter | Gauge | Histogram, labels: Sequence[str], kind: type[M]) -> M:
    child = made.labels(*labels) if labels else made
    if not isinstance(child, kind):
        raise KeyError(f"metric is not a {kind.__name__}")
    return child
