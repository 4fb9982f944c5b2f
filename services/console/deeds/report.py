"""What an officer enters from the telephone, as orders: an event, a later word on it, a stock. Pure.

Only what the form itself can tell is checked here; intake judges the rest, and what it refuses is shown with what would be right.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from schemas.report import EVENT_KINDS, EventReport
from services.console.deeds.order import Order, number, order, words
from services.console.errors import WrongError
from services.console.moment import SHANGHAI
from services.console.reading.place import Place, StockPlace, meant, near

_HOURS = (
    ("earliest_h", "最早恢复", "earliest"),
    ("likely_h", "最可能恢复", "likely"),
    ("latest_h", "最晚恢复", "latest"),
)
_MOST_H = 8760.0
_SHORT = 200
REASON = "电话接报 told by telephone"


def event(given: Mapping[str, str], known: Sequence[Place]) -> Order:
    """A new event. Raises WrongError."""
    place = meant(given.get("where", ""), known)
    if place is None:
        raise _unknown(given.get("where", ""), near(given.get("where", ""), known))
    kind = given.get("kind", "")
    if kind not in EVENT_KINDS:
        raise WrongError("请选择事件类型", "choose what happened")
    said = {place.target: place.place, "kind": kind, "left": _share(given.get("left", "")), **_hours(given)}
    return order("report.event", REASON, action="add", begun_at=_moment(given, "begun_at"), **said, **_caller(given))


def revision(report: EventReport, given: Mapping[str, str]) -> Order:
    """A later word on an event: what is left empty stays. Raises WrongError."""
    said = {"event": report.event, "verified": "yes" if given.get("verified") else "no"}
    if given.get("left", "").strip():
        said["left"] = _share(given["left"])
    if any(given.get(name, "").strip() for name, _, _ in _HOURS):
        said |= _hours(given)
    return order("report.event", REASON, action="revise", **said, **_words(given))


def ending(report: EventReport, given: Mapping[str, str]) -> Order:
    """The word that it is over."""
    return order("report.event", REASON, action="end", event=report.event, **_words(given))


def verification(report: EventReport) -> Order:
    """The word that it is so."""
    return order("report.event", REASON, action="revise", event=report.event, verified="yes")


def stock(given: Mapping[str, str], known: Sequence[StockPlace]) -> Order:
    """A stock read over the telephone. Raises WrongError."""
    place = meant(given.get("where", ""), known)
    if place is None:
        raise _unknown(given.get("where", ""), near(given.get("where", ""), known))
    value = number(given.get("value", ""), "库存", "stock", 0.0, 1e9)
    return order(
        "report.stock",
        REASON,
        action="add",
        node=place.node,
        product=place.product,
        value=f"{value:.12g}",
        unit=words(given.get("unit", ""), "单位", "unit", is_needed=False, most=20) or place.unit,
        observed_at=_moment(given, "observed_at"),
        **_caller(given),
    )


def withdrawal(told: Mapping[str, str], observed_at: datetime) -> Order:
    """Take back a stock that was entered; ``told`` are the arguments of the command that entered it."""
    kept = {name: told[name] for name in ("node", "product", "value", "unit", "source", "caller") if name in told}
    return order("report.stock", "撤回 withdrawn", action="withdraw", observed_at=observed_at.isoformat(), **kept)


def _unknown(said: str, alike: Sequence[str]) -> WrongError:
    if not said.strip():
        return WrongError("请填写哪里：环节、线路或地区", "say where: a place, a link or an area")
    hint_zh = f"，是否为 {'；'.join(alike)}？" if alike else ""
    hint_en = f"; did you mean {'; '.join(alike)}?" if alike else ""
    return WrongError(f"没有唯一的地点 {said[:60]!r}{hint_zh}", f"no single place {said[:60]!r}{hint_en}")


def _share(per_cent: str) -> str:
    return f"{number(per_cent, '剩余能力 %', 'capacity left in %', 0.0, 100.0) / 100:g}"


def _hours(given: Mapping[str, str]) -> dict[str, str]:
    """The three times, in their order. Raises WrongError."""
    found = [number(given.get(name, ""), f"{zh}（小时）", f"{en}, hours", 0.0, _MOST_H) for name, zh, en in _HOURS]
    if not found[0] <= found[1] <= found[2] or found[2] <= 0:
        told = "、".join(f"{hours:g}" for hours in found)
        raise WrongError(f"恢复时间 {told} 应为 最早 ≤ 最可能 ≤ 最晚", f"{told}: earliest ≤ likely ≤ latest is right")
    return {name: f"{hours:g}" for (name, _, _), hours in zip(_HOURS, found, strict=True)}


def _caller(given: Mapping[str, str]) -> dict[str, str]:
    source = words(given.get("source", ""), "来源单位", "who told of it", most=_SHORT)
    caller = words(given.get("caller", ""), "来电人", "who called", most=_SHORT)
    return {"verified": "yes" if given.get("verified") else "no", **_words(given), "source": source, "caller": caller}


def _words(given: Mapping[str, str]) -> dict[str, str]:
    source = words(given.get("source", ""), "来源单位", "who told of it", is_needed=False, most=_SHORT)
    caller = words(given.get("caller", ""), "来电人", "who called", is_needed=False, most=_SHORT)
    note = words(given.get("note", ""), "备注", "note", is_needed=False, most=500)
    return {"source": source, "caller": caller, "note": note}


def _moment(given: Mapping[str, str], name: str) -> str:
    """A time of the form (Beijing time) with its offset; empty stays empty. Raises WrongError."""
    text = given.get(name, "").strip()
    if not text:
        return ""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise WrongError(
            f"时间 {text[:30]!r} 应如 2026-01-20T08:30", f"{text[:30]!r}: such as 2026-01-20T08:30"
        ) from None
    return (found if found.tzinfo else found.replace(tzinfo=SHANGHAI)).isoformat()
