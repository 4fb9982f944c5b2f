"""Rights at the broker: the table of code, on a real broker with the very security settings of compose."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

import schemas.topic
from schemas.topic import CLOCK, FEED_TOPICS, SCORE, Topic
from services.cli.stack.access import READS, WRITES, apply, grants, principals
from services.cli.stack.kafka import Kafka
from services.cli.stack.ports import free_ports
from services.runtime.broker import ensure_topics, topic_drift
from services.runtime.errors import UnreachableError
from services.runtime.kafka import KafkaStreamProducer
from services.runtime.settings import Settings

CLONE = Path(__file__).resolve().parents[2]
ADMIN_WORD = "an-admin-word"
FEED = next(iter(FEED_TOPICS.values())).name


class SecuredKafka(Kafka):
    """The local broker with the environment of compose's broker, on local ports."""

    admin_port = 0

    def properties(self) -> str:
        environment = yaml.safe_load((CLONE / "deploy" / "compose.yaml").read_text())["services"]["kafka"][
            "environment"
        ]
        wanted = {
            _property(name): value
            for name, value in environment.items()
            if name.startswith("KAFKA_") and name != "KAFKA_HEAP_OPTS"
        }
        own = dict(line.split("=", 1) for line in super().properties().splitlines())
        login = (
            f'org.apache.kafka.common.security.plain.PlainLoginModule required username="admin" password="{ADMIN_WORD}"'
        )
        wanted.pop("controller.quorum.voters")
        local = {
            "listeners": f"CLIENT://127.0.0.1:{self.port},ADMIN://127.0.0.1:{self.admin_port},CONTROLLER://127.0.0.1:{self._controller_port}",
            "advertised.listeners": f"CLIENT://127.0.0.1:{self.port},ADMIN://127.0.0.1:{self.admin_port}",
            "controller.quorum.bootstrap.servers": own["controller.quorum.bootstrap.servers"],
            "log.dirs": own["log.dirs"],
            "listener.name.admin.plain.sasl.jaas.config": f'{login} user_admin="{ADMIN_WORD}";',
            "listener.name.controller.plain.sasl.jaas.config": f'{login} user_admin="{ADMIN_WORD}";',
            "listener.name.client.scram-sha-512.sasl.jaas.config": "org.apache.kafka.common.security.scram.ScramLoginModule required;",
        }
        return "".join(f"{name}={value}\n" for name, value in {**own, **wanted, **local}.items())


def _property(variable: str) -> str:
    """As the image does: ``_`` becomes a dot, ``__`` an underscore, ``___`` a hyphen."""
    text = variable.removeprefix("KAFKA_").lower()
    return re.sub("_+", lambda run: {1: ".", 2: "_", 3: "-"}[len(run.group())], text)


@pytest.fixture
def secured(tmp_path: Path) -> Iterator[SecuredKafka]:
    client, controller, admin = free_ports(3)
    kafka = SecuredKafka(
        tmp_path / "kafka", CLONE / ".lianjing" / "cache", CLONE / "deploy" / "kafka", client, controller
    )
    kafka.admin_port = admin
    kafka.start()
    yield kafka
    kafka.stop()


def _as(kafka: SecuredKafka, principal: str, word: str) -> Settings:
    return Settings(
        kafka_bootstrap=kafka.bootstrap,
        kafka_security_protocol="SASL_PLAINTEXT",
        kafka_sasl_username=principal,
        kafka_sasl_password=word,
    )


def _can_write(settings: Settings, topic: str) -> bool:
    producer = KafkaStreamProducer(settings, client_id="test", delivery_timeout_ms=5_000)
    try:
        producer.send(topic, b"{}", partition=0).offset(10)
    except UnreachableError:
        return False
    finally:
        producer.close()
    return True


@pytest.mark.integration
def test_each_principal_may_do_its_own_work_and_nothing_else(secured: SecuredKafka, tmp_path: Path) -> None:
    for principal in principals():
        (tmp_path / f"kafka_{principal}").write_text(f"word-of-{principal}")
    admin = Settings(
        kafka_bootstrap=f"127.0.0.1:{secured.admin_port}",
        kafka_security_protocol="SASL_PLAINTEXT",
        kafka_sasl_mechanism="PLAIN",
        kafka_sasl_username="admin",
        kafka_sasl_password=ADMIN_WORD,
    )
    assert apply(admin, tmp_path) == len(grants())
    assert apply(admin, tmp_path) == len(grants())

    operator = _as(secured, "operator", "word-of-operator")
    ensure_topics(operator)
    assert topic_drift(operator) == []
    assert _can_write(_as(secured, "intake", "word-of-intake"), FEED)
    assert _can_write(_as(secured, "detection", "word-of-detection"), SCORE.name)
    assert not _can_write(_as(secured, "detection", "word-of-detection"), FEED)
    assert not _can_write(_as(secured, "ingest", "word-of-ingest"), FEED)
    with pytest.raises(UnreachableError):
        topic_drift(_as(secured, "operator", "a wrong word"))


@pytest.mark.parametrize("stage", sorted(READS))
def test_the_table_covers_what_the_code_of_a_stage_names(stage: str) -> None:
    named: set[str] = set()
    for file in (CLONE / "services" / stage).rglob("*.py"):
        if {"scenario", "history"} & set(file.parts):
            continue  # players run in the command line, as the operator
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "schemas.topic":
                named |= _topics([alias.name for alias in node.names])
    assert named <= {*READS[stage], *WRITES[stage]}


def _topics(names: list[str]) -> set[str]:
    found: set[str] = set()
    for name in names:
        value = getattr(schemas.topic, name)
        if isinstance(value, Topic):
            found.add(value.name)
        elif value is FEED_TOPICS:
            found |= {topic.name for topic in FEED_TOPICS.values()}
    return found


def test_only_intake_the_master_of_drills_and_the_operator_write_feeds() -> None:
    writers = {grant.principal for grant in grants() if grant.right == "WRITE" and grant.name in {FEED, "lianjing."}}
    assert writers == {"intake", "drill", "operator"}
    assert CLOCK.name in WRITES["intake"]


def test_scores_are_written_by_detection_and_read_by_risk() -> None:
    rights = {(g.principal, g.right) for g in grants() if g.name == SCORE.name}
    assert {p for p, right in rights if right == "WRITE"} == {"detection"}
    assert {p for p, right in rights if right == "READ"} == {"detection", "risk"}
