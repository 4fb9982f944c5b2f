"""A record as a door read it, before it is judged; and a finding, what is wrong with one."""

import hashlib
import math
from datetime import datetime

import msgspec
from msgspec import Struct

from schemas.lane import LIVE
from schemas.rejection import REASON_TEXT, Reason, Rejection

RAW_LIMIT = 64 * 1024
_GIVEN_LIMIT = 200


class Candidate(Struct, frozen=True, kw_only=True):
    """One value with its fields of the right type, nothing else checked. ``detail`` is JSON text.

    ``origin`` names the door and place, ``raw`` is the record as received. ``period_h`` is the time an amount was counted over
    where the door knows it better than the catalogue.
    """

    series: str
    observed_at: datetime
    value: float
    unit: str | None = None
    issued_at: datetime | None = None
    quality: str = "good"
    key: str | None = None
    detail: str | None = None
    lane: str = LIVE
    period_h: float | None = None
    origin: str = ""
    raw: bytes = b""


class Finding(Struct, frozen=True, kw_only=True):
    """Why something was not accepted: what was given, and what would be right in Chinese and English."""

    reason: Reason
    field: str
    given: str
    wanted: str
    origin: str
    raw: bytes = b""
    lane: str = LIVE

    def rejection(self, source: str, known_at: datetime) -> Rejection:
        """The rejection of this finding. Its id is made of source, origin and content, so that a replay gives the same one."""
        mark = "\x1f".join((source, self.origin, self.reason.value, self.field, self.given)).encode()
        digest = hashlib.sha256(mark + b"\x1f" + self.raw).hexdigest()[:24]
        return Rejection(
            rejection_id=digest,
            lane=self.lane,
            source=source,
            reason=self.reason,
            field=self.field,
            given=self.given,
            wanted=self.wanted,
            origin=self.origin,
            raw=self.raw,
            known_at=known_at,
            record_id=rejected_id(digest),
        )


def rejected_id(rejection_id: str) -> str:
    """Record id of a record that intake rejected.

    >>> rejected_id("ab12")
    'rej-ab12'
    """
    return f"rej-{rejection_id}"


def finding(
    reason: Reason, field: str, given: object, wanted: str, *, origin: str, raw: bytes = b"", lane: str = LIVE
) -> Finding:
    """A finding with the given value shortened and the raw bytes cut at 64 KiB; without ``wanted`` the text of the reason stands."""
    text = given if isinstance(given, str) else repr(given)
    if len(text) > _GIVEN_LIMIT:
        text = text[:_GIVEN_LIMIT] + "…"
    printable = text.encode("utf-8", "replace").decode().replace("\x00", "\\0")
    wanted = wanted or " / ".join(REASON_TEXT[reason])
    return Finding(
        reason=reason, field=field, given=printable, wanted=wanted, origin=origin, raw=raw[:RAW_LIMIT], lane=lane
    )


def about(candidate: Candidate, reason: Reason, field: str, given: object, wanted: str) -> Finding:
    """A finding on a candidate, with its origin, lane and raw bytes."""
    raw = candidate.raw or raw_of(candidate)
    return finding(reason, field, given, wanted, origin=candidate.origin, raw=raw, lane=safe_lane(candidate.lane))


def raw_of(candidate: Candidate) -> bytes:
    """A candidate as the JSON record it stands for, where its door kept no raw bytes (columns, tables)."""
    named = {name: getattr(candidate, name) for name in ("series", "observed_at", "value", "unit", "issued_at", "key")}
    given = {k: v for k, v in named.items() if v is not None}
    if not math.isfinite(candidate.value):
        given["value"] = str(candidate.value)
    return msgspec.json.encode(given | {"quality": candidate.quality, "lane": candidate.lane})


def safe_lane(lane: str) -> str:
    """The lane a rejection is filed under: the given one when it is short and printable, else live."""
    return lane if 0 < len(lane) <= 80 and lane.isprintable() else LIVE
