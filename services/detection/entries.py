"""One line of the catalogue: a detector, the series it watches, its settings, and whether it counts. Pure."""

from collections.abc import Mapping
from dataclasses import fields
from enum import StrEnum
from typing import Any, NamedTuple, TypeVar, cast

import msgspec
from msgspec import Struct

from detectors.series.change_point import ChangeParameters, ChangePoint
from detectors.series.cover_trend import CoverTrend, TrendParameters
from detectors.series.cusum import Cusum, CusumParameters
from detectors.series.detector import Detector
from detectors.series.ewma import Ewma, EwmaParameters
from detectors.series.forecast_residual import ForecastResidual, ResidualParameters
from detectors.series.page_hinkley import PageHinkley, PageHinkleyParameters
from detectors.series.quality.natures import matches
from detectors.series.robust_level import LevelParameters, RobustLevel
from detectors.series.seasonal import Seasonal, SeasonalParameters

T = TypeVar("T")


class _Made(NamedTuple):
    detector: Any
    settings: Any


KNOWN: dict[str, _Made] = {
    made.detector.name: made
    for made in (
        _Made(RobustLevel, LevelParameters),
        _Made(Ewma, EwmaParameters),
        _Made(Cusum, CusumParameters),
        _Made(PageHinkley, PageHinkleyParameters),
        _Made(Seasonal, SeasonalParameters),
        _Made(CoverTrend, TrendParameters),
        _Made(ChangePoint, ChangeParameters),
        _Made(ForecastResidual, ResidualParameters),
    )
}
"""Detectors by name, with what their settings are made of."""


class Mode(StrEnum):
    """LIVE: its scores count. SHADOW: it is tried out; its anomalies are published and kept, marked, and nothing acts on them."""

    LIVE = "live"
    SHADOW = "shadow"


class Chance(StrEnum):
    """Whose p-value is published and compared with the alarm level: CALIBRATED on like series, or the detector's OWN."""

    CALIBRATED = "calibrated"
    OWN = "own"


class Learnt(StrEnum):
    """Which rows a detector judges and learns: ALL, as they were told; or those that data quality has TRUSTED, corrected where that is known."""

    TRUSTED = "trusted"
    ALL = "all"


class Entry(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, rename={"excepted": "except"}):
    """A detector over the series whose ids match ``watch`` and not ``except``. The same detector may stand twice with different settings."""

    detector: str
    mode: Mode
    watch: list[str]
    excepted: list[str] = []
    alarm_level: float = 1e-4
    p: Chance = Chance.CALIBRATED
    rows: Learnt = Learnt.TRUSTED
    settings: dict[str, Any] = {}

    def watches(self, series: str) -> bool:
        """True when it watches this series."""
        return matches(series, self.watch) and not matches(series, self.excepted)

    def make(self) -> Detector:
        """The detector, knowing nothing. Raises ValueError for an unknown name or setting, or a senseless one."""
        made = KNOWN.get(self.detector)
        if made is None:
            raise ValueError(f"{self.detector!r} 不认识，应为其一 is unknown; one of {', '.join(KNOWN)} is right")
        detector: Detector = made.detector(settings_of(made.settings, self.settings, "settings"))
        return detector


def settings_of(kind: type[T], given: Mapping[str, Any], place: str) -> T:
    """Settings of this kind (a dataclass that checks itself) as a file gives them; what is not given is usual.

    Raises ValueError that names ``place``, for an unknown name, a value of another type, or a senseless one.
    """
    right = [f.name for f in fields(cast(Any, kind))]
    wrong = [name for name in given if name not in right]
    if wrong:
        raise ValueError(f"{place}.{wrong[0]} 不认识，应为其一 is unknown; one of {', '.join(right)} is right")
    try:
        return msgspec.convert({name: _sized(value) for name, value in given.items()}, kind)
    except msgspec.ValidationError as error:
        raise ValueError(f"{place}: {error}") from error


def made_of(entries: list[Entry]) -> Mapping[str, Detector]:
    """Fresh detectors by key, which is name and version. Raises ValueError as ``make`` does, and for one that is given twice."""
    made: dict[str, Detector] = {}
    for entry in entries:
        detector = entry.make()
        key = key_of(detector)
        if key in made:
            raise ValueError(
                f"{key} 给了两次；同一检测器的设置应不同 was given twice; the same detector needs other settings"
            )
        made[key] = detector
    return made


def key_of(detector: Detector) -> str:
    """What tells a detector from all others: its name and version."""
    return f"{detector.name} {detector.version}"


def _sized(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
