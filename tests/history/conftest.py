"""A small table and its mapping, made for these tests."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from services.cli.stack.ports import free_ports
from services.intake.history.loading import History, load_history

MAPPING = """\
id: little
title_zh: 小表
title_en: Little table
lane: replay:little
provider: author
file: "little*.csv"
date:
  columns: [day]
  format: "%d.%m.%Y"
  zone: Asia/Shanghai
  hour: 18
publication_lag: 6h
cadence: 1d
blanks: ["-", "n/a"]
units: [USD/t]
entity:
  prefix: T
  columns: [plant]
  kind: demand
  product: steam_coal
  name_zh: "{name}厂"
  names:
    "Ost  Werk": {id: T_EAST, name_zh: 东厂}
stock:
  product: steam_coal
  role: input
  unit: t
  daily_use: need
  days_normal: 20
  minimum_share: 0.25
scoring:
  stock: stock
  norm: norm
series:
  - {column: stock kt, indicator: stock, given_unit: kt, unit: t, plausible: [0, 900000], essential: true}
  - {column: norm kt, indicator: norm, given_unit: kt, unit: t, plausible: [0, 900000]}
  - {column: need, indicator: need, unit: t/d, plausible: [0, 90000]}
  - column: share
    indicator: norm_share
    unit: "%"
    plausible: [0, 1000]
    conversions:
      - {until: 2024-06-06, scale: 100}
      - {from: 2024-06-09, until: 2024-06-09, scale: 100}
"""

TABLE = """\
day,plant,stock kt,norm kt,need,share
06.06.2024,Nord (P),53.7,100,5000,0.54
06.06.2024,Ost Werk,0,0,-,0.0
07.06.2024,Nord (P),50.1,100,5000,50
07.06.2024,Ost  Werk,,0,n/a,
09.06.2024,Nord (P),40,100,5000,0.40
10.06.2024,Nord (P),41,100,5000,41
"""


@pytest.fixture
def mapping_text() -> str:
    return MAPPING


@pytest.fixture
def table_text() -> str:
    return TABLE


@pytest.fixture
def little() -> History:
    return load_history(MAPPING, "little.yaml", TABLE.encode(), "little.csv")


@pytest.fixture
def stages(
    broker: Any, migrated_database: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., None]]:
    """``stages("ingest", "risk")`` starts these services on the real parts; they end with the test. The command line finds the same parts."""
    monkeypatch.setenv("LIANJING_KAFKA_BOOTSTRAP", broker.bootstrap)
    monkeypatch.setenv("LIANJING_DATABASE_URL", migrated_database.url)
    monkeypatch.setenv("LIANJING_HOME", str(tmp_path))
    monkeypatch.setenv("LIANJING_SESSION_TIMEOUT_MS", "6000")
    started: list[subprocess.Popen[bytes]] = []

    def start(*names: str) -> None:
        for name, port in zip(names, free_ports(len(names)), strict=True):
            environment = dict(os.environ) | {"LIANJING_METRICS_PORT": str(port)}
            with (tmp_path / f"{name}.log").open("wb") as log:
                command = [sys.executable, "-m", f"services.{name}"]
                started.append(subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT))

    yield start
    for process in started:
        process.terminate()
    for process in started:
        process.wait(30)
