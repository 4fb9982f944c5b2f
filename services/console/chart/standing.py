"""How a place of the chain stands now: its level as it may be shown, how long is left, its stocks, what hinders it, who is at it. Pure.

A judgement older than seven hours of lane time counts as unknown. The level is the worst of its judgements and of its open warnings, for one that
waits for its end is not over. Where something is unknown beside it, ``is_partly_unknown`` says so. A place without a stock of its own that is never
judged is told as such: it breaks through others.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from schemas.chain import Stock
from schemas.level import Level, rank
from services.console.chart.ahead import Ahead, Filling, fillings, levels_ahead
from services.console.chart.interval import Interval, remaining
from services.console.chart.words import DATA_HAZARDS
from services.console.reading.assessment import OLD

Row = Mapping[str, Any]


STALE = ("超过 7 小时没有研判", "not judged for more than 7 hours")
NEVER = ("还没有研判", "not judged yet")


class Holding(Struct, frozen=True, kw_only=True):
    """A stock of the place. ``ahead`` is how full it is and will be; empty where nobody knows. ``low_share`` is its minimum over its maximum."""

    product: str
    unit: str
    amount: float | None
    most: float
    low_share: float
    ahead: list[Filling]
    is_observed: bool
    observed_at: datetime | None = None


class Standing(Struct, frozen=True, kw_only=True):
    """How a place stands. ``level`` None: never judged by itself. ``interval`` counts from now. The reason says why nothing is known."""

    node: str
    level: Level | None
    is_partly_unknown: bool = False
    product: str = ""
    hazard: str = ""
    interval: Interval = Interval()
    cover_days: float | None = None
    chance_72h: float | None = None
    confidence: float | None = None
    as_of: datetime | None = None
    reason_zh: str = ""
    reason_en: str = ""
    ahead: list[Ahead] = []
    holdings: list[Holding] = []


def shown_level(row: Row, now: datetime) -> Level:
    """Level of a judgement as it may be shown now."""
    return Level.UNKNOWN if now - row["as_of"] > OLD else Level(row["level"])


def standing(
    node: str, judged: Sequence[Row], warnings: Sequence[Row], holdings: list[Holding], now: datetime
) -> Standing:
    """How a place stands, from its newest judgements and its open warnings about goods."""
    goods = [row for row in warnings if row["hazard"] not in DATA_HAZARDS]
    if not judged and not goods:
        if not holdings:
            return Standing(node=node, level=None)
        return Standing(node=node, level=Level.UNKNOWN, reason_zh=NEVER[0], reason_en=NEVER[1], holdings=holdings)
    levels = [shown_level(row, now) for row in judged]
    is_lost = Level.UNKNOWN in levels or any(row["is_unknown"] for row in goods)
    worst = _worst(judged, goods, now)
    level = _told(levels, goods, is_lost=is_lost)
    age_h = (now - worst["as_of"]).total_seconds() / 3600
    is_seen = level is not Level.UNKNOWN
    why = STALE if now - worst["as_of"] > OLD else (worst["reason_zh"], worst["reason_en"])
    return Standing(
        node=node,
        level=level,
        is_partly_unknown=is_lost and is_seen,
        product=worst["product"],
        hazard=worst["hazard"],
        interval=remaining(worst["p10"], worst["p50"], worst["p90"], age_h) if is_seen else Interval(),
        cover_days=worst["cover_days"] if is_seen else None,
        chance_72h=worst["probability"].get("72") if is_seen else None,
        confidence=worst.get("confidence"),
        as_of=worst["as_of"],
        reason_zh="" if is_seen else why[0],
        reason_en="" if is_seen else why[1],
        ahead=levels_ahead(level, _likeliest(judged, now), age_h),
        holdings=holdings,
    )


def holding(stock: Stock, judged: Iterable[Row], reading: Row | None, now: datetime) -> Holding:
    """A stock with its forecast: as risk estimates it where it is judged freshly, else as it was last observed if that is fresh, else unknown."""
    most = stock.days_max * stock.daily_use
    found = next((r for r in judged if r["stock"] is not None and now - r["as_of"] <= OLD), None)
    amount, ahead = None, list[Filling]()
    if found is not None:
        age_h = (now - found["as_of"]).total_seconds() / 3600
        amount = found["stock"]
        ahead = fillings(amount, found["stock_p10"], found["stock_p90"], most, age_h)
    elif reading is not None and is_fresh(reading, now):
        amount = reading["value"]
        ahead = fillings(amount, {}, {}, most, 0.0)
    return Holding(
        product=stock.product,
        unit=stock.unit,
        amount=amount,
        most=most,
        low_share=round(stock.days_min / stock.days_max, 4) if stock.days_max > 0 else 0.0,
        ahead=ahead,
        is_observed=found is None and amount is not None,
        observed_at=None if reading is None else reading["observed_at"],
    )


def is_fresh(reading: Row, now: datetime) -> bool:
    """True for a reading that is not yet silent by the catalogue."""
    return reading["observed_at"] is not None and now - reading["observed_at"] <= timedelta(hours=reading["silence_h"])


def _told(levels: Sequence[Level], goods: Sequence[Row], *, is_lost: bool) -> Level:
    colours = [*levels, *(Level(row["level"]) for row in goods)]
    worst = max((rank(level) or 0 for level in colours), default=0)
    if worst == 0 and is_lost:
        return Level.UNKNOWN
    return next(level for level in Level if rank(level) == worst)


def _worst(judged: Sequence[Row], goods: Sequence[Row], now: datetime) -> Row:
    """The row to tell of: a colour before unknown before normal, the graver colour, the shorter time; a judgement before a warning, being newer."""

    def key(row: Row) -> tuple[int, float]:
        order = rank(shown_level(row, now))
        return (1 if order is None else 2 * order, -(row["p50"] if row["p50"] is not None else 1e9))

    coloured = [row for row in judged if rank(shown_level(row, now))]
    if coloured or not goods:
        return max(coloured or judged, key=key)
    return max(goods, key=lambda row: (rank(Level(row["level"])) or 0, row["as_of"]))


def _likeliest(judged: Iterable[Row], now: datetime) -> Mapping[str, float]:
    """At each horizon the largest probability of a break of any of its goods."""
    found: dict[str, float] = {}
    for row in judged:
        if shown_level(row, now) is not Level.UNKNOWN:
            for hour, chance in row["probability"].items():
                found[hour] = max(found.get(hour, 0.0), chance)
    return found
