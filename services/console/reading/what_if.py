"""The answer to a what-if beside how things stand: who breaks sooner by how much, at which level, and whether the answer still holds."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from schemas.level import Level
from services.console.reading import assessment as assessments
from services.console.reading.answer import Answered, answer_of
from services.console.reading.lane import LaneView
from services.console.reading.supply_list import Keep, keeps_of
from services.console.shelf import Shelf


class Broken(Struct, frozen=True, kw_only=True):
    """A place that breaks by what is supposed. ``now`` is its level at present, ``then`` that with the event where the answer tells it.
    ``sooner_h`` is how many hours earlier the median is; None where it would not break at all without the event."""

    node: str
    name_zh: str
    name_en: str
    hazard: str
    now: Level
    then: Level | None
    p10_h: float | None
    p50_h: float | None
    p90_h: float | None
    anyway_p50_h: float | None
    sooner_h: float | None
    chance_7d: float | None
    chance_14d: float | None
    loss_cny: float
    lead_department: str


class Compared(Struct, frozen=True, kw_only=True):
    """An answer to a what-if; ``answer`` carries the problem where there is no result."""

    answer: Answered
    is_stale: bool
    breaks: tuple[Broken, ...]
    keeps: tuple[Keep, ...]

    @property
    def supposed(self) -> "Supposed":
        """What was supposed, for asking again."""
        return msgspec.convert(self.answer.body.get("request", {}), Supposed)


class Supposed(Struct, frozen=True, kw_only=True):
    """What a question supposes, as it was asked; ``factor`` and ``use`` are shares."""

    node: str = ""
    link: str = ""
    area: str = ""
    kind: str = ""
    factor: str = ""
    days: str = ""
    use: str = ""

    @property
    def place(self) -> str:
        """Which of the three ways of choosing was taken."""
        return "area" if self.area else "link" if self.link else "node"

    @property
    def target(self) -> str:
        """What was chosen."""
        return self.area or self.link or self.node

    @property
    def left(self) -> float | None:
        """Per cent of capacity left, None where the kind says."""
        return 100 * float(self.factor) if self.factor else None

    @property
    def need(self) -> float | None:
        """Per cent of the users' need."""
        return 100 * float(self.use) if self.use else None


def compared(shelf: Shelf, lane: LaneView, command_id: str) -> Compared | None:
    """The answer to a command of the lane beside the present; None while it is awaited, or where the command was no what-if."""
    answer = answer_of(shelf, lane.name, command_id)
    if answer is None or answer.kind != "risk.what_if":
        return None
    rows: list[Mapping[str, Any]] = answer.body.get("breaks", [])
    judged = assessments.newest(shelf, lane.name, {row["node"] for row in rows}) if rows else []
    breaks = []
    for row in rows:
        found = assessments.of(judged, row["node"], row["product"], row["hazard"])
        breaks.append(_broken(row, assessments.level_now(found, lane.now)))
    return Compared(
        answer=answer, is_stale=answer.is_stale(lane.now), breaks=tuple(breaks), keeps=tuple(keeps_of(answer))
    )


def _broken(row: Mapping[str, Any], now: Level) -> Broken:
    then, anyway = row["p50_h"], row["anyway_p50_h"]
    level = row.get("level", "")
    return Broken(
        node=row["node"],
        name_zh=row["name_zh"],
        name_en=row["name_en"],
        hazard=row["hazard"],
        now=now,
        then=Level(level) if level in set(Level) else None,
        p10_h=row["p10_h"],
        p50_h=then,
        p90_h=row["p90_h"],
        anyway_p50_h=anyway,
        sooner_h=anyway - then if then is not None and anyway is not None else None,
        chance_7d=row["chance"].get("168"),
        chance_14d=row["chance"].get("336"),
        loss_cny=row["loss_cny"],
        lead_department=row["lead_department"],
    )
