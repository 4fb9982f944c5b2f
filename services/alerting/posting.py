"""An open episode as Alertmanager wants it: labels, annotations, an end in the near future. Pure."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from schemas.alert import Alert
from schemas.assessment import Hazard
from schemas.lane import kind_of
from schemas.level import SEVERITY, Level, rank
from services.alerting.episode import Episode

ALIVE = timedelta(minutes=3)
"""How long an alert lives at Alertmanager without being posted again."""

_NAME = {
    Hazard.STARVED: "LianjingStarved",
    Hazard.BLOCKED: "LianjingBlocked",
    Hazard.SILENT: "LianjingDataSilent",
    Hazard.DISTRUSTED: "LianjingDataDistrusted",
}
UNKNOWN_NAME = "LianjingUnknown"
_ABOVE_BLUE = 2


def postings(episode: Episode, now: datetime) -> list[dict[str, Any]]:
    """What to post for an episode at wall time ``now``: alive while open, ended when closed; a second alert while a state above blue is unknown."""
    alert = episode.last
    ends = now + ALIVE if episode.is_open() else now
    found = [_posting(alert, _NAME[alert.hazard], alert.level, now, ends)]
    if episode.is_open() and not alert.hazard.is_of_data():
        is_alarming = episode.is_unknown and (rank(alert.level) or 0) >= _ABOVE_BLUE
        if is_alarming or alert.sequence > 1:
            found.append(_posting(alert, UNKNOWN_NAME, Level.UNKNOWN, now, now + ALIVE if is_alarming else now))
    return found


def ended(episode: Episode, now: datetime) -> list[dict[str, Any]]:
    """The postings of an episode, ended: its lane was closed, or a mute hides it."""
    return [posting | {"endsAt": now.isoformat()} for posting in postings(episode, now)]


def raised_before(previous: Alert | None, alert: Alert, now: datetime) -> list[dict[str, Any]]:
    """Ends the posting under the level or incident an episode had before: both are labels, so another one is another alert."""
    if previous is None or previous.episode != alert.episode:
        return []
    if (previous.level, previous.incident) == (alert.level, alert.incident):
        return []
    return [_posting(previous, _NAME[previous.hazard], previous.level, now, now)]


def _posting(alert: Alert, name: str, level: Level, now: datetime, ends: datetime) -> dict[str, Any]:
    return {
        "labels": {
            "alertname": name,
            "severity": SEVERITY[level],
            "level": level.value,
            "chain": alert.chain,
            "node": alert.node,
            "product": alert.product,
            "hazard": alert.hazard.value,
            "incident": alert.incident,
            "lane": alert.lane,
            "lane_kind": kind_of(alert.lane).value,
            "origin": "alerting",
        },
        "annotations": {
            "summary_zh": alert.headline_zh,
            "summary_en": alert.headline_en,
            "description_zh": alert.reason_zh,
            "description_en": alert.reason_en,
            "path": " → ".join(alert.path),
            "episode": alert.episode,
            "root": alert.root,
            "role": alert.role.value,
            "interrupts": ", ".join(alert.interrupts),
            "acknowledged_by": alert.acknowledged_by,
            "sequence": str(alert.sequence),
            "opened_at": alert.opened_at.isoformat(),
            "as_of": alert.as_of.isoformat(),
            "known_at": alert.known_at.isoformat(),
            "hours_to_minimum": "" if alert.hours_to_minimum_p50 is None else f"{alert.hours_to_minimum_p50:g}",
            "runbook_url": f"docs/operations.md#{name.lower()}",
            "dashboard_url": "/d/lianjing-node?"
            + urlencode({"var-lane": alert.lane, "var-chain": alert.chain, "var-node": alert.node}),
        },
        # Without a start Alertmanager takes the end, which lies in the future; of two starts it keeps the earlier.
        "startsAt": now.isoformat(),
        "endsAt": ends.isoformat(),
        "generatorURL": f"lianjing://episode/{alert.episode}",
    }
