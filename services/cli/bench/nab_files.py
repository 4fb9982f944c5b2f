"""Files of the Numenta Anomaly Benchmark: series with labelled windows, and results in its form."""

import csv
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from detectors.series.detector import Floats, Integers
from services.runtime.errors import InputError

Window = tuple[int, int]
"""First and last row, both inside."""


@dataclass(frozen=True)
class NabSeries:
    """One file. ``name`` is group/file.csv, ``stamps`` the times as they stand there (read as UTC in ``times_us``), one entry per row."""

    name: str
    stamps: tuple[str, ...]
    times_us: Integers
    values: Floats
    windows: tuple[Window, ...]

    @property
    def group(self) -> str:
        """The folder it lies in."""
        return self.name.split("/", 1)[0]

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.values)


def read_corpus(folder: Path) -> list[NabSeries]:
    """Read labels/combined_windows.json and the files of data/ it names. Raises InputError naming the file and what is wrong."""
    path = folder / "labels" / "combined_windows.json"
    try:
        labels = json.loads(path.read_text(encoding="utf-8"))
        named = sorted((name, [(str(a), str(b)) for a, b in windows]) for name, windows in labels.items())
    except OSError as error:
        raise InputError(f"{path}: 无法读取 cannot be read; docs/bench-nab.md says where to get it") from error
    except (ValueError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: 不是窗口表 not a table of windows by file: {error}") from error
    return [_read(folder / "data" / name, name, windows) for name, windows in named]


def _read(path: Path, name: str, labels: list[tuple[str, str]]) -> NabSeries:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = [(row["timestamp"].strip(), float(row["value"])) for row in csv.DictReader(file)]
        times = [_us(stamp) for stamp, _ in rows]
        windows = tuple((times.index(_us(a)), times.index(_us(b))) for a, b in labels)
    except OSError as error:
        raise InputError(f"{path}: 无法读取 cannot be read; docs/bench-nab.md says where to get it") from error
    except (KeyError, ValueError, TypeError) as error:
        raise InputError(
            f"{path}: 应为 timestamp,value 且含各窗口之时刻 not timestamp,value with the times of its windows: {error}"
        ) from error
    values = np.array([value for _, value in rows], np.float64)
    return NabSeries(name, tuple(stamp for stamp, _ in rows), np.array(times, np.int64), values, windows)


def _us(stamp: str) -> int:
    told = datetime.fromisoformat(stamp).replace(tzinfo=UTC)
    return round(told.timestamp()) * 1_000_000


def result_path(folder: Path, detector: str, series: str) -> Path:
    """Where NAB wants the result of one series: folder/detector/group/detector_file.csv."""
    group, file = series.split("/", 1)
    return folder / detector / group / f"{detector}_{file}"


def write_result(folder: Path, detector: str, series: NabSeries, scores: Floats) -> Path:
    """Write timestamp, value, anomaly_score (0 usual … 1) and label of every row. Raises InputError when the folder cannot be written."""
    path = result_path(folder, detector, series.name)
    labels = np.zeros(len(series), np.int64)
    for first, last in series.windows:
        labels[first : last + 1] = 1
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["timestamp", "value", "anomaly_score", "label"])
            writer.writerows(zip(series.stamps, series.values.tolist(), scores.tolist(), labels.tolist(), strict=True))
    except OSError as error:
        raise InputError(f"{path}: 无法写入 cannot be written: {error}") from error
    return path


def read_result(folder: Path, detector: str, series: NabSeries) -> Floats:
    """The anomaly scores of a result file of any detector. Raises InputError naming the file and what is wrong."""
    path = result_path(folder, detector, series.name)
    try:
        with path.open(newline="", encoding="utf-8") as file:
            scores = np.array([float(row["anomaly_score"] or "nan") for row in csv.DictReader(file)], np.float64)
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise InputError(f"{path}: 读不出 anomaly_score cannot be read from it: {error}") from error
    if len(scores) != len(series):
        raise InputError(f"{path}: {len(scores)} 行评分 scores for {len(series)} rows")
    return scores
