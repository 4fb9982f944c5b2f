"""The rule set of Prometheus: promtool's checks and tests, and what must hold between rules, metrics and the handbook."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.runtime.metrics import METRICS, Kind

ROOT = Path(__file__).resolve().parents[2]
RULES = sorted((ROOT / "deploy" / "prometheus" / "rules").glob("*.yml"))
TESTS = sorted(Path(__file__).parent.glob("*_test.yaml"))
HANDBOOK = ROOT / "docs" / "operations.md"
DIRECT = {  # posted by alerting itself
    "LianjingStarved",
    "LianjingBlocked",
    "LianjingUnknown",
    "LianjingDataSilent",
    "LianjingDataDistrusted",
}


def _promtool(*arguments: str) -> None:
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("no promtool on PATH")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def _rules() -> list[dict[str, Any]]:
    trees = [yaml.safe_load(file.read_text(encoding="utf-8")) for file in RULES]
    return [rule for tree in trees for group in tree["groups"] for rule in group["rules"]]


def _names(file: Path) -> set[str]:
    return set(re.findall(r"\blianjing_[a-z_]+\b", file.read_text(encoding="utf-8")))


@pytest.mark.integration
@pytest.mark.parametrize("file", RULES, ids=lambda f: f.name)
def test_promtool_accepts_the_rules(file: Path) -> None:
    _promtool("check", "rules", str(file))


@pytest.mark.integration
@pytest.mark.parametrize("file", TESTS, ids=lambda f: f.name)
def test_alarms_fire_and_do_not_fire(file: Path) -> None:
    _promtool("test", "rules", str(file))


def test_every_alarm_has_a_case_that_fires_and_one_that_does_not() -> None:
    cases = [
        c for f in TESTS for t in yaml.safe_load(f.read_text(encoding="utf-8"))["tests"] for c in t["promql_expr_test"]
    ]
    fires = {name for c in cases for s in c["exp_samples"] for name in re.findall(r'alertname="(\w+)"', s["labels"])}
    patterns = {p for c in cases if not c["exp_samples"] for p in re.findall(r'alertname=~?"([^"]+)"', c["expr"])}
    alarms = {rule["alert"] for rule in _rules()}
    assert alarms - fires == set()
    silent = {alarm for alarm in alarms if any(re.fullmatch(p, alarm) for p in patterns)}
    assert alarms - silent == {"LianjingWatchdog"}, "it always fires"


@pytest.mark.parametrize("file", [*RULES, *TESTS], ids=lambda f: f.name)
def test_metrics_are_declared(file: Path) -> None:
    exposed = {m.name for m in METRICS} | {m.name + "_bucket" for m in METRICS if m.kind is Kind.HISTOGRAM}
    assert _names(file) <= exposed


@pytest.mark.parametrize("rule", _rules(), ids=lambda r: r["alert"])
def test_labels_and_words(rule: dict[str, Any]) -> None:
    labels, words = rule["labels"], rule["annotations"]
    assert re.fullmatch(r"Lianjing([A-Z][a-z]+)+", rule["alert"])
    assert labels["severity"] in {"critical", "major", "warning", "info"}
    assert labels["component"] in {"pipeline", "chain"}
    assert words["summary_zh"]
    assert words["summary_en"]
    assert ("description_zh" in words) == ("description_en" in words)
    assert words["runbook_url"] == f"docs/operations.md#{rule['alert'].lower()}"
    assert "dashboard_url" in words


def test_the_handbook_has_a_section_for_each_alarm_and_no_other() -> None:
    text = HANDBOOK.read_text(encoding="utf-8")
    sections = set(re.findall(r"^#### (Lianjing\w+)$", text, flags=re.MULTILINE))
    assert sections == {rule["alert"] for rule in _rules()} | DIRECT


def test_commands_of_the_handbook_exist() -> None:
    from services.cli.main import COMMANDS

    alarms = HANDBOOK.read_text(encoding="utf-8").split("## 告警 Alarms", 1)[1]
    used = set(re.findall(r"`lianjing ([a-z-]+)", alarms))
    assert used <= set(COMMANDS)
