"""Speed of detectors on arrays: each series gets one value an hour, all series in one round.

Times are processor seconds of this process, which works in one thread: observations a second of one core, also on a machine that does other work.
"""

import time

import numpy as np
from numpy.typing import NDArray

from detectors.series.bank import Bank, level_detectors, standard_detectors
from detectors.series.detector import Detector, Floats, Integers
from services.cli.bench.detect_peer import NO_PEER, peer_speeds
from services.cli.bench.figures import Figures
from services.cli.bench.risk_growth import Growth

_WARM_HOURS = 60
_HOUR_US = 3_600_000_000
_START_US = 1_704_067_200_000_000
_SIZES = (1_000, 10_000, 100_000, 300_000)
_ARRAYS = 16


def measure(series: int, rounds: int, *, quick: bool) -> tuple[Figures, list[str]]:
    """All figures, and what a reader must know of them."""
    speeds = {d.name: _speed([d], series, rounds) for d in standard_detectors()}
    level = [d.name for d in level_detectors()]
    bank = standard_detectors()
    figures: Figures = {
        "array_obs_per_s": min(speeds[name] for name in level),
        "bank_obs_per_s": _speed(bank, series, rounds),
        "bytes_per_series": float(max(d.bytes_per_series for d in bank)),
        "bank_bytes_per_series": float(Bank().bytes_per_series),
    }
    notes = [
        f"{series:,} series, one thread, processor time; array_obs_per_s: the slowest of {', '.join(level)}",
        f"bank: {', '.join(d.name for d in bank)}, after one cut of the rows; bytes_per_series: the largest of them",
    ]
    if not quick:
        figures["river_ratio"], more = _against_peer(speeds)
        notes += more
    figures |= {f"{name}_obs_per_s": speed for name, speed in speeds.items()}
    figures |= {f"{d.name}_bytes": float(d.bytes_per_series) for d in bank}
    return figures, notes


def growth() -> Growth:
    """Seconds of a round of the whole bank at each number of series."""
    line = [(n, n / _speed(standard_detectors(), n, 10)) for n in _SIZES]
    return [("序列 series (one value each, whole bank)", line)]


def _against_peer(speeds: dict[str, float]) -> tuple[float, list[str]]:
    """The smallest of the ratios, and each of them in words; not a number when river did not run."""
    peers, version = peer_speeds()
    if not peers:
        return float("nan"), [f"river did not run: {version}"]
    ratios = {ours: speeds[ours] / speed for ours, (_, speed) in peers.items()}
    notes = [
        f"river {version}: {theirs} {speed:,.0f} obs/s, ours ({ours}) {ratios[ours]:,.0f} times"
        for ours, (theirs, speed) in peers.items()
    ]
    return min(ratios.values()), [*notes, f"river_ratio: the smallest; {NO_PEER}"]


def _speed(detectors: list[Detector], series: int, rounds: int) -> float:
    """Observations a second, each judged and learnt by all of the detectors, after windows have filled."""
    bank = Bank(detectors)
    bank.grow(series)
    slots = np.arange(series)
    noise = np.random.default_rng(1).standard_normal((_ARRAYS, series)) + 100.0
    for hour in range(_WARM_HOURS):
        bank.judge(slots, *_round(noise, hour))
    seconds = 0.0
    for hour in range(_WARM_HOURS, _WARM_HOURS + rounds):
        rows = _round(noise, hour)
        begin = time.process_time()
        bank.judge(slots, *rows)
        seconds += time.process_time() - begin
    return series * rounds / seconds


def _round(noise: NDArray[np.float64], hour: int) -> tuple[Integers, Floats]:
    """Times and values of one hour; rows of the noise are passed on among the series, so that none sees its own again."""
    values = np.roll(noise[hour % _ARRAYS], 37 * hour)
    return np.full(len(values), _START_US + hour * _HOUR_US), values
