"""``up``, ``status``, ``doctor`` and ``down`` by the front door, on a real stack."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from schemas.topic import FEED_TOPICS
from services.cli.stack.addresses import on_free_ports
from services.cli.stack.checkup import Verdict, database_finding, examine, exit_code
from services.cli.stack.layout import ALL_PARTS, Layout
from services.cli.stack.process import started_at
from services.cli.stack.state import read_state
from services.cli.up import parts_wanted
from services.runtime.settings import Settings

CLONE = Path(__file__).resolve().parents[2]
_MAIN = "from services.cli.main import main; main()"


def _environment(home: Path) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LIANJING_")}
    return {**clean, "LIANJING_HOME": str(home)}


def _lianjing(home: Path, *words: str) -> tuple[int, str]:
    command = [sys.executable, "-c", _MAIN, *words]
    result = subprocess.run(command, capture_output=True, text=True, check=False, env=_environment(home), cwd=CLONE)
    return result.returncode, result.stdout + (result.stderr if result.returncode else "")


@pytest.fixture
def home(stack_folder: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A home folder with the jars of the session, whose stack is stopped at the end."""
    folder = stack_folder / f"home-{abs(hash(request.node.name)):x}"
    folder.mkdir()
    (folder / "cache").symlink_to(CLONE / ".lianjing" / "cache")
    yield folder
    _lianjing(folder, "down")


def _up(home: Path, *words: str) -> tuple[subprocess.Popen[str], dict[str, Any]]:
    command = [sys.executable, "-c", _MAIN, "up", "--free-ports", "--json", "--logs", "none", *words]
    with (home / "up.err").open("w") as errors:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, text=True, env=_environment(home), cwd=CLONE
        )
    assert process.stdout is not None
    line = process.stdout.readline()
    process.stdout.close()
    if not line:
        process.wait(60)
        pytest.fail((home / "up.err").read_text())
    return process, json.loads(line)


@pytest.mark.integration
def test_a_stack_comes_up_is_seen_healed_and_goes_down(home: Path, session_broker: object) -> None:
    del session_broker  # it has fetched the jars
    process, ready = _up(home, "--only", "kafka,postgres")
    assert set(ready["settings"]) >= {"LIANJING_KAFKA_BOOTSTRAP", "LIANJING_HOME"}
    code, said = _lianjing(home, "status", "--json")
    status = json.loads(said)
    assert (code, [part["name"] for part in status["parts"]]) == (0, ["kafka", "postgres"])

    code, said = _lianjing(home, "up", "--free-ports")
    assert code == 2
    assert "already running" in said

    verdicts = {
        finding["part"]: finding["verdict"]
        for finding in json.loads(_lianjing(home, "doctor", "--json")[1])["findings"]
    }
    assert [verdicts[part] for part in ("kafka", "postgres", "topics", "database")] == ["good"] * 4

    postgres = next(part["pid"] for part in status["parts"] if part["name"] == "postgres")
    os.kill(postgres, signal.SIGKILL)
    _until(lambda: _health(home, "postgres") == ("ready", 1))

    begun = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0
    assert time.monotonic() - begun < 30
    assert "everything has stopped" in (home / "up.err").read_text()
    state = read_state(home)
    assert state is not None
    assert state.alive() == []
    assert _lianjing(home, "status")[0] == 3


@pytest.mark.integration
def test_what_a_killed_supervisor_left_is_cleared_away(home: Path, session_broker: object) -> None:
    del session_broker
    process, _ = _up(home, "--only", "postgres")
    state = read_state(home)
    assert state is not None
    left = state.alive()
    process.kill()
    process.wait()
    assert [part.name for part in left] == ["postgres"]
    code, said = _lianjing(home, "down", "--json")
    assert (code, json.loads(said)["stopped"]) == (0, ["postgres"])
    assert left[0].pid is not None
    assert started_at(left[0].pid) != left[0].started


def test_only_and_without_choose_parts() -> None:
    assert parts_wanted("", "") == frozenset(ALL_PARTS)
    assert parts_wanted("kafka, postgres", "kafka") == {"postgres"}
    assert "risk" not in parts_wanted("", "risk")


def test_an_unknown_part_is_wrong_use(tmp_path: Path) -> None:
    code, said = _lianjing(tmp_path, "up", "--only", "kafak")
    assert code == 2
    assert "kafka" in said


def test_nothing_running_is_said_so(tmp_path: Path) -> None:
    code, said = _lianjing(tmp_path, "status")
    assert code == 3
    assert "lianjing up" in said
    assert _lianjing(tmp_path, "down") == (0, "没有在运行 nothing was running\n")


def test_doctor_names_what_is_missing_and_what_to_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    settings = Settings(home=tmp_path)
    like = on_free_ports(_local_addresses())
    findings = {finding.part: finding for finding in examine(Layout(settings, like, tmp_path / "cache"), None)}
    assert findings["prometheus"].verdict is Verdict.WRONG
    assert "apt-get install" in findings["prometheus"].advice
    assert exit_code(list(findings.values())) == 1
    assert findings["disk"].verdict is Verdict.GOOD


def test_doctor_says_unreachable_of_a_database_elsewhere(tmp_path: Path) -> None:
    places = replace(on_free_ports(_local_addresses()), postgres=None)
    settings = Settings(home=tmp_path, database_url="postgresql://nobody:x@127.0.0.1:9/none")
    findings = examine(Layout(settings, places, tmp_path / "cache"), None)
    assert next(finding for finding in findings if finding.part == "database").verdict is Verdict.UNREACHABLE
    assert exit_code(findings) == 3


def test_doctor_finds_an_unmigrated_database(database: Any, tmp_path: Path) -> None:
    places = replace(on_free_ports(_local_addresses()), postgres=None)
    finding = database_finding(Layout(Settings(home=tmp_path, database_url=database.url), places, tmp_path / "cache"))
    assert finding.verdict is Verdict.WRONG
    assert finding.advice == "lianjing migrate"


def test_doctor_finds_a_drifted_topic(broker: Any, tmp_path: Path) -> None:
    from kafka.admin import ConfigResource, ConfigResourceType

    from services.cli.stack.checkup import topic_finding
    from services.runtime.broker import ensure_topics
    from services.runtime.connection import administration

    settings = Settings(home=tmp_path, kafka_bootstrap=broker.bootstrap)
    name = next(iter(FEED_TOPICS.values())).name
    with administration(settings) as client:
        client.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, {"retention.ms": "1000"})])
    layout = Layout(settings, replace(on_free_ports(_local_addresses()), kafka=None), tmp_path / "cache")
    try:
        _until(lambda: topic_finding(layout).verdict is Verdict.WRONG)
        assert f"{name} retention.ms" in topic_finding(layout).note
    finally:
        assert ensure_topics(settings) == [f"{name}: retention.ms 1000 → 1209600000"]
    assert topic_finding(layout).verdict is Verdict.GOOD


def _local_addresses() -> Any:
    from services.cli.stack.addresses import from_settings

    return from_settings(Settings())


def _health(home: Path, part: str) -> tuple[str, int] | None:
    state = read_state(home)
    found = None if state is None else next((each for each in state.parts if each.name == part), None)
    return None if found is None else (found.health, found.restarts)


def _until(is_so: Any, seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)
