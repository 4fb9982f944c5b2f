"""What is held of one lane in one partition: its series, their pools, and the panel that calibrates, votes and spends the budget."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.series.calibration.calibrator import Calibrator
from detectors.series.calibration.panel import Panel, Verdict
from detectors.series.detector import NEVER_US, Floats, Integers
from services.detection.watch import Watch, alone, heard
from services.runtime.streams import Partition

KNOWN_AFTER = 4
"""Rows of a series after which its cadence is known and it joins a pool; no detector says anything before the fifth."""
_HOUR_US = 3_600_000_000
_CADENCES = ((0.5, "minutes"), (4.0, "hour"), (16.0, "shift"), (96.0, "day"), (400.0, "week"))
_BUDGET_OF_LANE = ("number", "whole", "rejected_at")
State = dict[str, NDArray[np.generic]]


@dataclass(frozen=True)
class Calibrated:
    """``p``: rows by entries of the catalogue, NaN where one says nothing or keeps its own. ``verdict``: of the vote, where there is one."""

    p: Floats
    verdict: Verdict | None


def pool_name(series: str, step_us: float) -> str:
    """Kind (the first word of the id) and cadence: series of the same pool are told together what is usual.

    >>> pool_name("flow.R_DQ.P_QHD.steam_coal", 3.6e9)
    'flow hour'
    """
    hours = step_us / _HOUR_US
    cadence = next((name for most, name in _CADENCES if hours < most), "month")
    return f"{series.partition('.')[0]} {cadence}"


class Held:
    """Series are numbered as they came; ``slots`` says where their other state lies. Everything is a function of the messages of this lane and
    partition, whoever reads them."""

    def __init__(self, watch: Watch, partition: Partition, lane: str, owner: int) -> None:
        self.partition, self.lane, self.owner = partition, lane, owner
        self.codes: dict[str, int] = {}
        """Slot of each series, or below 0 what it is instead."""
        self.names: list[str] = []
        self.slots: list[int] = []
        self.pools: dict[str, int] = {}
        self.asked_us = NEVER_US
        """Lane time at which it was last asked who is silent."""
        self._heard, self._alone = heard(watch), alone(watch)
        settings = watch.calibration_settings()
        self._panel: Panel | None = None
        if watch.vote is not None:
            names = [watch.detectors[i].detector for i in self._heard]
            self._panel = Panel(names, settings, watch.vote.budget_settings(), watch.vote.way, watch.vote.weights)
        self._calibrators = {i: Calibrator(settings) for i in self._alone}

    def add(self, series: str, slot: int) -> int:
        """A series more; its number here."""
        self.codes[series] = slot
        self.names.append(series)
        self.slots.append(slot)
        self._grow(1 << (len(self.names) - 1).bit_length(), len(self.pools))
        return len(self.names) - 1

    def pool_of(self, series: str, step_us: float) -> int:
        """Number of the pool a series belongs to, made when it is the first."""
        name = pool_name(series, step_us)
        if name not in self.pools:
            self.pools[name] = len(self.pools)
            self._grow(0, len(self.pools))
        return self.pools[name]

    def judge(
        self, pools: Integers, numbers: Integers, known_us: Integers, statistic: Floats, own: Floats
    ) -> Calibrated:
        """Judge rows in log order, then learn them. ``numbers`` of series, ``statistic`` and ``own`` are rows by entries."""
        p = np.full(statistic.shape, np.nan)
        verdict = None
        if self._panel is not None:
            columns = np.array(self._heard)
            verdict = self._panel.judge(pools, numbers, known_us, statistic[:, columns], own[:, columns])
            p[:, columns] = verdict.p_value
        for i, calibrator in self._calibrators.items():
            column = np.ascontiguousarray(statistic[:, i])
            found = calibrator.judge(pools, numbers, column, np.ascontiguousarray(own[:, i]))
            p[:, i] = np.where(np.isnan(column), np.nan, found)
        return Calibrated(p, verdict)

    def snapshot(self) -> tuple[State, State, State]:
        """State by series, by pool, and of the lane as a whole (one row)."""
        parts = {f"panel.{k}": a for k, a in self._panel.snapshot().items()} if self._panel is not None else {}
        for i, calibrator in self._calibrators.items():
            parts |= {f"alone{i}.{k}": a for k, a in calibrator.snapshot().items()}
        by_series: State = {}
        by_pool: State = {}
        of_lane: State = {}
        for name, array in parts.items():
            last = name.rpartition(".")[2]
            if last in _BUDGET_OF_LANE:
                of_lane[name] = array[None]
            elif last.startswith("pool_"):
                by_pool[name] = array
            else:
                by_series[name] = array[: len(self.names)]
        return by_series, by_pool, of_lane

    def restore(self, pools: Sequence[str], state: Mapping[str, NDArray[np.generic]]) -> None:
        """Take over what another held of the same series, in the same order: its three tables in one. Raises ValueError for other detectors."""
        self.pools = {name: number for number, name in enumerate(pools)}
        if self._panel is not None:
            self._panel.restore({k: a[0] if _is_of_lane(k) else a for k, a in _part(state, "panel").items()})
        for i, calibrator in self._calibrators.items():
            calibrator.restore(_part(state, f"alone{i}"))

    def _grow(self, slots: int, pools: int) -> None:
        if self._panel is not None:
            self._panel.grow(slots, pools)
        for calibrator in self._calibrators.values():
            calibrator.grow(slots, pools)


def _is_of_lane(name: str) -> bool:
    return name.rpartition(".")[2] in _BUDGET_OF_LANE


def _part(state: Mapping[str, NDArray[np.generic]], name: str) -> State:
    return {key.removeprefix(f"{name}."): array for key, array in state.items() if key.startswith(f"{name}.")}
