"""Lifecycle, metrics and their exposure, logs, registry."""

import urllib.error
import urllib.request
from datetime import UTC, datetime

import msgspec
import pytest

from schemas.lane import Lane
from schemas.provider import Provider
from schemas.topic import LANE, PROVIDER
from services.runtime.exposure import Exposure
from services.runtime.lifecycle import Lifecycle
from services.runtime.logs import hide_secrets
from services.runtime.memory import MemoryBroker, MemoryConsumer, MemoryProducer
from services.runtime.metrics import METRICS, Meters
from services.runtime.registry import Registry

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_closing_runs_backwards_and_survives_a_failure() -> None:
    closed: list[str] = []
    lifecycle = Lifecycle()
    lifecycle.register("first", lambda: closed.append("first"))
    lifecycle.register("second", lambda: 1 / 0)
    lifecycle.register("third", lambda: closed.append("third"))
    lifecycle.close()
    lifecycle.close()
    assert closed == ["third", "first"]


def test_metrics_are_well_named_and_unique() -> None:
    names = [m.name for m in METRICS]
    assert len(set(names)) == len(names)
    assert all(n.startswith("lianjing_") and m.meaning for n, m in zip(names, METRICS, strict=True))
    assert not {label for m in METRICS for label in m.labels} & {"id", "episode", "run_id", "lane", "text"}


def test_an_undeclared_metric_is_refused() -> None:
    with pytest.raises(KeyError):
        Meters().counter("lianjing_surprise_total")
    with pytest.raises(KeyError, match="not a gauge"):
        Meters().gauge("lianjing_rejections_total", "malformed")


def test_metrics_and_health_are_served() -> None:
    meters, ready = Meters(), [False]
    exposure = Exposure("127.0.0.1", 0, meters, lambda: ready[0])
    exposure.start()
    try:
        meters.counter("lianjing_rejections_total", "malformed").inc()
        base = f"http://127.0.0.1:{exposure.port}"
        with pytest.raises(urllib.error.HTTPError) as starting:
            urllib.request.urlopen(base + "/healthz", timeout=5)
        starting.value.close()
        ready[0] = True
        with urllib.request.urlopen(base + "/healthz", timeout=5) as answer:
            assert answer.status == 200
        with urllib.request.urlopen(base + "/metrics", timeout=5) as answer:
            assert b'lianjing_rejections_total{reason="malformed"} 1.0' in answer.read()
    finally:
        exposure.close()


def test_a_forgotten_gauge_is_gone() -> None:
    meters = Meters()
    meters.gauge("lianjing_alert_level", "drill", "ordos", "P_QHD", "steam_coal", "starved").set(3)
    meters.forget("lianjing_alert_level", "drill", "ordos", "P_QHD", "steam_coal", "starved")
    assert meters.registry.get_sample_value("lianjing_alert_level", {"node": "P_QHD"}) is None


def test_secrets_never_reach_a_log() -> None:
    event = hide_secrets(None, "info", {"event": "x", "kafka_sasl_password": "a", "Authorization": "b", "node": "c"})
    assert event == {"event": "x", "kafka_sasl_password": "***", "Authorization": "***", "node": "c"}


def test_the_registry_keeps_the_highest_revision() -> None:
    broker = MemoryBroker()
    producer = MemoryProducer(broker)
    lanes = [
        Lane(name="live", chain="ordos", opened_at=NOW, origin=NOW, wall_origin=NOW, revision=r, rate=rate)
        for r, rate in ((1, 1.0), (3, 3.0), (2, 2.0))
    ]
    for lane in lanes:
        producer.send(LANE.name, msgspec.json.encode(lane), key=b"live")
    registry = Registry(MemoryConsumer(broker))
    registry.open()
    registry.load()
    assert registry.lanes["live"].rate == 3.0
    assert not registry.refresh()
    producer.send(
        PROVIDER.name, msgspec.json.encode(Provider(provider="p", name_zh="甲", name_en="A", series=["stock.*"]))
    )
    assert registry.refresh()
    assert registry.providers["p"].series == ["stock.*"]
