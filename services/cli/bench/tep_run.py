"""The Tennessee Eastman benchmark, run: every row judged in order of time, knowing nothing of what comes after."""

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.series.related import (
    CanonicalVariates,
    DynamicPca,
    IsolatedRows,
    RelatedScored,
    RelatedWatch,
    RobustCovariance,
)
from detectors.series.related.evidence import Method
from detectors.series.related.limits import ALPHA
from services.cli.bench.figures import Figures
from services.cli.bench.tep_files import QUIET_ROWS, STEP_MIN, TepRuns

Floats = NDArray[np.float64]

METHODS: dict[str, type[CanonicalVariates | DynamicPca | RobustCovariance | IsolatedRows]] = {
    "canonical_variates": CanonicalVariates,
    "dynamic_pca": DynamicPca,
    "robust_covariance": RobustCovariance,
    "isolation_forest": IsolatedRows,
}
UNSEEABLE = (3, 9, 15)
"""Faults that hardly show in any variable; not in the mean."""
LASTING_ROWS = 6
"""A lasting alarm begins with so many alarmed rows on end, as Russell, Chiang and Braatz count delays."""
FIRST_ROWS = 20
"""A variable is named by so many alarmed rows: later a fault has spread, and others are off too."""
ALPHAS = (0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002, 0.0001)


@dataclass(frozen=True)
class TepScored:
    """p-values of every row. ``named``: per fault, the variable that most often explains best in the first alarmed rows."""

    quiet: Floats
    faults: dict[int, Floats]
    named: dict[int, str]
    seconds: float
    settled: str

    def far(self, alpha: float = ALPHA) -> float:
        """Share of rows of the run without a fault that alarm."""
        return float((self.quiet <= alpha).mean())

    def far_prefault(self, alpha: float = ALPHA) -> float:
        """Share of rows before the fault that alarm, over all runs with a fault."""
        return float(np.mean([(p[:QUIET_ROWS] <= alpha).mean() for p in self.faults.values()]))

    def detection(self, fault: int, alpha: float = ALPHA) -> float:
        """Share of rows since the fault that alarm."""
        return float((self.faults[fault][QUIET_ROWS:] <= alpha).mean())

    def mean_detection(self, alpha: float = ALPHA) -> float:
        """Mean over the faults that can be seen."""
        return float(np.mean([self.detection(f, alpha) for f in self.faults if f not in UNSEEABLE]))

    def delay_min(self, fault: int, rows: int = 1, alpha: float = ALPHA) -> float:
        """Minutes from the start of the fault to the first alarm, or with ``rows`` to the first of so many on end; infinite without one."""
        alarms = self.faults[fault][QUIET_ROWS:] <= alpha
        runs = np.convolve(alarms, np.ones(rows), "valid") >= rows
        return float(np.argmax(runs) * STEP_MIN) if runs.any() else float("inf")


def judge(runs: TepRuns, method: Method) -> TepScored:
    """Learn from the normal history alone, then judge each run from a fresh start. Raises ValueError when the history cannot be learnt from."""
    begun = time.perf_counter()
    watch = RelatedWatch(method, runs.normal, runs.names)
    judged: dict[int, RelatedScored] = {}
    for fault, rows in runs.faults.items():
        watch.forget()
        judged[fault] = watch.judge(rows)
    watch.forget()
    quiet = watch.judge(runs.quiet)
    return TepScored(
        quiet=quiet.p_value,
        faults={fault: scored.p_value for fault, scored in judged.items()},
        named={fault: _named(scored, runs.names) for fault, scored in judged.items()},
        seconds=time.perf_counter() - begun,
        settled=repr(watch.method),
    )


def figures_of(scored: TepScored) -> Figures:
    """Rates as shares from 0 to 1 at the shipped alpha."""
    made = {
        "mean_fdr": scored.mean_detection(),
        "far": scored.far(),
        "far_prefault": scored.far_prefault(),
        "alpha": ALPHA,
        "seconds": scored.seconds,
    }
    return made | {f"fdr_{fault:02d}": scored.detection(fault) for fault in scored.faults}


def said(scored: TepScored) -> list[str]:
    """The rule, the rates over a range of alpha, and a line per fault."""
    lines = [
        f"rates are shares of rows; mean_fdr leaves out faults {', '.join(map(str, UNSEEABLE))}; learnt: {scored.settled}",
        "limits: from d00 alone by the rule of detectors/series/related/limits.py, alpha as shipped",
    ]
    lines += [
        f"alpha {a:g}: mean_fdr {scored.mean_detection(a):.4f}, far {scored.far(a):.4f}, far_prefault {scored.far_prefault(a):.4f}"
        for a in ALPHAS
    ]
    return lines + [
        f"fault {f}: detection {scored.detection(f):.3f}, first alarm {scored.delay_min(f):g} min, "
        f"lasting alarm {scored.delay_min(f, LASTING_ROWS):g} min, at first {scored.named[f]}"
        for f in scored.faults
    ]


def _named(scored: RelatedScored, names: list[str]) -> str:
    """Of the first alarmed rows since the fault, the variable that most often explains best; a dash when none alarms."""
    since = np.flatnonzero(scored.p_value[QUIET_ROWS:] <= ALPHA)[:FIRST_ROWS] + QUIET_ROWS
    if not len(since):
        return "–"
    first = np.argmax(np.nan_to_num(scored.contribution[since]), axis=1)
    return names[int(np.argmax(np.bincount(first, minlength=len(names))))]
