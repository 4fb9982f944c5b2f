"""One command on a real stack: a whole drill with scripted participants and its report, and the end that a real red alert puts to one."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from schemas.drill import DrillEvent, DrillEventKind
from schemas.drill_plan import Plan
from schemas.level import Level
from schemas.topic import ALERT, partition_of
from services.cli.bench.whole import WholeStack
from services.cli.drill.building import log_of, read_log
from services.runtime.debrief.scoring import Outcome, plan_of, score
from services.runtime.errors import ConfigurationError
from services.runtime.kafka import KafkaStreamConsumer, KafkaStreamProducer
from services.runtime.settings import Settings

if TYPE_CHECKING:
    from schemas.alert import Alert

pytestmark = [pytest.mark.integration, pytest.mark.full, pytest.mark.timeout(1800)]
_LIANJING = "from services.cli.main import main; main()"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A running stack of its own."""
    home = tmp_path_factory.mktemp("drill-stack")
    with WholeStack(home, webhook=""):
        yield home


def started(home: Path, *arguments: str) -> "subprocess.Popen[str]":
    """A command on that stack."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("LIANJING_")} | {"LIANJING_HOME": str(home)}
    command = [sys.executable, "-c", _LIANJING, *arguments]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def settings_of(home: Path) -> Settings:
    """How to reach it."""
    return Settings.from_environment({"LIANJING_HOME": str(home)})


def log(home: Path, drill: str) -> list[DrillEvent]:
    """The log of a drill on its topic."""
    consumer = KafkaStreamConsumer(settings_of(home), client_id="test")
    try:
        return log_of(read_log(consumer), drill)
    finally:
        consumer.close()


def wait_for(found: Callable[[], bool], within_s: float) -> None:
    """Until something is so."""
    deadline = time.monotonic() + within_s
    while not found():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.5)


def running(home: Path, drill: str) -> bool:
    """The drill's own clock has started."""
    try:
        return any(e.kind is DrillEventKind.CLOCK for e in log(home, drill))
    except ConfigurationError:
        return False


def test_one_command_holds_the_daqin_drill_and_its_report_is_there_within_a_minute(
    home: Path, daqin: Plan, tmp_path: Path
) -> None:
    process = started(home, "drill", "run", "daqin", "--scripted", "--json", "--out", str(tmp_path))
    said, _ = process.communicate(timeout=1200)
    assert process.returncode == 0
    told: dict[str, Any] = json.loads(said)
    events = log(home, told["drill"])
    ended = next(e for e in events if e.kind is DrillEventKind.ENDED)
    written = datetime.fromtimestamp(Path(told["docx"]).stat().st_mtime, UTC)
    print(f"report {(written - ended.wall).total_seconds():.1f} s after the end; {len(events)} events")
    assert written - ended.wall <= timedelta(seconds=60)
    assert Path(told["pdf"]).read_bytes().startswith(b"%PDF")
    assert plan_of(events) == daqin
    found = {j.expected.id: j for j in score(daqin, events).judged}
    assert found["E7"].outcome is Outcome.MISSED
    assert found["E4"].outcome is Outcome.LATE
    for name in ("E1", "E2", "E3", "E6"):
        assert found[name].outcome is Outcome.ON_TIME, f"{name}: {found[name]}"
    assert found["E5"].given is not None, "the system itself warned of Qinhuangdao during the drill"
    runs = [e for e in events if e.kind is DrillEventKind.RUN]
    assert runs, "a playbook started in the drill's lane"
    assert told["points"] == pytest.approx(score(daqin, events).points)


def test_a_real_red_alert_ends_a_drill_within_two_seconds(
    home: Path, make_alert: Callable[..., "Alert"], tmp_path: Path
) -> None:
    process = started(home, "drill", "run", "daqin", "--scripted", "--json", "--out", str(tmp_path))
    wait_for(lambda: running(home, "daqin-2"), 400.0)
    producer = KafkaStreamProducer(settings_of(home), client_id="test", linger_ms=0)
    red = make_alert("live", Level.RED, node="P_CFD", episode="ep-test")
    at = datetime.now(UTC)
    producer.send(
        ALERT.name, msgspec.json.encode(red), key=b"P_CFD", partition=partition_of("P_CFD", ALERT.partitions)
    ).offset(10.0)
    producer.close()
    process.communicate(timeout=300)
    assert process.returncode == 0
    events = log(home, "daqin-2")
    aborted = next(e for e in events if e.kind is DrillEventKind.ABORTED)
    print(f"aborted {(aborted.wall - at).total_seconds():.2f} s after the alert was sent")
    assert aborted.wall - at <= timedelta(seconds=2)
    assert sorted(e.actor for e in events if e.kind is DrillEventKind.ACKNOWLEDGED) == ["chief", "duty", "team"]
    letters = (settings_of(home).home / "logs" / "drills" / "daqin-2.log").read_text(encoding="utf-8")
    assert letters.count("演练中止，转入实战") >= 3
