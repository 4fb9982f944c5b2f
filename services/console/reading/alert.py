"""Episodes of an incident and their steps."""

from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from schemas.alert import Alert, AlertState, Role
from schemas.level import Level, rank
from services.console.shelf import Shelf

_COLUMNS = ", ".join(f"a.{name}" for name in Alert.__struct_fields__ if name != "v")
_MEMBERS = f"""
WITH named AS (SELECT DISTINCT episode, incident FROM alert WHERE lane = %(lane)s AND (incident = %(name)s OR episode = %(name)s)),
whole AS (SELECT DISTINCT b.episode FROM alert b JOIN named n ON n.incident <> '' AND b.incident = n.incident WHERE b.lane = %(lane)s
    UNION SELECT episode FROM named)
SELECT {_COLUMNS} FROM whole w CROSS JOIN LATERAL (
    SELECT * FROM alert x WHERE x.lane = %(lane)s AND x.episode = w.episode ORDER BY x.sequence DESC LIMIT 1
) a ORDER BY a.opened_at, a.episode
"""  # noqa: S608  # names of ours
_STEPS = f"""
SELECT {_COLUMNS} FROM alert a WHERE a.lane = %s AND a.episode = ANY(%s) ORDER BY a.known_at DESC, a.sequence DESC LIMIT %s
"""  # noqa: S608  # names of ours
_TOUCHING = f"""
SELECT {_COLUMNS} FROM v_alert_latest a WHERE a.lane = %(lane)s AND (a.node = %(node)s OR (a.state <> 'closed' AND %(node)s = ANY(a.path)))
ORDER BY a.opened_at DESC LIMIT 30
"""  # noqa: S608  # names of ours
_MOST_STEPS = 300


def members(shelf: Shelf, lane: str, name: str) -> list[Alert]:
    """The last step of every episode of an incident, which may be named by one of its episodes; none for a name nobody knows."""
    found = [_alert(row) for row in shelf.rows(_MEMBERS, {"lane": lane, "name": name})]
    wanted = {name, *(a.incident for a in found if a.episode == name)} - {""}
    return [a for a in found if a.episode == name or a.incident in wanted]


def steps(shelf: Shelf, lane: str, episodes: Collection[str]) -> list[Alert]:
    """Steps of some episodes, the newest first; at most 300."""
    return [_alert(row) for row in shelf.rows(_STEPS, (lane, list(episodes), _MOST_STEPS))]


def touching(shelf: Shelf, lane: str, node: str) -> list[Alert]:
    """Episodes of a place, and open ones that have it on their cause path; the newest first."""
    return [_alert(row) for row in shelf.rows(_TOUCHING, {"lane": lane, "node": node})]


def leading(found: Collection[Alert]) -> Alert:
    """The episode that stands for its incident: open before closed, root before symptom, the gravest, the oldest. Raises ValueError for none."""
    return min(
        found,
        key=lambda a: (a.state is AlertState.CLOSED, a.role is not Role.ROOT, -weight(a.level), a.opened_at, a.episode),
    )


def weight(level: Level) -> float:
    """Order of levels on pages: what nobody sees stands right behind red.

    >>> sorted(Level, key=weight, reverse=True)[:3] == [Level.RED, Level.UNKNOWN, Level.ORANGE]
    True
    """
    return 3.5 if level is Level.UNKNOWN else float(rank(level) or 0)


def standing(alert: Alert) -> Level:
    """The level to show: 情况不明 where the state is lost from sight."""
    return Level.UNKNOWN if alert.is_unknown else alert.level


def _alert(row: Mapping[str, Any]) -> Alert:
    return msgspec.convert(row, Alert, strict=False)
