"""保障清单: who must be kept supplied. The users behind a place by their priority, and what a what-if says must keep moving for them. Pure."""

from collections.abc import Collection
from datetime import datetime
from heapq import heappop, heappush
from typing import Any

import msgspec
from msgspec import Struct

from schemas.assessment import Assessment
from schemas.chain import Chain, Node
from schemas.level import Level
from services.console.reading.alert import weight
from services.console.reading.answer import Answered
from services.console.reading.assessment import level_now
from services.runtime.chain.vocabulary import KINDS, Behaviour


class User(Struct, frozen=True, kw_only=True):
    """A user behind a place. ``priority`` 1 is served first; ``lead_h`` are the hours that goods take to it; ``level`` is the gravest of its
    shortages, 情况不明 where it was not judged; cover and hours are those of that shortage."""

    node: str
    name_zh: str
    name_en: str
    kind_zh: str
    product: str
    priority: int
    normal: float
    unit: str
    lead_h: float
    level: Level
    cover_days: float | None
    hours_p10: float | None
    hours_p50: float | None
    lead_department: str
    work_team: str


class Keep(Struct, frozen=True, kw_only=True):
    """One row of a what-if: what must keep moving, until when it is too late, for whom, who answers."""

    name_zh: str
    name_en: str
    least_per_day: float
    normal_per_day: float
    unit: str
    by_at: datetime | None
    for_zh: str
    for_en: str
    lead_department: str


def users_behind(chain: Chain, root: str, judged: Collection[Assessment], now: datetime) -> list[User]:
    """Users and makers that goods of ``root`` reach in normal times; by priority, the gravest first."""
    lead = _hours_down(chain, root)
    users = [_user(node, lead[node.id], judged, now) for node in chain.nodes if node.id in lead and _takes(node.kind)]
    return sorted(users, key=lambda u: (u.priority, -weight(u.level), u.hours_p50 is None, u.hours_p50 or 0.0, u.node))


def keeps_of(answer: Answered | None) -> list[Keep]:
    """The rows that a what-if gives."""
    rows: list[dict[str, Any]] = answer.body.get("guarantees", []) if answer is not None else []
    return [msgspec.convert({**row, "lead_department": row["owner"]["lead_department"]}, Keep) for row in rows]


def _takes(kind: str) -> bool:
    behaviour = KINDS[kind][0] if kind in KINDS else Behaviour.TRANSIT
    return behaviour in (Behaviour.DEMAND, Behaviour.TRANSFORM)


def _hours_down(chain: Chain, root: str) -> dict[str, float]:
    """Shortest hours from ``root`` to every place behind it, over links in use; itself included."""
    ways: dict[str, list[tuple[str, float]]] = {}
    for link in chain.links:
        if link.share_normal > 0 or link.normal_flow > 0:
            ways.setdefault(link.source, []).append((link.target, link.lead_time_h))
    found: dict[str, float] = {}
    ahead = [(0.0, root)]
    while ahead:
        hours, node = heappop(ahead)
        if node not in found:
            found[node] = hours
            for target, more in ways.get(node, []):
                heappush(ahead, (hours + more, target))
    return found


def _user(node: Node, lead_h: float, judged: Collection[Assessment], now: datetime) -> User:
    own = [a for a in judged if a.node == node.id and a.hazard.value == "starved"]
    worst = max(own, key=lambda a: (weight(level_now(a, now)), -(a.hours_to_minimum_p50 or 1e9)), default=None)
    level = level_now(worst, now)
    is_known = worst is not None and level is not Level.UNKNOWN
    return User(
        node=node.id,
        name_zh=node.name_zh,
        name_en=node.name_en,
        kind_zh=KINDS[node.kind][1],
        product=worst.product if worst is not None else node.product,
        priority=node.priority,
        normal=node.normal_throughput,
        unit=node.unit,
        lead_h=lead_h,
        level=level,
        cover_days=worst.cover_days if worst is not None and is_known else None,
        hours_p10=worst.hours_to_minimum_p10 if worst is not None and is_known else None,
        hours_p50=worst.hours_to_minimum_p50 if worst is not None and is_known else None,
        lead_department=node.lead_department,
        work_team=node.work_team,
    )
