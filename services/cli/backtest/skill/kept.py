"""Judgements kept in a folder, so that a run that was cut off goes on where it was, and parts run apart come together."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from services.cli.backtest.skill.baselines import Baselines
from services.cli.backtest.skill.judged import Judged
from services.cli.backtest.skill.task import Task

_STAGES = ("alerting", "cli/backtest", "detection", "intake", "risk", "runtime")
_ON_THE_PATH = ("detectors", "schemas", *(f"services/{name}" for name in _STAGES))
_ROOT = Path(__file__).resolve().parents[4]


class KeptJudgements:
    """The folder. A judgement is found again only for the same scenario, seed, mismatch, hours between ticks, chain, rules, simple forecasts, and
    program; others lie beside it untouched."""

    def __init__(self, folder: Path, mark: str) -> None:
        self._folder, self._mark = folder, mark
        folder.mkdir(parents=True, exist_ok=True)

    def find(self, task: Task) -> Judged | None:
        """The judgement of a task, None when there is none or its file was cut off."""
        try:
            return msgspec.msgpack.decode(self._path(task).read_bytes(), type=Judged, dec_hook=_to_array)
        except (FileNotFoundError, msgspec.DecodeError):
            return None

    def keep(self, task: Task, judged: Judged) -> None:
        """Write a judgement, whole or not at all."""
        path = self._path(task)
        unfinished = path.with_suffix(".part")
        unfinished.write_bytes(msgspec.msgpack.encode(judged, enc_hook=_to_list))
        unfinished.replace(path)

    def _path(self, task: Task) -> Path:
        scenario = Path(task.scenario)
        mark = _digest([scenario], self._mark) if scenario.is_file() else self._mark
        return self._folder / f"{task.name}-mismatch{task.mismatch}-{mark}.msgpack"


def mark_of(chain: Path, rules: Path, config: Path, baselines: Baselines, tick_h: int) -> str:
    """A digest of all that a judgement depends on besides its task."""
    settings = msgspec.json.encode(baselines).decode()
    return _digest([*_files(chain), rules, *_files(config), *_program()], f"{settings} {tick_h}")


def _digest(files: Iterable[Path], settings: str) -> str:
    digest = hashlib.sha256(settings.encode())
    for file in files:
        digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()[:12]


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _program() -> Iterator[Path]:
    for package in _ON_THE_PATH:
        yield from sorted((_ROOT / package).rglob("*.py"))


def _to_list(value: Any) -> Any:
    return value.tolist()


def _to_array(_type: type, value: Any) -> Any:
    return np.array(value, dtype=np.float64)
