"""An open episode as Alertmanager wants it: labels, annotations, an end in the near future. Pure."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from schemas.alert import Alert
from schemas.assessment import Hazard
from schemas.lane import kind_of
from schemas.level import SEVERITY, Level
from services.alerting.episode import Episode

ALIVE = timedelta(minutes=3)
"""How long an alert lives at Alertmanager without being posted again."""

_NAME = {Hazard.STARVED: "LianjingStarved", Hazard.BLOCKED: "LianjingBlocked"}
UNKNOWN_NAME = "LianjingUnknown"


def postings(episode: Episode, now: datetime) -> list[dict[str, Any]]:
    """What to post for an episode at wall time ``now``: alive while open, ended when closed; a second alert while its state is unknown."""
    alert = episode.last
    ends = now + ALIVE if episode.is_open() else now
    found = [_posting(alert, _NAME[alert.hazard], alert.level, now, ends)]
    if episode.is_open():
        unknown_ends = now + ALIVE if episode.is_unknown else now
        if episode.is_unknown or alert.sequence > 1:
            found.append(_posting(alert, UNKNOWN_NAME, Level.UNKNOWN, now, unknown_ends))
    return found


def raised_before(previous: Alert | None, alert: Alert, now: datetime) -> list[dict[str, Any]]:
    """Ends the posting under the level an episode had before: the level is a label, so another level is another alert."""
    if previous is None or previous.episode != alert.episode or previous.level is alert.level:
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
