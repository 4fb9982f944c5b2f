"""The parts themselves: start, clean stop, kill, restart, on the same data."""

from collections.abc import Callable
from typing import Any

import psycopg

from services.cli.stack.alertmanager import Alertmanager
from services.cli.stack.kafka import Kafka
from services.cli.stack.prometheus import Prometheus
from services.runtime.broker import ensure_topics, topic_drift
from services.runtime.settings import Settings


def test_every_topic_is_there_and_none_drifts(broker: Kafka) -> None:
    assert topic_drift(Settings(kafka_bootstrap=broker.bootstrap)) == []


def test_broker_keeps_its_topics_after_a_kill(broker: Kafka) -> None:
    broker.kill()
    assert not broker.is_ready()
    broker.start()
    assert ensure_topics(Settings(kafka_bootstrap=broker.bootstrap)) == []


def test_database_is_fresh_and_survives_a_kill(database: Any) -> None:
    with psycopg.connect(database.url) as connection:
        connection.execute("CREATE TABLE kept (value int)")
        connection.execute("INSERT INTO kept VALUES (7)")
    database.kill()
    database.start()
    with psycopg.connect(database.url) as connection:
        assert connection.execute("SELECT value FROM kept").fetchall() == [(7,)]
        wanted = 1 if database.mode == "timescale" else 0
        found = connection.execute("SELECT count(*) FROM pg_available_extensions WHERE name = 'timescaledb'").fetchone()
        assert found is not None
        assert found[0] >= wanted


def test_prometheus_and_alertmanager_restart(
    prometheus: Callable[[str], Prometheus], alertmanager: Callable[..., Alertmanager]
) -> None:
    for part in (prometheus("global: {}\n"), alertmanager()):
        part.restart()
        assert part.is_ready()
        part.stop()
        assert not part.is_ready()
