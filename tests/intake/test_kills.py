"""SIGKILL of intake at random moments while clients retry by HTTP, MQTT and files: everything acknowledged is there, with one identity."""

import os
import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

pytestmark = pytest.mark.integration
START = datetime.now(UTC).replace(microsecond=0) - timedelta(days=30)
BATCH = 40
Identity = tuple[str, int]


def moments(number: int) -> list[datetime]:
    """The moments of one batch: nobody else's."""
    return [START + timedelta(seconds=number * BATCH + i) for i in range(BATCH)]


def identities(series: str, times: list[datetime]) -> set[Identity]:
    return {(series, int(t.timestamp()) * 1_000_000) for t in times}


class Clients:
    """Three clients that never give up; ``acknowledged`` is what they were promised."""

    def __init__(self, url: str, key: str, mqtt_port: int, inbox: Path) -> None:
        self.acknowledged: set[Identity] = set()
        self.given: set[Identity] = set()
        self._stop = threading.Event()
        self._url, self._key, self._mqtt_port, self._inbox = url, key, mqtt_port, inbox
        self._threads = [threading.Thread(target=t) for t in (self._http, self._mqtt, self._files)]
        self.faults: list[str] = []

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def finish(self) -> None:
        """No new batches; what was begun is finished."""
        self._stop.set()
        for thread in self._threads:
            thread.join(120)
            assert not thread.is_alive(), "a client never got its answer"

    def _http(self) -> None:
        number = 0
        with httpx.Client(headers={"Authorization": f"Bearer {self._key}"}, timeout=30) as client:
            while not self._stop.is_set():
                times = moments(number)
                body = {"series": ["stock.P_QHD.steam_coal"] * BATCH, "observed_at": times, "value": [5e6] * BATCH}
                self.given |= identities("stock.P_QHD.steam_coal", times)
                self._post(client, msgspec.json.encode(body))
                self.acknowledged |= identities("stock.P_QHD.steam_coal", times)
                number += 1

    def _post(self, client: httpx.Client, body: bytes) -> None:
        key = uuid.uuid4().hex
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            try:
                reply = client.post(f"{self._url}/v1/records", content=body, headers={"Idempotency-Key": key})
            except httpx.HTTPError:
                self._stop.wait(0.05)
                continue
            if reply.status_code == 200:
                return
            if reply.status_code != 503:
                self.faults.append(reply.text[:500])
                return
        self.faults.append("no answer within 90 s")

    def _mqtt(self) -> None:
        device = paho.Client(CallbackAPIVersion.VERSION2, client_id=f"device-{uuid.uuid4().hex[:6]}")
        device.connect("127.0.0.1", self._mqtt_port)
        device.loop_start()
        number = 0
        while not self._stop.is_set():
            times = moments(number)
            for at in times:
                self._stop.wait(0.005)  # a scale that reports 200 times a second, not a flood
                body = msgspec.json.encode({"series": "stock.P_HH.steam_coal", "observed_at": at, "value": 3e6})
                device.publish("lianjing/port/logistics/yard", body, qos=1).wait_for_publish(20)
            self.acknowledged |= identities("stock.P_HH.steam_coal", times)
            number += 1
        device.disconnect()
        device.loop_stop()

    def _files(self) -> None:
        number = 0
        while not self._stop.wait(0.5):
            times = moments(number)
            rows = "".join(f"stock.P_CFD.steam_coal,{t.isoformat()},700,万吨\n" for t in times)
            unfinished = self._inbox / f"f{number:05}.csv.part"
            unfinished.write_text("序列,时间,数值,单位\n" + rows)
            unfinished.rename(self._inbox / f"f{number:05}.csv")
            self.acknowledged |= identities("stock.P_CFD.steam_coal", times)
            number += 1


@pytest.mark.parametrize("kills", [3, pytest.param(20, marks=pytest.mark.full)])
def test_everything_acknowledged_is_there_with_one_identity(
    kills: int, stable: Any, mosquitto: Any, topics: Any, eventually: Callable[..., Any], tmp_path: Path
) -> None:
    seed = int(os.environ.get("LIANJING_TEST_SEED", "20261122"))
    source = random.Random(seed)
    intake = stable.make(
        LIANJING_MQTT_URL=f"mqtt://127.0.0.1:{mosquitto.port}", LIANJING_DROP_FOLDER=str(tmp_path / "drop")
    )
    intake.start()
    intake.wait_until_ready()
    mosquitto.wait_for_subscriber("lianjing-intake-0")
    inbox = tmp_path / "drop" / "port" / "inbox"
    eventually(inbox.is_dir, "the inbox")
    clients = Clients(intake.url, stable.keys["port"], mosquitto.port, inbox)
    clients.start()
    waits = [round(source.uniform(0.2, 2.5), 2) for _ in range(kills)]
    print(f"seed {seed}, seconds of work before each kill {waits}")
    for wait in waits:
        intake.wait_until_ready()
        threading.Event().wait(wait)  # the random moment itself
        intake.kill()
        intake.start()
    intake.wait_until_ready()
    clients.finish()
    assert clients.faults == []
    eventually(lambda: not list(inbox.glob("*.csv")), "all files in done", 90)
    try:
        eventually(lambda: clients.acknowledged <= _seen(topics), "everything acknowledged", 90)
    except AssertionError:
        missing = Counter(series for series, _ in clients.acknowledged - _seen(topics))
        pytest.fail(
            f"acknowledged but not there: {missing} of {len(clients.acknowledged)}; {intake.log.read_text()[-2000:]}"
        )
    versions = _versions(topics)
    doubled = {k: v for k, v in versions.items() if len(v) > 1}
    assert doubled == {}, "a record has one identity and one value, however often it was sent"
    print(f"{len(clients.acknowledged)} acknowledged, {kills} kills, {topics.row_count()} rows on the topics")


def _seen(topics: Any) -> set[Identity]:
    return {row for m in topics.feed_messages() for row in zip(m.series, m.observed_us, strict=True)}


def _versions(topics: Any) -> dict[Identity, set[tuple[int, int, float]]]:
    found: dict[Identity, set[tuple[int, int, float]]] = {}
    for m in topics.feed_messages():
        for series, observed, issued, known, value in zip(
            m.series, m.observed_us, m.issued_us, m.known_us, m.value, strict=True
        ):
            found.setdefault((series, observed), set()).add((issued, known, value))
    return found
