"""All that ``lianjing bench calibration`` measures."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from services.cli.bench.calibration.bank import detector_classes
from services.cli.bench.calibration.month import live_month
from services.cli.bench.calibration.quiet import HOUR_US, quiet_series
from services.cli.bench.calibration.real import quiet_tables
from services.cli.bench.calibration.trial import Trial, block_steps, interval, try_out
from services.cli.bench.figures import Figures

ALPHA = 1e-3
ALPHAS = tuple(float(a) for a in 10 ** -np.arange(1.0, 4.6, 0.25))
_SERIES = 1000
_WARM_UP = 300
"""More steps than the longest warm-up, so that every detector judges at least the points asked for."""
_EXPECTED = 20


@dataclass(frozen=True)
class Curve:
    """Alarm rates of a detector on quiet series of a kind at each of ``ALPHAS``."""

    detector: str
    kind: str
    rates: tuple[float, ...]
    own_rates: tuple[float, ...]


def measure(
    kinds: tuple[str, ...], points: int, tables: Path | None, *, month: bool
) -> tuple[Figures, list[str], list[Curve]]:
    """Figures, notes and curves."""
    figures: Figures = {}
    notes: list[str] = []
    curves = []
    steps = points // _SERIES + _WARM_UP
    for kind in kinds:
        values, _ = quiet_series(kind, steps, _SERIES, seed=1)
        for name, make in detector_classes().items():
            trial = try_out(make(), values, np.arange(steps) * HOUR_US)
            curves.append(_curve(name, kind, trial))
            figures[f"rate_{name}_{kind}"] = round(trial.rate(ALPHA) / ALPHA, 3)
            notes.append(f"{name}, {kind}: {_pool(trial)}; own p-values {trial.own_rate(ALPHA) / ALPHA:.2f}")
    if tables:
        _measure_real(tables, figures, notes)
    if month:
        _measure_month(figures, notes)
    return figures, notes, curves


def _curve(name: str, kind: str, trial: Trial) -> Curve:
    return Curve(name, kind, tuple(trial.rate(a) for a in ALPHAS), tuple(trial.own_rate(a) for a in ALPHAS))


def _pool(trial: Trial) -> str:
    r = trial.report
    return f"{trial.points} points, pool of {r.weight:.0f} rows worth {r.effective:.0f}, {r.held} held back, {r.adopted} changes adopted"


def _measure_real(tables: Path, figures: Figures, notes: list[str]) -> None:
    for table, (values, days) in quiet_tables(tables).items():
        for name, make in detector_classes().items():
            trial = try_out(make(), values, np.arange(len(values)) * days * 24 * HOUR_US)
            if not trial.points:
                continue
            alpha = _EXPECTED / trial.points
            low, high = interval(trial.p, alpha, block_steps(table, trial.report))
            figures[f"rate_{name}_{table}"] = round(trial.rate(alpha) / alpha, 3)
            notes.append(
                f"{name}, {table}: alpha {alpha:.2g}, rate / alpha {trial.rate(alpha) / alpha:.2f} "
                f"(95 % {low / alpha:.2f} to {high / alpha:.2f}), {_pool(trial)}; own p-values {trial.own_rate(alpha) / alpha:.1f}"
            )


def _measure_month(figures: Figures, notes: list[str]) -> None:
    made = live_month(dict(detector_classes()), series=10_000, days=30, changes=50, seed=1)
    found = made.delay_h[made.delay_h >= 0]
    figures["false_a_day_mean"] = round(float(made.false_a_day.mean()), 2)
    figures["false_a_day_most"] = float(made.false_a_day.max())
    figures["changes_found"] = float(len(found))
    figures["delay_h_median"] = float(np.median(found)) if len(found) else float("inf")
    notes.append(f"month: contributed to an alarm of a change: {made.named}")
    notes.append(
        f"month: pools of the vote: {made.rows} rows worth { ({k: round(v) for k, v in made.effective.items()}) }"
    )
