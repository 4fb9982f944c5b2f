"""Configuration of Prometheus and Alertmanager, as text made from the shipped files by pure functions; validated by promtool and amtool in the tests.

The shipped files are right for compose as they stand; here their addresses and paths are replaced by those of this machine.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from services.runtime.assets import asset_path
from services.runtime.settings import Settings


def prometheus_configuration(shipped: str, rules: Path, alertmanager: str, targets: Mapping[str, str]) -> str:
    """prometheus.yml with our addresses. ``targets``: stage name → host:port of its metrics page; stages without one are not scraped."""
    tree: dict[str, Any] = yaml.safe_load(shipped)
    tree["rule_files"] = [str(rules / "*.yml")]
    tree["alerting"]["alertmanagers"] = [{"static_configs": [{"targets": [alertmanager]}]}]
    own = [job for job in tree["scrape_configs"] if job["job_name"] == "lianjing"]
    for job in own:
        job["static_configs"] = [{"targets": [target], "labels": {"stage": stage}} for stage, target in targets.items()]
    tree["scrape_configs"] = own
    return yaml.safe_dump(tree, sort_keys=False, allow_unicode=True)


def alertmanager_configuration(shipped: str, webhook_url: str) -> str:
    """alertmanager.yml whose duty receiver posts to ``webhook_url``; empty: it posts nowhere and alerts stand on its page only."""
    tree: dict[str, Any] = yaml.safe_load(shipped)
    for receiver in tree["receivers"]:
        if receiver["name"] == "duty":
            receiver.pop("webhook_configs", None)
            if webhook_url:
                receiver["webhook_configs"] = [{"url": webhook_url, "send_resolved": True, "max_alerts": 0}]
    return yaml.safe_dump(tree, sort_keys=False, allow_unicode=True)


def main() -> None:
    """For compose: write alertmanager.yml, its webhook from LIANJING_WEBHOOK_URL, into the folder given as the one argument."""
    target = Path(sys.argv[1]) / "alertmanager.yml"
    shipped = asset_path("deploy/alertmanager/alertmanager.yml").read_text(encoding="utf-8")
    target.write_text(alertmanager_configuration(shipped, Settings.from_environment().webhook_url), encoding="utf-8")


if __name__ == "__main__":
    main()
