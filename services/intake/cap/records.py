"""A CAP message becomes items: observations of hazard series and findings."""

from collections.abc import Mapping, Sequence

import msgspec
from msgspec import Struct

from schemas.chain import Series
from schemas.lane import LIVE
from schemas.rejection import Reason
from services.intake.candidate import Candidate, Finding, finding
from services.intake.cap.ledger import CapLedger, Change
from services.intake.cap.meaning import Meaning, Words, meaning_of
from services.intake.cap.message import Info, Notice
from services.intake.cap.parser import read_notice
from services.intake.catalogue import Place
from services.intake.json_records import Items
from services.intake.table.grid import FileFault
from services.runtime.clock import from_us

_LONGEST = 500


class CapReader(Struct, frozen=True):
    """Reads messages with the operator's words and the state of earlier notices."""

    words: Words
    ledger: CapLedger

    def read(
        self, body: bytes, origin: str, series: Mapping[str, Series], places: Sequence[Place] = (), lane: str = LIVE
    ) -> Items:
        """Items of one message; never raises. A message for areas nobody watches is a finding that says so."""
        try:
            notice = read_notice(body)
            _check_status(notice, lane)
            meaning = meaning_of(notice, self.words, series, places)
        except FileFault as fault:
            return [finding(fault.reason, fault.field, fault.given, fault.wanted, origin=origin, raw=body, lane=lane)]
        unknown = self.ledger.unknown(lane, notice.references)
        expires = max((i.expires for i in notice.infos if i.expires is not None), default=None)
        changes = self.ledger.enter(lane, notice.identifier, notice.sent, meaning.levels, notice.references, expires)
        items: Items = [_observation(c, notice, meaning, origin, body, lane) for c in changes]
        items += [_unknown_reference(reference, origin, body, lane) for reference in unknown]
        if not items:
            items.append(_unwatched(notice, meaning, origin, body, lane))
        return items


def _check_status(notice: Notice, lane: str) -> None:
    if notice.status in ("Exercise", "Test") and not lane.startswith("drill:"):
        wanted = "演练与测试只能进入 drill:<id> 通道 / exercises and tests only enter a lane drill:<id>"
        raise FileFault(Reason.BAD_LANE, f"{notice.status} → {lane}", wanted, "status")
    if notice.status in ("System", "Draft"):
        wanted = "Actual；演练用 Exercise / Actual, or Exercise for a drill"
        raise FileFault(Reason.WRONG_TYPE, notice.status, wanted, "status")


def _observation(change: Change, notice: Notice, meaning: Meaning, origin: str, body: bytes, lane: str) -> Candidate:
    at = from_us(change.at_us)
    return Candidate(
        series=change.series,
        observed_at=at,
        issued_at=at,
        value=float(change.level),
        unit="level",
        detail=detail_of(change, notice, meaning),
        key=notice.identifier,
        lane=lane,
        origin=origin,
        raw=body,
    )


def detail_of(change: Change, notice: Notice, meaning: Meaning) -> str:
    """What boards and rules want to know of a notice, as JSON. ``own_level`` is this notice's, the row's value may come from another.

    A row about the time at which another notice replaced this one only says which.
    """
    if change.by != notice.identifier:
        closed = {"identifier": change.by, "sent": from_us(change.at_us), "references": [notice.identifier]}
        return msgspec.json.encode(closed).decode()
    infos = meaning.infos.get(change.series, list(notice.infos))
    detail = {
        "identifier": notice.identifier,
        "sender": notice.sender,
        "sent": notice.sent,
        "msgType": notice.kind,
        "status": notice.status,
        "references": list(notice.references),
        "event": change.series.split(".")[1],
        "area": change.series.split(".")[-1],
        "own_level": meaning.levels.get(change.series),
        "onset": _first(i.onset or i.effective for i in infos),
        "expires": max((i.expires for i in infos if i.expires is not None), default=None),
        "headline_zh": _headline([i for i in infos if not i.is_english]),
        "headline_en": _headline([i for i in infos if i.is_english]),
        "urgency": _first(i.urgency for i in infos),
        "certainty": _first(i.certainty for i in infos),
        "area_text": "；".join(dict.fromkeys(a.description for i in infos for a in i.areas if a.description))[
            :_LONGEST
        ],
    }
    return msgspec.json.encode({k: v for k, v in detail.items() if v not in (None, "", [])}).decode()


def _first(values: object) -> object:
    return next((v for v in values if v), None)  # type: ignore[attr-defined]  # a generator of str or datetime


def _headline(infos: list[Info]) -> str:
    return next((i.headline or i.event for i in infos), "")[:_LONGEST]


def _unknown_reference(reference: str, origin: str, body: bytes, lane: str) -> Finding:
    wanted = (
        "已收到的预警编号；本条已按其内容生效，原预警到达后次序自动理顺 / "
        "an identifier received before; this notice took effect by its own content, and the order is put right when the other arrives"
    )
    return finding(Reason.UNKNOWN_REFERENCE, "references", reference, wanted, origin=origin, raw=body, lane=lane)


def _unwatched(notice: Notice, meaning: Meaning, origin: str, body: bytes, lane: str) -> Finding:
    given = "；".join(meaning.unwatched) or notice.identifier
    wanted = "含已配置的行政区划代码或地点 / an area with a configured administrative code or place"
    return finding(Reason.UNKNOWN_SERIES, "area", given, wanted, origin=origin, raw=body, lane=lane)
