"""How a level looks: word, shape and colour together, so that no eye depends on colour. The colours are those of the boards (``console.css``)."""

from msgspec import Struct

from schemas.level import LEVEL_ZH, Level


class Face(Struct, frozen=True):
    """Shape and words of a level; its colour is the class ``level-<name>`` of the style sheet."""

    level: Level
    shape: str
    zh: str
    en: str


_SHAPES = {
    Level.NORMAL: "✓",
    Level.BLUE: "●",
    Level.YELLOW: "▲",
    Level.ORANGE: "◆",
    Level.RED: "■",
    Level.UNKNOWN: "？",
}
FACES: dict[Level, Face] = {level: Face(level, _SHAPES[level], LEVEL_ZH[level], level.value) for level in Level}


def face_of(level: str | None) -> Face:
    """The face of a level as a table names it; null and what is no level are 情况不明.

    >>> face_of("red").shape, face_of(None).zh, face_of("green").zh
    ('■', '情况不明', '情况不明')
    """
    return FACES[Level(level)] if level in set(Level) else FACES[Level.UNKNOWN]
