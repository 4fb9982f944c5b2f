"""Mutes and maintenance windows as they were ordered."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from schemas.alert_command import Mute
from services.console.shelf import Shelf

_ORDERS = """SELECT c.command_id, c.kind, c.actor, c.reason, c.issued_at, c.arguments FROM command c
WHERE c.lane = %s AND c.kind IN ('alert.mute', 'alert.unmute') AND c.issued_at > now() - INTERVAL '60 days'
    AND NOT EXISTS (SELECT FROM rejection r WHERE r.source = 'command' AND r.origin = 'command:' || c.command_id) ORDER BY c.issued_at"""
_HID = "SELECT muted_by, count(*) AS steps FROM alert WHERE lane = %s AND muted_by <> '' GROUP BY 1"


class MuteView(Struct, frozen=True, kw_only=True):
    """A mute. ``until`` is earlier than ordered when it was lifted; ``hid`` is how many steps of alerts it has hidden."""

    mute_id: str
    actor: str
    reason: str
    since: datetime
    until: datetime
    mute: Mute
    hid: int = 0

    def stands(self, now: datetime) -> bool:
        """Whether it has not ended at this lane time."""
        return now < self.until


def mutes(shelf: Shelf, lane: str) -> list[MuteView]:
    """The mutes of a lane that alerting did not refuse, the last to end first. Raises UnreachableError."""
    hid = {row["muted_by"]: row["steps"] for row in shelf.rows(_HID, (lane,))}
    return standing(shelf.rows(_ORDERS, (lane,)), hid)


def standing(orders: Iterable[Mapping[str, Any]], hid: Mapping[str, int]) -> list[MuteView]:
    """What orders in the order of time amount to; an order that could not be read is left out."""
    found: dict[str, MuteView] = {}
    for order in orders:
        if order["kind"] == "alert.unmute":
            known = found.get(order["arguments"].get("mute", ""))
            if known is not None and order["issued_at"] < known.until:
                found[known.mute_id] = msgspec.structs.replace(known, until=order["issued_at"])
            continue
        mute = _mute(order["arguments"])
        if mute is not None:
            found[order["command_id"]] = MuteView(
                mute_id=order["command_id"],
                actor=order["actor"],
                reason=order["reason"],
                since=mute.since or order["issued_at"],
                until=mute.until,
                mute=mute,
                hid=hid.get(order["command_id"], 0),
            )
    return sorted(found.values(), key=lambda view: (view.until, view.mute_id), reverse=True)


def _mute(arguments: Mapping[str, str]) -> Mute | None:
    try:
        return msgspec.convert(dict(arguments), type=Mute, strict=False)
    except msgspec.ValidationError:
        return None
