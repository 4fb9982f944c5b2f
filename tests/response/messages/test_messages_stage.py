"""From an alert to a person and back, through the real stage, broker and database: killed while sending, acknowledged by link, called."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import psycopg
import pytest

from schemas.alert import Alert
from schemas.chain import Chain
from schemas.level import Level
from schemas.topic import ALERT, CHAIN, partition_of
from services.cli.stack.ports import free_ports
from services.runtime.kafka import KafkaStreamProducer
from services.runtime.roles import ensure_roles
from services.runtime.settings import Settings

MakeAlert = Callable[..., Alert]
CONFIG = Path(__file__).resolve().parents[3] / "deploy" / "config"
PASSWORD = "for-tests"
CHANNELS = """允许主机: [localhost]
渠道:
  - {{编号: robot, 种类: dingtalk, 网址: "{url}"}}
"""
PERSON = """    叫应: 是
    人员:
      - 编号: zhang-san
        姓名: 张三
        电话: "+8613900000001"
        渠道: [{渠道: robot}]
"""


class Stage:
    """Response as a process of its own in its own role, with one robot."""

    def __init__(self, bootstrap: str, database: Any, home: Path, robot: Any, certificate: Path) -> None:
        self.home = home
        self.url = database.url
        self.robot = robot
        metrics, self.links = free_ports(2)
        with psycopg.connect(database.url, autocommit=True) as connection:
            ensure_roles(connection, {"lianjing_response": PASSWORD})
        self.environment = os.environ | {
            "LIANJING_HOME": str(home),
            "LIANJING_CONFIG": str(_config(home, robot.url)),
            "LIANJING_KAFKA_BOOTSTRAP": bootstrap,
            "LIANJING_DATABASE_URL": database.url_as("lianjing_response", PASSWORD),
            "LIANJING_METRICS_PORT": str(metrics),
            "LIANJING_SESSION_TIMEOUT_MS": "6000",
            "LIANJING_CHANNEL_SECRETS": '{"robot": {"token": "t-o-k-e-n", "secret": "SEC-hush"}}',
            "LIANJING_CHANNEL_CAFILE": str(certificate / "ca.pem"),
            "LIANJING_PUBLIC_URL": f"http://127.0.0.1:{self.links}",
            "LIANJING_LINK_SECRET": "long enough for anybody",
            "LIANJING_LINK_PORT": str(self.links),
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.home / "out").open("ab") as out:
            command = [sys.executable, "-m", "services.response"]
            self.process = subprocess.Popen(command, env=self.environment, stdout=out, stderr=out)

    def end(self, number: int) -> None:
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(30)
            self.process = None

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url) as connection:
            return connection.execute(statement.encode(), values).fetchall()

    def until(self, holds: Callable[[], bool], seconds: float = 90.0) -> None:
        deadline = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > deadline:
                pytest.fail(f"not within {seconds:g} s:\n{(self.home / 'out').read_text()[-3000:]}")
            time.sleep(0.1)


def _config(home: Path, url: str) -> Path:
    folder = home / "config"
    for part in ("playbooks", "contacts"):
        shutil.copytree(CONFIG / part, folder / part)
    (folder / "contacts" / "roster.yaml").unlink()  # it names people who are not in these contacts
    contacts = folder / "contacts" / "contacts.yaml"
    text = contacts.read_text("utf-8")
    duty = text.index("渠道: [log]") + len("渠道: [log]\n")
    contacts.write_text(text[:duty] + PERSON + text[duty:], "utf-8")
    (folder / "contacts" / "channels.yaml").write_text(CHANNELS.format(url=url), "utf-8")
    return folder


@pytest.fixture
def stage(broker: Any, migrated_database: Any, tmp_path: Path, vendor: Any, certificate: Path) -> Iterator[Stage]:
    made = Stage(broker.bootstrap, migrated_database, tmp_path, vendor, certificate)
    yield made
    made.end(signal.SIGKILL)


def test_an_alert_reaches_a_person_who_acknowledges(
    stage: Stage, make_alert: MakeAlert, short_chain: Callable[[str], Chain]
) -> None:
    episode, name = f"ep-{uuid.uuid4().hex[:8]}", f"msg-{uuid.uuid4().hex[:8]}"
    killed: list[int] = []

    def answer(*_: object) -> tuple[int, dict[str, Any]]:
        if len(killed) < 2 and stage.process is not None:
            killed.append(len(stage.robot.requests))
            stage.process.kill()
        return 200, {"errcode": 0, "errmsg": "ok"}

    stage.robot.answer = answer
    settings = Settings(kafka_bootstrap=stage.environment["LIANJING_KAFKA_BOOTSTRAP"], home=stage.home)
    producer = KafkaStreamProducer(settings, client_id="test")
    producer.send(CHAIN.name, msgspec.json.encode(short_chain(name)), key=name.encode(), partition=0)
    alert = make_alert(1, Level.RED, chain=name, episode=episode)
    producer.send(ALERT.name, msgspec.json.encode(alert), key=b"D", partition=partition_of("D", ALERT.partitions))
    producer.flush(20)
    producer.close()

    def is_dead() -> bool:
        return stage.process is not None and stage.process.poll() is not None

    stage.start()
    for times in (1, 2):
        stage.until(is_dead)
        assert len(killed) == times
        stage.start()
    waiting = "SELECT count(*) FROM notification WHERE state <> 'sent'"
    stage.until(lambda: stage.rows("SELECT count(*) FROM task WHERE step = '@call'")[0][0] >= 1)
    stage.until(lambda: stage.rows(waiting)[0][0] == 0)
    texts = [body["markdown"]["text"] for body in stage.robot.bodies]
    links = [re.findall(r"http://127\.0\.0\.1:\d+(/m/[\w.-]+)", text)[0] for text in texts]
    doubled = Counter("此条可能已发过" in text for text in texts)
    assert doubled[True] == len(killed) == 2, "each kill while sending doubles that message at most, and it says so"
    ended = Counter(outcome for (outcome,) in stage.rows("SELECT outcome FROM delivery"))
    assert ended == {"sent": len(texts) - 2, "unknown": 2}, "every attempt stands there, the killed ones as unknown"

    with httpx.Client(base_url=f"http://127.0.0.1:{stage.links}", trust_env=False) as client:
        stage.until(lambda: client.get(links[-1]).status_code == 200)
        assert client.post(links[-1], data={"confirm": "1", "name": "张三"}).status_code == 200
        acknowledged = "SELECT count(*) FROM notification WHERE acknowledged_by = '张三'"
        stage.until(lambda: stage.rows(acknowledged)[0][0] == 1)
        assert "此前已确认" in client.post(links[-1], data={"confirm": "1", "name": "李四"}).text
    called = stage.rows("SELECT name, state FROM call WHERE episode = %s", episode)
    assert called
    assert {name for name, _ in called} == {"张三"}
    out = (stage.home / "out").read_text("utf-8")
    kept = str(stage.rows("SELECT * FROM delivery")) + str(stage.rows("SELECT * FROM notification"))
    for secret in ("SEC-hush", "t-o-k-e-n", "long enough for anybody", "13900000001"):
        assert secret not in out
        assert secret not in kept
    stage.end(signal.SIGTERM)
