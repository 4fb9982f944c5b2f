"""What a notice means for the chain: which series, which level. Words come from the operator (``intake/cap.yaml``)."""

import math
import re
from collections.abc import Iterable, Sequence

from msgspec import Struct

from schemas.level import Level, rank
from schemas.rejection import Reason
from services.intake.cap.message import Area, Info, Notice
from services.intake.catalogue import Place
from services.intake.table.grid import FileFault

_NONE = 0
_COLOURS = (
    (Level.RED, re.compile(r"红|\bred\b", re.IGNORECASE)),
    (Level.ORANGE, re.compile(r"橙|\borange\b", re.IGNORECASE)),
    (Level.YELLOW, re.compile(r"黄|\byellow\b", re.IGNORECASE)),
    (Level.BLUE, re.compile(r"蓝|\bblue\b", re.IGNORECASE)),
)
_SEVERITIES = {"extreme": Level.RED, "severe": Level.ORANGE, "moderate": Level.YELLOW, "minor": Level.BLUE}
_CODE = re.compile(r"\d{6}")
_KM_PER_DEGREE = 111.2


class Words(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Words of an event by its name in series ids, in any language."""

    events: dict[str, list[str]] = {}


def level_of(info: Info) -> int:
    """Level of a block, 1 blue to 4 red: a colour word in severity, event, parameters or headline, else the CAP word. Raises FileFault for none.

    >>> level_of(Info(language="zh-CN", event="暴雪橙色预警", severity="Unknown"))
    3
    """
    for text in (info.severity, info.event, *info.parameters, info.headline):
        for level, pattern in _COLOURS:
            if pattern.search(text):
                return rank(level) or _NONE
    named = _SEVERITIES.get(info.severity.lower())
    if named is None:
        wanted = (
            "红、橙、黄、蓝，或 Extreme、Severe、Moderate、Minor / a colour word, or Extreme, Severe, Moderate, Minor"
        )
        raise FileFault(Reason.WRONG_TYPE, info.severity, wanted, "severity")
    return rank(named) or _NONE


def event_of(info: Info, words: Words) -> str:
    """Name of the event in series ids. Raises FileFault for an event without a word."""
    texts = [t.lower() for t in (info.event, *info.codes, info.headline)]
    for text in texts:
        found = [
            (len(w), name) for name, spellings in words.events.items() for w in (name, *spellings) if w.lower() in text
        ]
        if found:
            return max(found)[1]
    known = ", ".join(words.events)
    raise FileFault(Reason.UNKNOWN_SERIES, info.event, f"已配置的事件 / a configured event: {known}", "event")


def series_of(info: Info, event: str, known: Iterable[str], places: Sequence[Place]) -> set[str]:
    """Watched series of a block: by code (a code of a city or province covers what lies in it), polygon or circle."""
    head = f"hazard.{event}."
    watched = {name[len(head) :] for name in known if name.startswith(head)}
    found: set[str] = set()
    for area in info.areas:
        codes = {code for text in area.codes for code in _CODE.findall(text)[:1]}
        found |= {w for w in watched if any(_covers(code, w) for code in codes)}
        found |= watched & {p.admin_code for p in places if _contains(area, p)}
    return {head + code for code in found}


def _covers(code: str, other: str) -> bool:
    return code == other or (code.endswith("0") and other.startswith(code.removesuffix("00").removesuffix("00")))


def _contains(area: Area, place: Place) -> bool:
    return any(_in_polygon(p, place) for p in area.polygons) or any(_in_circle(c, place) for c in area.circles)


def _in_circle(circle: tuple[float, float, float], place: Place) -> bool:
    north = (place.latitude - circle[0]) * _KM_PER_DEGREE
    east = (place.longitude - circle[1]) * _KM_PER_DEGREE * math.cos(math.radians(circle[0]))
    return math.hypot(north, east) <= circle[2]


def _in_polygon(polygon: Sequence[tuple[float, float]], place: Place) -> bool:
    inside = False
    for (y1, x1), (y2, x2) in zip(polygon, [*polygon[1:], *polygon[:1]], strict=True):
        if (y1 > place.latitude) != (y2 > place.latitude):
            crossing = x1 + (place.latitude - y1) / (y2 - y1) * (x2 - x1)
            inside ^= place.longitude < crossing
    return inside


class Meaning(Struct, frozen=True):
    """Levels of watched series by one notice, the block of each, and areas nobody watches."""

    levels: dict[str, int]
    infos: dict[str, list[Info]]
    unwatched: list[str]


def meaning_of(notice: Notice, words: Words, known: Iterable[str], places: Sequence[Place]) -> Meaning:
    """What a notice says of watched series. Raises FileFault for an unknown event or level."""
    names = [n for n in known if n.startswith("hazard.")]
    levels: dict[str, int] = {}
    infos: dict[str, list[Info]] = {}
    unwatched: list[str] = []
    for info in notice.infos:
        level = _NONE if notice.kind == "Cancel" else level_of(info)
        series = series_of(info, event_of(info, words), names, places)
        if not series:
            unwatched += [a.description or ",".join(a.codes) for a in info.areas]
        for name in series:
            levels[name] = max(level, levels.get(name, level))
            infos.setdefault(name, []).append(info)
    return Meaning(levels, infos, unwatched)
