"""``lianjing scenario``."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result

from schemas.chain import Chain
from schemas.feed import FeedMessage
from schemas.rejection import Rejection
from schemas.topic import FEED_TOPICS, REJECTED
from services.cli.scenario import command
from services.intake.scenario.scenario import Scenario
from services.intake.scenario.writing import write_scenario
from services.runtime.chain.publication import publish_chain
from services.runtime.errors import ConfigurationError
from services.runtime.kafka import KafkaStreamConsumer, KafkaStreamProducer
from services.runtime.settings import Settings


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, list(arguments), catch_exceptions=False)


def test_list_names_every_scenario() -> None:
    listed = json.loads(run("list", "--json").stdout)
    assert {"daqin-stylised", "daqin-2022", "snow-2008"} <= {s["id"] for s in listed}
    assert "大秦线" in run("list").output


def test_show_prints_figures_beside_history_and_draws(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    shown = run("show", "daqin-2022", "--html", str(page))
    assert "1.25 Mt" in shown.output
    assert "[S12,D]" in shown.output
    html = page.read_text(encoding="utf-8")
    assert html.count("<svg") == 12
    assert "http" not in html
    assert json.loads(run("show", "daqin-2022", "--json").stdout)["id"] == "daqin-2022"


def test_truth_prints_the_events_and_writes_the_file(tmp_path: Path) -> None:
    done = run("truth", "tank-blocked", "--out", str(tmp_path))
    assert "胀库 blocked" in done.output
    assert "bfo-down" in done.output
    assert (tmp_path / "tank-blocked.seed1.mismatch1.json").exists()


def test_truth_of_a_random_scenario_is_json() -> None:
    found = json.loads(run("truth", "random-4", "--json").stdout)
    assert found["scenario"] == "random-4"
    assert "breaks" in found


def test_generate_writes_files(tmp_path: Path) -> None:
    done = run("generate", "--seed", "7", "--count", "2", "--out", str(tmp_path), "--json")
    assert json.loads(done.stdout) == {"first_seed": 7, "count": 2}
    assert {p.name for p in tmp_path.iterdir()} == {"random-7.yaml", "random-8.yaml"}


def test_wrong_use_is_told() -> None:
    with pytest.raises(ConfigurationError, match="daqin-2022"):
        run("show", "no-such")
    assert run("play", "daqin-2022", "--speed", "fast").exit_code == 2
    assert run("play", "daqin-2022", "--live-on", "--own-dates").exit_code == 2


@pytest.mark.parametrize("name", ["list", "show", "play", "truth", "generate"])
def test_help_has_an_example(name: str) -> None:
    assert "lianjing scenario" in run(name, "--help").output


@pytest.mark.integration
def test_play_through_the_real_broker(
    broker: Any, lane: str, chain: Chain, tmp_path: Path, quiet: Callable[..., Scenario]
) -> None:
    settings = Settings.from_environment({"LIANJING_KAFKA_BOOTSTRAP": broker.bootstrap})
    producer = KafkaStreamProducer(settings, client_id="test-scenario")
    publish_chain(producer, chain)
    producer.close()
    path = tmp_path / "quiet.yaml"
    path.write_text(write_scenario(quiet(2)), encoding="utf-8")
    environment = {"LIANJING_KAFKA_BOOTSTRAP": broker.bootstrap}
    done = CliRunner(env=environment).invoke(
        command, ["play", str(path), "--lane", lane, "--json"], catch_exceptions=False
    )
    told = json.loads(done.stdout)
    partitions = [(t.name, p) for t in (*FEED_TOPICS.values(), REJECTED) for p in range(t.partitions)]
    consumer = KafkaStreamConsumer(settings)
    consumer.assign(partitions)
    ends = consumer.end_offsets(partitions)
    for partition in partitions:
        consumer.seek(partition, 0)
    rows, left, deadline = 0, {p for p, end in ends.items() if end > 0}, time.monotonic() + 60.0
    while left and time.monotonic() < deadline:
        for message in consumer.poll(0.5, most=1000):
            partition = (message.topic, message.partition)
            noun: type[FeedMessage] | type[Rejection] = Rejection if message.topic == REJECTED.name else FeedMessage
            decoded: FeedMessage | Rejection = msgspec.json.decode(message.value or b"", type=noun)
            if decoded.lane == lane:
                rows += decoded.row_count() if isinstance(decoded, FeedMessage) else 1
            if message.offset + 1 >= ends[partition]:
                left.discard(partition)
    consumer.close()
    assert told["rows"] > 15_000
    assert rows == told["rows"]
