"""Two reports over the same scenarios: by how much did skill change, and is the change more than chance?"""

import math
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct

from detectors.skill import HORIZONS_H, Tally, brier_skill, figures, intervals
from detectors.skill.bootstrap import Draw
from services.cli.backtest.skill.judged import FORECASTERS
from services.cli.backtest.skill.report import Report
from services.runtime.errors import InputError

_BETTER_UP = {
    "pod": True,
    "pod_foreseeable": True,
    "far": False,
    "csi": True,
    "lead_median_h": True,
    "false_per_node_month": False,
}


class Change(Struct, frozen=True, kw_only=True):
    """One score before and now, with the 95 % interval of the difference over drawn scenarios. ``is_worse``: all of it is on the bad side."""

    name: str
    before: float | None
    now: float | None
    low: float | None
    high: float | None
    is_worse: bool


def read_report(path: Path) -> Report:
    """Read a report written with --json. Raises InputError when it is none."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Report)
    except (OSError, msgspec.DecodeError) as error:
        raise InputError(f"{path}: 不是回测报告 not a report of `lianjing backtest run --json`: {error}") from error


def compare(before: Report, now: Report, rounds: int = 1000) -> list[Change]:
    """Changes over the scenarios that both reports have, drawn together. Raises InputError when they share none."""
    mine, theirs = _by_task(now), _by_task(before)
    shared = [k for k in mine if k in theirs]
    if not shared:
        raise InputError("两份报告没有相同情景 the two reports share no scenario and seed")
    pairs = [(theirs[k], mine[k]) for k in shared]

    def differences(draw: Draw) -> dict[str, float]:
        old, new = (_scores([pairs[i][side] for i in draw.tolist()]) for side in (0, 1))
        return {n: new[n] - old[n] for n in new}

    between = intervals(differences, len(pairs), rounds=rounds)
    old, new = (_scores([p[side] for p in pairs]) for side in (0, 1))
    return [_change(n, old[n], new[n], between[n]) for n in new]


def _change(name: str, old: float, new: float, between: tuple[float, float]) -> Change:
    low, high = between
    is_worse = high < 0 if _BETTER_UP.get(name, True) else low > 0
    before, now, least, most = (round(x, 5) if math.isfinite(x) else None for x in (old, new, low, high))
    return Change(name=name, before=before, now=now, low=least, high=most, is_worse=is_worse)


def _by_task(report: Report) -> dict[tuple[str, int], dict[str, Any]]:
    return {(s["scenario"], s["seed"]): s for s in report.sums}


def _scores(sums: list[dict[str, Any]]) -> dict[str, float]:
    first = figures([msgspec.convert(s["tallies"]["first"], Tally) for s in sums])
    found = {n: first[n] for n in _BETTER_UP}
    cases = np.sum([s["cases"] for s in sums], axis=0)
    squared = np.sum([s["squared"] for s in sums], axis=0)
    for h, horizon in enumerate(HORIZONS_H):
        others = squared[1 : len(FORECASTERS), h]
        found[f"brier_skill_{horizon}h"] = (
            brier_skill(float(squared[0, h]), float(others.min())) if cases[h] else math.nan
        )
    return found
