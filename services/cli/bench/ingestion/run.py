"""The order of the measurements, and their medians."""

import os
import platform
from contextlib import nullcontext
from pathlib import Path
from statistics import median
from typing import Any

import msgspec
import numpy as np
from rich.progress import Progress

from schemas.feed import Feed
from services.cli.bench.ingestion import quix
from services.cli.bench.ingestion.ceiling import SIZES, copy_rate
from services.cli.bench.ingestion.ground import Ground
from services.cli.bench.ingestion.ours import Filled, drain_rate, fill, open_lane
from services.cli.bench.ingestion.rows import ROWS_PER_MESSAGE, columnar, single, with_late_rows
from services.runtime.database import Mode
from services.runtime.settings import Settings

_QUIX_ROWS = 200_000
_PROBE_ROWS = 600_000
Figures = dict[str, float]


class _Steps:
    def __init__(self, total: int, *, quiet: bool) -> None:
        self.bar = Progress(transient=True, disable=quiet)
        self._task = self.bar.add_task("准备 preparing", total=total)

    def begin(self, name: str) -> None:
        self.bar.update(self._task, description=name)

    def end(self) -> None:
        self.bar.advance(self._task)


def measure(
    settings: Settings, rows: int, single_rows: int, rounds: int, mode: Mode | None, *, quiet: bool
) -> dict[str, Any]:
    """Run everything and return the object that ``--json`` prints. Raises UnreachableError, InvariantError."""
    steps = _Steps(4 * rounds + 6, quiet=quiet)
    with steps.bar if not quiet else nullcontext(), Ground(settings, mode) as ground:
        open_lane(ground)
        notes = [
            f"{rows} rows a columnar run, {ROWS_PER_MESSAGE} a message; {single_rows} single; medians of {rounds} runs"
        ]
        notes.append(
            "ours with revisions, offsets and stale days in each transaction; rollups wait while ingest catches up, at most a minute"
        )
        filled = {}
        for name, feed, messages in (
            ("columnar", Feed.PRODUCTION, columnar(rows)),
            ("late", Feed.PRICE, with_late_rows(rows)),
            ("single", Feed.LOGISTICS, single(single_rows)),
        ):
            steps.begin(f"发布 publishing {name}")
            filled[name] = fill(ground, feed, messages)
            steps.end()
        size, is_sorted = _best_size(ground, steps, notes)
        found: dict[str, list[float]] = {}
        for _ in range(rounds):
            _round(ground, rows, size, is_sorted, filled, found, steps)
        figures = _figures(found)
        figures |= _peer(ground, filled["single"], steps, notes)
        notes += [f"{name}: {', '.join(f'{v:,.0f}' for v in values)}" for name, values in found.items()]
        return {"name": "ingest", "machine": _machine(ground), "figures": figures, "notes": notes}


def _best_size(ground: Ground, steps: _Steps, notes: list[str]) -> tuple[int, bool]:
    """The size of a commit, and the order of its rows, at which COPY is fastest."""
    steps.begin("COPY 上限 ceiling")
    url = ground.settings.database_url
    rates = {
        (size, is_sorted): copy_rate(url, _PROBE_ROWS, size, lane_id=2, is_sorted=is_sorted)
        for size in SIZES
        for is_sorted in (False, True)
    }
    steps.end()
    notes.append(
        "ceiling by rows a commit (s: in index order): "
        + ", ".join(f"{n}{'s' if s else ''} {r:,.0f}" for (n, s), r in rates.items())
    )
    return max(rates, key=lambda key: rates[key])


def _round(
    ground: Ground,
    rows: int,
    size: int,
    is_sorted: bool,
    filled: dict[str, Filled],
    found: dict[str, list[float]],
    steps: _Steps,
) -> None:
    steps.begin("COPY 上限 ceiling")
    rate = copy_rate(ground.settings.database_url, rows, size, lane_id=2, is_sorted=is_sorted)
    found.setdefault("copy_rows_per_s", []).append(rate)
    steps.end()
    for name in ("columnar", "late", "single"):
        steps.begin(f"ingest {name}")
        others = [f for other, f in filled.items() if other != name]
        found.setdefault(f"{name}_rows_per_s", []).append(drain_rate(ground, filled[name], others))
        steps.end()


def _figures(found: dict[str, list[float]]) -> Figures:
    figures = {name: round(median(values)) for name, values in found.items()}
    shares = [ours / copy for ours, copy in zip(found["columnar_rows_per_s"], found["copy_rows_per_s"], strict=True)]
    return {**figures, "columnar_share": round(median(shares), 3)}


def _peer(ground: Ground, filled: Filled, steps: _Steps, notes: list[str]) -> Figures:
    if not quix.is_installed():
        notes.append("quix_rows_per_s is missing: `uv sync --group bench` installs Quix Streams")
        return {}
    steps.begin("Quix Streams")
    rate, note = quix.sink_rate(ground, filled.topic, min(_QUIX_ROWS, filled.rows))
    steps.end()
    notes.append(note)
    return {"quix_rows_per_s": round(rate)}


def _machine(ground: Ground) -> dict[str, Any]:
    model = next((line.split(":")[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), "")
    [(version, fsync, commit)] = ground.rows(
        "SELECT current_setting('server_version'), current_setting('fsync'), current_setting('synchronous_commit')"
    )
    extension = ground.rows("SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'")
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "msgspec": msgspec.__version__,
        "kafka": ground.kafka.find().version,
        "postgresql": version,
        "timescaledb": extension[0][0] if extension else None,
        "mode": ground.mode.value if ground.mode else "",
        "fsync": fsync,
        "synchronous_commit": commit,
    }


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
