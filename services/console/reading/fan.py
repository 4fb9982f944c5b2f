"""The forecast of a stock as a picture: what was reported, the fan ahead, the limits, and the same in a sentence. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from schemas.assessment import Assessment
from schemas.chain import Chain, Stock
from services.console.reading.series import Seen
from services.console.wording import amount, duration

Point = tuple[datetime, float]


class Fan(Struct, frozen=True, kw_only=True):
    """``band`` holds P10 and P90 ahead, ``middle`` the P50 where it is known: now, and where it reaches a limit. ``minimum`` and ``maximum`` are None
    where the chain states none. ``reached`` are the moments of P10, P50 and P90 of reaching the limit, None for later than the horizon and for what
    is reached already."""

    unit: str
    as_of: datetime
    history: tuple[Point, ...]
    band: tuple[tuple[datetime, float, float], ...]
    middle: tuple[Point, ...]
    minimum: float | None
    maximum: float | None
    reached: tuple[datetime | None, datetime | None, datetime | None]
    text_zh: str
    text_en: str

    @property
    def is_known(self) -> bool:
        """True where there is a forecast to draw."""
        return len(self.band) > 1


def fan_of(found: Assessment, seen: Sequence[Seen], stock: Stock | None) -> Fan:
    """The picture of an assessment, with what was observed before it."""
    unit = stock.unit if stock is not None else next((s.unit for s in seen), "t")
    minimum, maximum = (stock.days_min * stock.daily_use, stock.days_max * stock.daily_use) if stock else (None, None)
    limit = maximum if found.hazard.value == "blocked" else minimum
    band = _band(found)
    hours = (found.hours_to_minimum_p10, found.hours_to_minimum_p50, found.hours_to_minimum_p90)
    reached = tuple(found.as_of + timedelta(hours=h) if h else None for h in hours)
    zh, en = _words(found, band, unit, limit)
    return Fan(
        unit=unit,
        as_of=found.as_of,
        history=tuple((s.observed_at, s.value) for s in seen if s.indicator == "stock"),
        band=band,
        middle=_middle(found, limit),
        minimum=minimum,
        maximum=maximum,
        reached=(reached[0], reached[1], reached[2]),
        text_zh=zh,
        text_en=en,
    )


def stock_of(chain: Chain | None, node: str, product: str) -> Stock | None:
    """The stock of a place as the chain states it."""
    stocks = chain.stocks if chain is not None else []
    return next((s for s in stocks if (s.node, s.product) == (node, product)), None)


def _band(found: Assessment) -> tuple[tuple[datetime, float, float], ...]:
    if found.stock is None or not found.stock_p10:
        return ()
    ahead = sorted((float(h), low, found.stock_p90[h]) for h, low in found.stock_p10.items() if h in found.stock_p90)
    at = found.as_of
    return ((at, found.stock, found.stock), *((at + timedelta(hours=h), low, high) for h, low, high in ahead))


def _middle(found: Assessment, limit: float | None) -> tuple[Point, ...]:
    """The median stock ahead where it was told; else only when the median reaches a limit."""
    if found.stock is None:
        return ()
    at, points = found.as_of, [(found.as_of, found.stock)]
    if found.stock_p50:
        ahead = sorted((float(hours), value) for hours, value in found.stock_p50.items())
        return (*points, *((at + timedelta(hours=hours), value) for hours, value in ahead))
    if found.hours_to_minimum_p50 and limit is not None:
        points.append((at + timedelta(hours=found.hours_to_minimum_p50), limit))
    if found.hours_to_zero_p50:
        points.append((at + timedelta(hours=found.hours_to_zero_p50), 0.0))
    return tuple(points) if len(points) > 1 else ()


def _words(
    found: Assessment, band: Sequence[tuple[datetime, float, float]], unit: str, limit: float | None
) -> tuple[str, str]:
    if found.stock is None:
        return "没有可信的库存，情况不明", "no trusted stock: unknown"
    now_zh, now_en = amount(found.stock, unit)
    zh, en = [f"现有 {now_zh}"], [f"{now_en} now"]
    if limit is not None:
        of_zh, of_en = ("上限", "maximum") if found.hazard.value == "blocked" else ("下限", "minimum")
        limit_zh, limit_en = amount(limit, unit)
        zh.append(f"{of_zh} {limit_zh}")
        en.append(f"{of_en} {limit_en}")
    for at, low, high in band[1:]:
        hours_zh, hours_en = duration((at - found.as_of).total_seconds() / 3600)
        zh.append(f"{hours_zh}后 {amount(low, unit)[0]} 至 {amount(high, unit)[0]}（P10–P90）")
        en.append(f"in {hours_en} {amount(low, unit)[1]} to {amount(high, unit)[1]} (P10 to P90)")
    left_zh, left_en = time_left(found)
    return "；".join([*zh, left_zh]) + "。", "; ".join([*en, left_en]) + "."


def time_left(found: Assessment) -> tuple[str, str]:
    """Time to the limit, with its interval; beyond the horizon is said, never drawn as a number."""
    to_zh, to_en = ("到上限", "to the maximum") if found.hazard.value == "blocked" else ("到下限", "to the minimum")
    low, middle, high = (
        duration(h) if h is not None else ("30 天以后", "beyond 30 d")
        for h in (found.hours_to_minimum_p10, found.hours_to_minimum_p50, found.hours_to_minimum_p90)
    )
    return (
        f"{to_zh} P50 {middle[0]}（P10 {low[0]}，P90 {high[0]}）",
        f"{to_en} P50 {middle[1]} (P10 {low[1]}, P90 {high[1]})",
    )
