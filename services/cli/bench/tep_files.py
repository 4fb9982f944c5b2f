"""The files of the Tennessee Eastman benchmark: normal history, a normal test run, and test runs with a fault from row 161 on."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.runtime.errors import InputError

Floats = NDArray[np.float64]

FAULTS = range(1, 22)
QUIET_ROWS = 160
"""Rows of a test run before its fault begins."""
STEP_MIN = 3
MEASURED, SET = 41, 11


@dataclass(frozen=True)
class TepRuns:
    """Arrays of shape (rows, variables). ``normal``: history to learn from; ``quiet``: test run without a fault; ``faults``: by number."""

    normal: Floats
    quiet: Floats
    faults: dict[int, Floats]

    @property
    def names(self) -> list[str]:
        """XMEAS(1) to XMEAS(41), XMV(1) to XMV(11); plain numbers when there are other than 52 variables."""
        count = self.normal.shape[1]
        if count != MEASURED + SET:
            return [f"X({n + 1})" for n in range(count)]
        return [f"XMEAS({n + 1})" for n in range(MEASURED)] + [f"XMV({n + 1})" for n in range(SET)]


def read_runs(folder: Path) -> TepRuns:
    """Read d00.dat, d00_te.dat and dNN_te.dat of faults 1 to 21. Raises InputError naming the file that is missing or not as it should be."""
    quiet = _read(folder / "d00_te.dat")
    normal = _read(folder / "d00.dat")
    if normal.shape[1] != quiet.shape[1]:
        normal = normal.T  # d00.dat is stored the other way round
    runs = TepRuns(normal, quiet, {fault: _read(folder / f"d{fault:02d}_te.dat") for fault in FAULTS})
    for fault, run in [("d00", normal), *runs.faults.items()]:
        if run.shape[1] != quiet.shape[1]:
            raise InputError(f"{folder}: 变量数不一 {fault} has {run.shape[1]} variables, d00_te has {quiet.shape[1]}")
    for fault, run in runs.faults.items():
        if len(run) <= QUIET_ROWS:
            raise InputError(f"{folder}: 行数不足 fault {fault} has {len(run)} rows; more than {QUIET_ROWS} are right")
    return runs


def _read(path: Path) -> Floats:
    try:
        table = np.loadtxt(path, ndmin=2)
    except OSError as error:
        raise InputError(f"{path}: 无法读取 cannot be read; see docs/bench-tep.md for where to get it") from error
    except ValueError as error:
        raise InputError(f"{path}: 不是数字表 not a table of numbers: {error}") from error
    return np.asarray(table, np.float64)
