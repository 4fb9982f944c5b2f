"""Open incidents, as the overview and the wall list them: one line for each root cause. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from schemas.level import Level, rank
from services.console.chart.interval import Interval, remaining
from services.console.chart.words import DATA_HAZARDS

Row = Mapping[str, Any]
Place = tuple[str, str, str]
"""Node, product and hazard."""


class Hit(Struct, frozen=True, kw_only=True):
    """One place of an incident."""

    node: str
    name_zh: str
    name_en: str
    product: str
    hazard: str
    level: Level
    is_unknown: bool
    interval: Interval
    cover_days: float | None
    episode: str


class Deed(Struct, frozen=True, kw_only=True):
    """A task that is open: what, whose, until when."""

    task_id: str
    title_zh: str
    title_en: str
    owner: str
    due_at: datetime | None
    is_overdue: bool
    is_question: bool
    node: str
    plan_zh: str
    plan_en: str
    run_id: str


class Incident(Struct, frozen=True, kw_only=True):
    """An open incident. ``hits`` begin with the gravest place; its ``interval`` is that place's. ``confidence`` is that of its newest judgement."""

    id: str
    level: Level
    is_unknown: bool
    is_of_data: bool
    root: str
    root_zh: str
    root_en: str
    headline_zh: str
    headline_en: str
    reason_zh: str
    reason_en: str
    since: datetime
    hits: list[Hit]
    interval: Interval
    chance_72h: float | None
    confidence: float | None
    plans: list[tuple[str, str]]
    deeds: list[Deed]
    acknowledged_by: str
    is_muted: bool
    is_awaiting: bool
    approved_level: str

    @property
    def overdue(self) -> int:
        """How many of its tasks are past their deadline."""
        return sum(deed.is_overdue for deed in self.deeds)

    @property
    def next_deed(self) -> Deed | None:
        """The task that is due next; one without a deadline only where no other is."""
        return self.deeds[0] if self.deeds else None


def deeds_of(tasks: Iterable[Row], now: datetime) -> dict[str, list[Deed]]:
    """Open tasks by episode, what is due first in front."""
    found: dict[str, list[Deed]] = defaultdict(list)
    for row in tasks:
        found[row["episode"]].append(
            Deed(
                task_id=row["task_id"],
                title_zh=row["title_zh"],
                title_en=row["title_en"],
                owner=row["owner"],
                due_at=row["due_at"],
                is_overdue=row["due_at"] is not None and row["due_at"] < now,
                is_question=row["is_question"],
                node=row["node"],
                plan_zh=row["plan_zh"],
                plan_en=row["plan_en"],
                run_id=row["run_id"],
            )
        )
    return found


def incidents(
    warnings: Iterable[Row],
    judged: Iterable[Row],
    runs: Iterable[Row],
    deeds: Mapping[str, list[Deed]],
    names: Mapping[str, tuple[str, str]],
    now: datetime,
) -> list[Incident]:
    """The gravest first: by level, then by time left, then by age. Muted ones stand last, for they are still open."""
    grouped: dict[str, list[Row]] = defaultdict(list)
    for row in warnings:
        grouped[row["incident"]].append(row)
    newest = {(row["node"], row["product"], row["hazard"]): row for row in judged}
    plans: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for run in runs:
        plans[run["episode"]].append((run["name_zh"], run["name_en"]))
    found = [_incident(name, rows, newest, plans, deeds, names, now) for name, rows in grouped.items()]
    return sorted(found, key=_gravity)


def _gravity(incident: Incident) -> tuple[bool, bool, int, float, datetime, str]:
    order = rank(incident.level) or 0
    hours = incident.interval.p50 if incident.interval.p50 is not None else 1e9
    return incident.is_muted, incident.is_of_data, -order, hours, incident.since, incident.id


def _incident(
    name: str,
    rows: Sequence[Row],
    newest: Mapping[Place, Row],
    plans: Mapping[str, list[tuple[str, str]]],
    deeds: Mapping[str, list[Deed]],
    names: Mapping[str, tuple[str, str]],
    now: datetime,
) -> Incident:
    hits = sorted((_hit(row, newest.get(_place(row)), names, now) for row in rows), key=_urgency)
    gravest = next(row for row in rows if row["episode"] == hits[0].episode)
    root = gravest["root"] or next(iter(gravest["path"]), gravest["node"])
    root_zh, root_en = names.get(root, (root.rsplit(":", 1)[-1],) * 2)
    due = [deed for row in rows for deed in deeds.get(row["episode"], ())]
    return Incident(
        id=name,
        level=hits[0].level,
        is_unknown=any(hit.is_unknown for hit in hits),
        is_of_data=all(row["hazard"] in DATA_HAZARDS for row in rows),
        root=root,
        root_zh=root_zh,
        root_en=root_en,
        headline_zh=gravest["headline_zh"],
        headline_en=gravest["headline_en"],
        reason_zh=gravest["reason_zh"],
        reason_en=gravest["reason_en"],
        since=min(row["opened_at"] for row in rows),
        hits=hits,
        interval=hits[0].interval,
        chance_72h=gravest["probability"].get("72"),
        confidence=newest.get(_place(gravest), {}).get("confidence"),
        plans=list(dict.fromkeys(plan for row in rows for plan in plans.get(row["episode"], ()))),
        deeds=sorted(due, key=lambda deed: (deed.due_at is None, deed.due_at or now, deed.task_id)),
        acknowledged_by=", ".join(sorted({row["acknowledged_by"] for row in rows if _holds(row, now)})),
        is_muted=all(row["muted_by"] for row in rows),
        is_awaiting=any(row["is_awaiting"] for row in rows),
        approved_level=gravest["approved_level"],
    )


def _place(row: Row) -> Place:
    return row["node"], row["product"], row["hazard"]


def _hit(row: Row, judgement: Row | None, names: Mapping[str, tuple[str, str]], now: datetime) -> Hit:
    """A place as its newest judgement tells it; as its warning does where that is newer or nothing could be judged."""
    is_told_anew = (
        judgement is not None and judgement["as_of"] >= row["as_of"] and judgement["level"] != Level.UNKNOWN.value
    )
    told = judgement if judgement is not None and is_told_anew else row
    age_h = (now - told["as_of"]).total_seconds() / 3600
    name_zh, name_en = names.get(row["node"], (row["node"],) * 2)
    return Hit(
        node=row["node"],
        name_zh=name_zh,
        name_en=name_en,
        product=row["product"],
        hazard=row["hazard"],
        level=Level(row["level"]),
        is_unknown=row["is_unknown"],
        interval=remaining(told["p10"], told["p50"], told["p90"], age_h),
        cover_days=told["cover_days"],
        episode=row["episode"],
    )


def _urgency(hit: Hit) -> tuple[int, float, str]:
    return -(rank(hit.level) or 0), hit.interval.p50 if hit.interval.p50 is not None else 1e9, hit.node


def _holds(row: Row, now: datetime) -> bool:
    return bool(row["acknowledged_by"]) and row["acknowledged_until"] is not None and row["acknowledged_until"] > now
