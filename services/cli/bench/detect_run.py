"""Speed of detectors on arrays: each series gets one value an hour, all series in one round.

Times are processor seconds of this process, which works in one thread: observations a second of one core, also on a machine that does other work.
"""

import time

import numpy as np
from numpy.typing import NDArray

from detectors.series.bank import Bank, level_detectors, standard_detectors
from detectors.series.calibration.panel import Panel
from detectors.series.detector import Detector, Floats, Integers
from detectors.series.quality.kinds import Nature
from detectors.series.quality.places import Place
from detectors.series.quality.reports import Reports
from detectors.series.quality.watch import Watch
from services.cli.bench.detect_peer import NO_PEER, peer_speeds
from services.cli.bench.figures import Figures
from services.cli.bench.risk_growth import Growth

_NATURES = (
    Nature.STOCK,
    Nature.RATE,
    Nature.RATE,
    Nature.PRICE,
    Nature.SHARE,
    Nature.QUEUE,
    Nature.OTHER,
)
_WARM_HOURS = 60
_HOUR_US = 3_600_000_000
_START_US = 1_704_067_200_000_000
_SIZES = (1_000, 10_000, 100_000, 300_000)
_ARRAYS = 16
_LAG_US = 1_800_000_000


def measure(series: int, rounds: int, *, quick: bool) -> tuple[Figures, list[str]]:
    """All figures, and what a reader must know of them."""
    speeds = {d.name: _speed([d], series, rounds) for d in standard_detectors()}
    level = [d.name for d in level_detectors()]
    bank = standard_detectors()
    kept = {d.name: d.bytes_per_series for d in bank} | _quality_bytes()
    figures: Figures = {
        "array_obs_per_s": min(speeds[name] for name in level),
        "bank_obs_per_s": _speed(bank, series, rounds, watch=_watch(series), panel=_panel(bank, series)),
        "bytes_per_series": float(max(kept.values())),
        "bank_bytes_per_series": float(Bank().bytes_per_series + sum(_quality_bytes().values())),
    }
    notes = [
        f"{series:,} series, one thread, processor time; array_obs_per_s: the slowest of {', '.join(level)}",
        f"bank: data quality ({', '.join(_quality_bytes())}; a seventh of the series are stocks with their receipts and uses), then "
        f"{', '.join(d.name for d in bank)} on what it trusts, calibration in {len(_NATURES)} pools, vote and alarm budget",
        "bytes_per_series: the largest of all",
    ]
    if not quick:
        figures["river_ratio"], more = _against_peer(speeds)
        notes += more
    figures["detectors_obs_per_s"] = _speed(bank, series, rounds)
    figures["detectors_and_quality_obs_per_s"] = _speed(bank, series, rounds, watch=_watch(series))
    figures |= {f"{name}_obs_per_s": speed for name, speed in speeds.items()}
    figures |= {f"{name}_bytes": float(size) for name, size in kept.items()}
    return figures, notes


def growth() -> Growth:
    """Seconds of a round of the whole bank at each number of series."""
    bank = standard_detectors
    line = [(n, n / _speed(bank(), n, 10, watch=_watch(n), panel=_panel(bank(), n))) for n in _SIZES]
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


def _speed(
    detectors: list[Detector], series: int, rounds: int, watch: Watch | None = None, panel: Panel | None = None
) -> float:
    """Observations a second, each judged and learnt by all of the detectors, after windows have filled."""
    bank = Bank(detectors)
    bank.grow(series)
    slots = np.arange(series)
    noise = np.random.default_rng(1).standard_normal((_ARRAYS, series)) + 100.0
    seconds = 0.0
    for hour in range(_WARM_HOURS + rounds):
        times, values = _round(noise, hour)
        begin = time.process_time()
        if watch is None:
            bank.judge(slots, times, values)
        else:
            _judge_trusted(watch, bank, panel, Reports(slots, times, times + _LAG_US, values))
        seconds += time.process_time() - begin if hour >= _WARM_HOURS else 0.0
    return series * rounds / seconds


def _judge_trusted(watch: Watch, bank: Bank, panel: Panel | None, reports: Reports) -> None:
    """Data quality first; the others hear what it trusts, corrected; then calibration, vote and budget."""
    watched = watch.take(reports)
    trusted = watched.is_trusted
    slots, times, values = reports.slots, watched.times_us, watched.values
    if not trusted.all():
        slots, times, values = slots[trusted], times[trusted], values[trusted]
    scored = list(bank.judge(slots, times, values).scored.values())
    if panel is not None:
        statistic, own = (np.stack([getattr(s, n) for s in scored], axis=1) for n in ("statistic", "p_value"))
        panel.judge(slots % len(_NATURES), slots, times + _LAG_US, statistic, own)


def _watch(series: int) -> Watch:
    """The watch over data quality: series of every nature in turn, each stock with the two rates beside it a place."""
    natures = np.array([int(n) for n in _NATURES], np.int8)
    places = [Place(i, (i + 1,), (i + 2,)) for i in range(0, series - 2, len(_NATURES))]
    return Watch(natures[np.arange(series) % len(natures)], np.full(series, np.nan), places)


def _panel(bank: list[Detector], series: int) -> Panel:
    """Calibration, vote and budget of the bank, a pool for each nature."""
    panel = Panel([d.name for d in bank])
    panel.grow(series, len(_NATURES))
    return panel


def _quality_bytes() -> dict[str, int]:
    watch = _watch(len(_NATURES))
    return {d.name: d.bytes_per_series for d in (watch.timing, watch.scale, watch.repeat, watch.balance)}


def _round(noise: NDArray[np.float64], hour: int) -> tuple[Integers, Floats]:
    """Times and values of one hour; rows of the noise are passed on among the series, so that none sees its own again."""
    values = np.roll(noise[hour % _ARRAYS], 37 * hour)
    return np.full(len(values), _START_US + hour * _HOUR_US), values
