"""The catalogue: which series are watched by what, what counts as an anomaly. Pure; the file stands in deploy/config/detectors."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import msgspec
import yaml
from msgspec import Struct

from detectors.series.calibration.budget import BudgetSettings
from detectors.series.calibration.panel import VOTE
from detectors.series.calibration.settings import CalibrationSettings
from detectors.series.calibration.vote import WAYS
from detectors.series.quality.kinds import Nature
from detectors.series.quality.natures import matches, nature_of
from schemas.topic import FEED_PARTITIONS, FEED_TOPICS
from services.detection.entries import Chance, Entry, Mode, made_of, settings_of
from services.runtime.errors import ConfigurationError


class NoticeWatch(Struct, frozen=True, forbid_unknown_fields=True):
    """Series of notices (levels 0 to 4) that are an anomaly by themselves from ``least_level`` on."""

    watch: list[str]
    least_level: int = 2


class VoteWatch(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One p-value of all detectors it ``hears``, each by the first entry of its name, and the alarms paid from the ``budget`` (BudgetSettings;
    ``false_a_day`` is that of a lane as a whole). ``weights``: shares in the false alarms, by detector; the usual ones for those not named."""

    mode: Mode
    hears: list[str]
    way: str = "cauchy"
    weights: dict[str, float] = {}
    budget: dict[str, Any] = {}

    @property
    def version(self) -> str:
        """Changes with the settings."""
        return (
            "2-"
            + hashlib.sha256(repr((self.hears, self.way, self.weights, self.budget_settings())).encode()).hexdigest()[
                :6
            ]
        )

    def budget_settings(self) -> BudgetSettings:
        """Those of one partition: an even part, so that it matters nothing which worker has it. Raises ValueError for a senseless setting."""
        whole = settings_of(BudgetSettings, self.budget, "vote.budget")
        return replace(whole, false_a_day=whole.false_a_day / (FEED_PARTITIONS * len(FEED_TOPICS)))


class QualityWatch(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, rename={"excepted": "except"}):
    """Series whose reports are looked at for defects. ``natures``: which patterns are a stock, rate, price, share, queue or category; others may
    hold any number."""

    mode: Mode
    watch: list[str]
    excepted: list[str] = []
    natures: dict[str, list[str]] = {}

    def watches(self, series: str) -> bool:
        """True when reports of this series are looked at."""
        return matches(series, self.watch) and not matches(series, self.excepted)

    def nature(self, series: str) -> Nature:
        """What the series measures, by its id."""
        return nature_of(series, self.natures)


