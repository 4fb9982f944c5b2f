"""MQTT through the front door: Mosquitto and the Kafka broker are real."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

pytestmark = pytest.mark.integration
QHD = "stock.P_QHD.steam_coal"


def record(minutes: int, **changes: object) -> bytes:
    at = datetime.now(UTC) - timedelta(minutes=minutes)
    return msgspec.json.encode({"series": QHD, "observed_at": at, "value": 5e6} | changes)


@pytest.fixture
def device(mosquitto: Any) -> Iterator[paho.Client]:
    """A device that sends with QoS 1."""
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id=f"device-{uuid.uuid4().hex[:6]}")
    client.connect("127.0.0.1", mosquitto.port)
    client.loop_start()
    yield client
    client.disconnect()
    client.loop_stop()


@pytest.fixture
def intake(stable: Any, mosquitto: Any) -> Any:
    """An intake that listens to Mosquitto."""
    process = stable.make(LIANJING_MQTT_URL=f"mqtt://127.0.0.1:{mosquitto.port}")
    process.start()
    process.wait_until_ready()
    mosquitto.wait_for_subscriber("lianjing-intake-0")
    return process


def send(device: paho.Client, topic: str, payload: bytes) -> None:
    device.publish(topic, payload, qos=1).wait_for_publish(10)


def test_messages_become_rows_and_bad_ones_rejections(
    intake: Any, device: paho.Client, topics: Any, eventually: Any
) -> None:
    del intake
    send(device, "lianjing/port/logistics/scale-1", record(1))
    send(device, "lianjing/port/logistics", b"[" + record(2) + b"," + record(3, value="x") + b"]")
    send(device, "lianjing/nobody/logistics", record(4))
    send(device, "lianjing/port/gossip", record(5))
    send(device, "lianjing/port/logistics", b"\xff\xfe")
    send(device, "lianjing/mine-bureau/logistics", record(6))
    send(device, "lianjing/port/logistics", b"x" * 4_500_000)
    eventually(lambda: len(topics.rows()) == 2 and len(topics.rejections()) == 6, "two rows and six rejections")
    assert sorted(r.reason.value for r in topics.rejections()) == [
        "bad_encoding",
        "foreign_series",
        "foreign_series",
        "too_large",
        "wrong_type",
        "wrong_type",
    ]
    assert all(r.origin.startswith("mqtt:lianjing/") for r in topics.rejections())


def test_with_the_broker_away_messages_wait_unacknowledged(
    intake: Any, device: paho.Client, topics: Any, broker: Any, eventually: Any
) -> None:
    broker.kill()
    for minute in range(5):
        send(device, "lianjing/port/logistics", record(minute + 1))
    intake.kill()
    broker.start()
    intake.start()
    eventually(lambda: len({(s, t) for s, t, _ in topics.rows().values()}) == 5, "five rows", 60)


def test_a_kill_before_the_acknowledgement_repeats_the_identity(
    intake: Any, device: paho.Client, topics: Any, eventually: Any, tmp_path: Path
) -> None:
    del tmp_path
    for minute in range(200):
        device.publish("lianjing/port/logistics", record(minute + 1), qos=1)
        if minute % 60 == 59:
            intake.kill()
            intake.start()
    eventually(lambda: len({(s, t) for s, t, _ in topics.rows().values()}) == 200, "200 rows", 60)
    identities = {
        (s, t, i) for m in topics.feed_messages() for s, t, i in zip(m.series, m.observed_us, m.issued_us, strict=True)
    }
    assert len(identities) == 200
