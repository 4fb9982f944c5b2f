"""Which series are watched by what, and what counts as an anomaly. Pure; the file stands in deploy/config/detectors."""

from fnmatch import fnmatchcase

import msgspec
import yaml
from msgspec import Struct

from detectors.series.robust_level import LevelParameters
from services.runtime.errors import ConfigurationError


class LevelWatch(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, rename={"excepted": "except"}):
    """Series under the robust level (patterns of ids) and its settings."""

    watch: list[str]
    excepted: list[str] = []
    alarm_level: float = 1e-4
    window: int = 48
    warm_up: int = 10
    tail_df: float = 6.0
    least_spread: float = 0.01

    def parameters(self) -> LevelParameters:
        """Settings of the detector. Raises ValueError for a senseless one."""
        return LevelParameters(self.window, self.warm_up, self.tail_df, self.least_spread)


class NoticeWatch(Struct, frozen=True, forbid_unknown_fields=True):
    """Series of notices (levels 0 to 4) that are an anomaly by themselves from ``least_level`` on."""

    watch: list[str]
    least_level: int = 2


class Watch(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole file."""

    id: str
    robust_level: LevelWatch
    notice: NoticeWatch
    normal_every_h: float = 6.0
    rebuild_messages: int = 50_000
    republish_messages: int = 200
    snapshot_every_s: float = 30.0

    def is_level(self, series: str) -> bool:
        """True when the robust level watches this series."""
        level = self.robust_level
        return matches(series, level.watch) and not matches(series, level.excepted)

    def is_notice(self, series: str) -> bool:
        """True when this series carries notices."""
        return matches(series, self.notice.watch)


def matches(series: str, patterns: list[str]) -> bool:
    """True when one of the patterns (``*``, ``?``) fits the whole id.

    >>> matches("hazard.snow.150627", ["stock.*", "hazard.*"])
    True
    """
    return any(fnmatchcase(series, pattern) for pattern in patterns)


def parse_watch(text: str, name: str) -> Watch:
    """Read a file (YAML). Raises ConfigurationError that names the file, the place and what would be right."""
    try:
        told = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{name}: 不是 YAML not YAML ({error})") from error
    try:
        watch = msgspec.convert(told, Watch)
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"{name}: {error}") from error
    problems = [f"{name}: {p}" for p in _problems(watch)]
    if problems:
        raise ConfigurationError(*problems)
    return watch


def _problems(watch: Watch) -> list[str]:
    found = []
    level, notice = watch.robust_level, watch.notice
    if not 0 < level.alarm_level <= 0.05:
        found.append(f"robust_level.alarm_level {level.alarm_level} 应在 (0, 0.05] is not in (0, 0.05]")
    try:
        level.parameters()
    except ValueError as error:
        found.append(f"robust_level: {error}")
    if not level.watch:
        found.append('robust_level.watch 为空 is empty; ["*"] 看全部 watches all')
    if not 1 <= notice.least_level <= 4:
        found.append(f"notice.least_level {notice.least_level} 应为 1 至 4 is not 1 to 4")
    if not 0 <= watch.normal_every_h <= 168:
        found.append(f"normal_every_h {watch.normal_every_h} 应在 0 至 168 is not between 0 and 168")
    if not 0.1 <= watch.snapshot_every_s <= 3600:
        found.append(f"snapshot_every_s {watch.snapshot_every_s} 应在 0.1 至 3600 is not between 0.1 and 3600")
    if watch.republish_messages < 0 or watch.rebuild_messages < watch.republish_messages:
        found.append(
            f"rebuild_messages {watch.rebuild_messages} 应不小于 republish_messages is less than {watch.republish_messages}"
        )
    return found
