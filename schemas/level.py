"""The four colours, and the two states that are none of them."""

from enum import StrEnum


class Level(StrEnum):
    """State of a node: 正常, 蓝, 黄, 橙, 红 or 情况不明. UNKNOWN is never drawn as normal and never closes an episode."""

    NORMAL = "normal"
    BLUE = "blue"
    YELLOW = "yellow"
    ORANGE = "orange"
    RED = "red"
    UNKNOWN = "unknown"


LEVEL_ZH: dict[Level, str] = {
    Level.NORMAL: "正常",
    Level.BLUE: "蓝色",
    Level.YELLOW: "黄色",
    Level.ORANGE: "橙色",
    Level.RED: "红色",
    Level.UNKNOWN: "情况不明",
}

SEVERITY: dict[Level, str] = {
    Level.RED: "critical",
    Level.ORANGE: "major",
    Level.YELLOW: "warning",
    Level.BLUE: "info",
    Level.UNKNOWN: "warning",
    Level.NORMAL: "info",
}

_RANK = {Level.NORMAL: 0, Level.BLUE: 1, Level.YELLOW: 2, Level.ORANGE: 3, Level.RED: 4}


def rank(level: Level) -> int | None:
    """Order of the colours, 0 (normal) to 4 (red); None for UNKNOWN, which compares with nothing."""
    return _RANK.get(level)
