"""The shipped and the rendered configuration of Prometheus and Alertmanager, judged by promtool and amtool."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from services.cli.stack.monitoring import alertmanager_configuration, prometheus_configuration
from services.runtime.assets import asset_path

pytestmark = pytest.mark.integration
ALERTMANAGER = asset_path("deploy/alertmanager/alertmanager.yml").read_text(encoding="utf-8")
PROMETHEUS = asset_path("deploy/prometheus/prometheus.yml").read_text(encoding="utf-8")


def _tool(name: str, *arguments: str) -> str:
    program = shutil.which(name)
    if program is None:
        pytest.skip(f"no {name} on PATH")
    result = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout.strip()


def test_promtool_accepts_what_is_rendered(tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    rules.mkdir()
    text = prometheus_configuration(PROMETHEUS, rules, "127.0.0.1:19094", {"intake": "127.0.0.1:18100"})
    (tmp_path / "prometheus.yml").write_text(text)
    _tool("promtool", "check", "config", str(tmp_path / "prometheus.yml"))
    tree = yaml.safe_load(text)
    assert [job["job_name"] for job in tree["scrape_configs"]] == ["lianjing"]
    assert tree["scrape_configs"][0]["static_configs"] == [
        {"targets": ["127.0.0.1:18100"], "labels": {"stage": "intake"}}
    ]
    assert tree["rule_files"] == [f"{rules}/*.yml"]


@pytest.mark.parametrize("webhook", ["", "http://127.0.0.1:9/hook"])
def test_amtool_accepts_what_is_rendered(tmp_path: Path, webhook: str) -> None:
    text = alertmanager_configuration(ALERTMANAGER, webhook)
    (tmp_path / "alertmanager.yml").write_text(text)
    _tool("amtool", "check-config", str(tmp_path / "alertmanager.yml"))
    assert not webhook or webhook in text
    assert text.count("webhook_configs") == (1 if webhook else 0)


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        (["lane=live", "node=P_QHD", "level=red"], "duty"),
        (["lane=drill:42", "node=P_QHD", "level=red"], "log"),
        (["lane=replay:demo", "node=P_QHD"], "log"),
        (["lane_kind=replay", "node=P_QHD"], "log"),
        (["lane_kind=live", "node=P_QHD"], "duty"),
        (["lane_kind=live", "node=P_QHD", "origin=prometheus"], "duty"),
        (["alertname=LianjingConsumerLag"], "duty"),
        (["alertname=LianjingWatchdog"], "log"),
    ],
)
def test_only_live_alerts_page_anybody(tmp_path: Path, labels: list[str], receiver: str) -> None:
    (tmp_path / "alertmanager.yml").write_text(ALERTMANAGER)
    said = _tool("amtool", "config", "routes", "test", f"--config.file={tmp_path / 'alertmanager.yml'}", *labels)
    assert said == receiver


def test_alerts_of_one_incident_come_together_and_a_second_one_does_not_wait() -> None:
    route = yaml.safe_load(ALERTMANAGER)["route"]
    assert (route["group_by"], route["group_wait"], route["group_interval"]) == (["lane", "incident"], "0s", "1s")