class Watch(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole file. ``calibration``: CalibrationSettings. Without ``vote`` and ``quality`` there is none. ``reach_rows``: how many of the newest
    rows of a series can still be corrected, or have a late one put between them."""

    id: str
    detectors: list[Entry]
    notice: NoticeWatch
    calibration: dict[str, Any] = {}
    vote: VoteWatch | None = None
    quality: QualityWatch | None = None
    normal_every_h: float = 6.0
    reach_rows: int = 24
    rebuild_messages: int = 50_000
    republish_messages: int = 200
    snapshot_every_s: float = 30.0

    def is_notice(self, series: str) -> bool:
        """True when this series carries notices."""
        return matches(series, self.notice.watch)

    def calibration_settings(self) -> CalibrationSettings:
        """How p-values are calibrated on pools. Raises ValueError for a senseless setting."""
        return settings_of(CalibrationSettings, self.calibration, "calibration")

    @property
    def alarm_level(self) -> float:
        """That of the first live detector, the default of the whole."""
        return next(e.alarm_level for e in self.detectors if e.mode is Mode.LIVE)

    def live(self) -> "Watch":
        """Without what is only tried out: the same scores that count, at less cost."""
        return msgspec.structs.replace(
            self,
            detectors=[e for e in self.detectors if e.mode is Mode.LIVE],
            vote=self.vote if self._needs_vote() else None,
            quality=self.quality if self._needs_quality() else None,
        )

    def _needs_vote(self) -> bool:
        return self.vote is not None and self.vote.mode is Mode.LIVE

    def _needs_quality(self) -> bool:
        is_live = self.quality is not None and self.quality.mode is Mode.LIVE
        return is_live or any(e.mode is Mode.LIVE and e.rows == "trusted" for e in self.detectors)

    def version(self) -> str:
        """Changes with all that changes a number in the state."""
        keys = made_of(self.detectors)
        plain = [(key, e.watch, e.excepted, e.rows, e.p) for key, e in zip(keys, self.detectors, strict=True)]
        quality = self.quality and (self.quality.watch, self.quality.excepted, self.quality.natures)
        vote = self.vote and (self.vote.hears, self.vote.way, self.vote.weights, self.vote.budget_settings())
        told = repr((plain, quality, vote, self.calibration_settings(), self.reach_rows))
        return "2-" + hashlib.sha256(told.encode()).hexdigest()[:8]


def parse_watch(text: str, name: str) -> Watch:
    """Read a file (YAML). Raises ConfigurationError that names the file, the place and what would be right."""
    try:
        told = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{name}: 不是 YAML not YAML ({error})") from error
    if isinstance(told, dict) and "robust_level" in told:
        raise ConfigurationError(
            f"{name}: robust_level 应移入 detectors 列表 belongs into the list detectors, as in the shipped file: - detector: robust_level"
        )
    try:
        watch = msgspec.convert(told, Watch)
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"{name}: {error}") from error
    problems = [f"{name}: {p}" for p in _problems(watch)]
    if problems:
        raise ConfigurationError(*problems)
    return watch


def _problems(watch: Watch) -> Iterator[str]:
    of_entries = [p for n, entry in enumerate(watch.detectors) for p in _problems_of(entry, f"detectors[{n}]")]
    yield from of_entries or _refused("detectors", lambda: made_of(watch.detectors))
    if not any(e.mode is Mode.LIVE for e in watch.detectors):
        yield "detectors 中没有 mode: live 的检测器 has no detector with mode: live; at least one is right"
    yield from _refused("", watch.calibration_settings)
    if watch.vote is not None:
        yield from _problems_of_vote(watch, watch.vote)
    for nature in watch.quality.natures if watch.quality else ():
        if nature.upper() not in Nature.__members__:
            right = ", ".join(n.name.lower() for n in Nature)
            yield f"quality.natures.{nature} 不认识，应为其一 is unknown; one of {right} is right"
    if not 1 <= watch.notice.least_level <= 4:
        yield f"notice.least_level {watch.notice.least_level} 应为 1 至 4 is not 1 to 4"
    if not 0 <= watch.normal_every_h <= 168:
        yield f"normal_every_h {watch.normal_every_h} 应在 0 至 168 is not between 0 and 168"
    if not 1 <= watch.reach_rows <= 1000:
        yield f"reach_rows {watch.reach_rows} 应在 1 至 1000 is not between 1 and 1000"
    if not 0.1 <= watch.snapshot_every_s <= 3600:
        yield f"snapshot_every_s {watch.snapshot_every_s} 应在 0.1 至 3600 is not between 0.1 and 3600"
    if watch.republish_messages < 0 or watch.rebuild_messages < watch.republish_messages:
        yield f"rebuild_messages {watch.rebuild_messages} 应不小于 republish_messages is less than {watch.republish_messages}"


def _problems_of(entry: Entry, place: str) -> Iterator[str]:
    if not 0 < entry.alarm_level <= 0.05:
        yield f"{place}.alarm_level {entry.alarm_level} 应在 (0, 0.05] is not in (0, 0.05]"
    if not entry.watch:
        yield f'{place}.watch 为空 is empty; ["*"] 看全部 watches all'
    yield from _refused(place, entry.make)


def _problems_of_vote(watch: Watch, vote: VoteWatch) -> Iterator[str]:
    if vote.way not in WAYS:
        yield f"vote.way {vote.way!r} 不认识，应为其一 is unknown; one of {', '.join(WAYS)} is right"
    known = list(dict.fromkeys(e.detector for e in watch.detectors))
    for name in vote.hears:
        if name not in known or name == VOTE:
            yield f"vote.hears: {name!r} 不在 detectors 中，应为其一 is not among detectors; one of {', '.join(known)} is right"
    if not vote.hears or len(set(vote.hears)) < len(vote.hears):
        yield f"vote.hears {vote.hears} 应为不同检测器 is not a list of different detectors"
    for name, weight in vote.weights.items():
        if name not in vote.hears:
            yield f"vote.weights: {name!r} 不在 vote.hears 中，应为其一 is not heard; one of {', '.join(vote.hears)} is right"
        if not 0 < weight <= 1000:
            yield f"vote.weights.{name} {weight} 应在 (0, 1000] is not in (0, 1000]"
    yield from _refused("", vote.budget_settings)


def _refused(place: str, make: Callable[[], object]) -> Iterator[str]:
    try:
        make()
    except ValueError as error:
        yield f"{place}: {error}" if place else str(error)


def heard(watch: Watch) -> list[int]:
    """Numbers of the entries the vote hears, in its order."""
    names = [e.detector for e in watch.detectors]
    return [names.index(name) for name in watch.vote.hears] if watch.vote else []


def alone(watch: Watch) -> list[int]:
    """Numbers of the entries that are calibrated without the vote."""
    spoken = set(heard(watch))
    return [i for i, e in enumerate(watch.detectors) if i not in spoken and e.p is Chance.CALIBRATED]
