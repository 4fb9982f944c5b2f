"""Every question to Prometheus, asked of the real one."""

import json
from collections.abc import Callable
from typing import Any

import httpx

from services.cli.dashboards.generated import committed


def test_every_expression_is_understood(prometheus: Callable[[str], Any]) -> None:
    running = prometheus("global: {scrape_interval: 1s}\nscrape_configs: []\n")
    asked = set()
    for text in committed().values():
        for panel in json.loads(text)["panels"]:
            asked |= {t["expr"] for t in panel.get("targets", []) if "expr" in t}
    assert len(asked) > 7
    for expression in sorted(asked):
        answer = httpx.get(f"{running.url}/api/v1/query", params={"query": expression}, timeout=30).json()
        assert answer["status"] == "success", (expression, answer)
