"""The simple forecasts, fitted once on training scenarios and kept in a file."""

from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Struct

from detectors.skill.baselines import Climatology, Isotonic
from services.cli.backtest.skill.cases import RISKS, Cases
from services.cli.backtest.skill.ground import SEASONS, Ground
from services.intake.scenario.season import CHINA
from services.runtime.errors import ConfigurationError

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
RULES = ("cover", "line", "persistence")
CLIMATOLOGY = "climatology"


class Training(Struct, frozen=True):
    """Cases of one training scenario with kind and season."""

    cases: Cases
    kind: Ints
    season: Ints


class Baselines(Struct, frozen=True, kw_only=True):
    """Fitted rules by name (risk to probability; ``hours`` is the forecast's own median, for a forecast without probabilities) and climatology."""

    trained_on: list[str]
    kinds: tuple[str, ...]
    rules: dict[str, Isotonic]
    climatology: Climatology
    v: int = 1


def season_of(start: datetime, hours: Floats) -> Ints:
    """Quarter of the year in China (0 is December to February) at hours after ``start``."""
    months = [(start + timedelta(hours=h)).astimezone(CHINA).month for h in hours.tolist()]
    return np.array(months, dtype=np.int64) % 12 // 3


def training_of(cases: Cases, ground: Ground, issued: Floats, start: datetime) -> Training:
    """Cases with the kind of their node and the season of their issue."""
    return Training(cases, ground.kind[cases.account], season_of(start, issued)[cases.issue])


def fit(trained_on: list[str], kinds: tuple[str, ...], given: list[Training]) -> Baselines:
    """Fit on training scenarios. Raises ConfigurationError when there are none."""
    if not given:
        raise ConfigurationError("没有训练情景 no training scenarios: --train random@9001-9020")
    hours, left = (np.concatenate([getattr(t.cases, n) for t in given]) for n in ("hours", "left_h"))
    kind, season = (np.concatenate([getattr(t, n) for t in given]) for n in ("kind", "season"))
    rules = {name: Isotonic.fitted(np.concatenate([t.cases.risk[name] for t in given]), hours, left) for name in RISKS}
    climatology = Climatology.fitted(kind, season, hours, left, (len(kinds), SEASONS))
    return Baselines(trained_on=trained_on, kinds=kinds, rules=rules, climatology=climatology)


def read(path: Path) -> Baselines:
    """Read a fitted file. Raises ConfigurationError when it is not one."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Baselines)
    except msgspec.DecodeError as error:
        raise ConfigurationError(f"{path}: 不是基线文件 not a file of baselines: {error}") from error


def write(baselines: Baselines, path: Path) -> None:
    """Write a fitted file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.encode(baselines))
