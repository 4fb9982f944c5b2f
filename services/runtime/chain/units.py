"""Units of measure as providers and operators write them, in Chinese and English: pure conversion, no state.

A unit is an amount (``t``, ``万吨``, ``MWh``, ``m3``, ``CNY``, ``%``) or a quotient of two (``t/d``, ``元/吨``, ``kcal/kg``). Full-width characters,
spaces and case are tolerated; where case changes the meaning (``Mt`` a million tonnes, ``MT`` in trade a metric ton) it is asked for.
"""

import math
import re
import unicodedata
from functools import lru_cache

from msgspec import Struct

from services.runtime.errors import InputError

HOURS_PER_DAY = 24.0
_MWH_PER_MJ = 1 / 3600
_MWH_PER_KCAL = 4.1868e-3 * _MWH_PER_MJ

_SPELLINGS: dict[str, tuple[float, str]] = {
    "mass": (1.0, "t 吨 公吨 tonne tonnes"),
    "mass:kg": (1e-3, "kg 千克 公斤"),
    "mass:kt": (1e3, "kt"),
    "mass:Mt": (1e6, "Mt"),
    "energy": (1.0, "MWh 兆瓦时"),
    "energy:kWh": (1e-3, "kWh 千瓦时 度"),
    "energy:GWh": (1e3, "GWh 吉瓦时"),
    "energy:MJ": (_MWH_PER_MJ, "MJ 兆焦"),
    "energy:GJ": (1e3 * _MWH_PER_MJ, "GJ 吉焦"),
    "energy:kcal": (_MWH_PER_KCAL, "kcal 大卡 千卡"),
    "energy:tce": (7e6 * _MWH_PER_KCAL, "tce 吨标煤 吨标准煤"),
    "energy/time": (1.0, "MW 兆瓦"),
    "energy/time:kW": (1e-3, "kW 千瓦"),
    "energy/time:GW": (1e3, "GW 吉瓦"),
    "volume": (1.0, "m3 方 立方米 立方 m^3"),
    "volume:1000m3": (1e3, "1000m3 km3"),
    "volume:bcm": (1e9, "bcm"),
    "money": (1.0, "CNY 元 人民币 RMB yuan"),
    "time": (1.0, "h 小时 时 hour hours"),
    "time:min": (1 / 60, "min 分钟"),
    "time:d": (HOURS_PER_DAY, "d 日 天 day days"),
    "time:a": (8760.0, "a 年 year"),
    "share": (1.0, "share 份额 比例 1"),
    "share:%": (0.01, "% 百分比 百分点 percent pct"),
    "level": (1.0, "level 级 级别"),
    "count": (1.0, "count 个 座 处 家 项"),
    "ship": (1.0, "ship ships 艘 艘次"),
    "train": (1.0, "train trains 列"),
    "vehicle": (1.0, "vehicle 车 车次 truck trucks 辆 辆次 wagon wagons 节"),
    "index": (1.0, "index 点"),
}
_PREFIXES: dict[str, float] = {"百": 1e2, "千": 1e3, "万": 1e4, "百万": 1e6, "千万": 1e7, "亿": 1e8}
_PREFIXED = re.compile(r"(百万|千万|百|千|万|亿)(.+)")


class Unit(Struct, frozen=True):
    """A unit understood: ``factor`` turns a value of it into the base unit of its ``dimension`` (t, MWh, m3, CNY, h, share, …)."""

    dimension: str
    factor: float


class UnitError(InputError, ValueError):
    """A unit that cannot be used. Nothing below it needs another handling: the record or the row is wrong."""


class UnknownUnitError(UnitError):
    """The unit is not known; the message names what is."""


class IncompatibleUnitsError(UnitError):
    """Both units are known, but one does not convert to the other."""


def _spelling_table() -> dict[str, Unit]:
    table: dict[str, Unit] = {}
    for name, (factor, spellings) in _SPELLINGS.items():
        unit = Unit(name.split(":", maxsplit=1)[0], factor)
        table.update(dict.fromkeys(spellings.split(), unit))
    return table


_TABLE = _spelling_table()


def _folded_table() -> dict[str, Unit]:
    folded: dict[str, Unit] = {}
    for spelling, unit in _TABLE.items():
        folded[spelling.casefold()] = unit
    return folded


_FOLDED = _folded_table()
_CASE_MATTERS = {"mt"}


def known_units() -> tuple[str, ...]:
    """First spellings of all amounts, for messages and documents."""
    return tuple(spellings.split()[0] for _, spellings in _SPELLINGS.values())


def normalised(text: str) -> str:
    """The unit without spaces and brackets, full-width characters made half-width.

    >>> normalised(" 元 ／ 吨 ")
    '元/吨'
    """
    half_width = unicodedata.normalize("NFKC", text)
    return re.sub(r"[\s()\[\]【】]+", "", half_width).replace("每", "/")


def _amount(text: str, given: str) -> Unit:
    found = _TABLE.get(text)
    if found is None and text.casefold() in _CASE_MATTERS:
        raise UnknownUnitError(
            f"单位 {given!r} 有歧义：公吨请写 t，百万吨请写 Mt / unit {given!r} is ambiguous: write t for tonnes, Mt for a million tonnes"
        )
    found = found or _FOLDED.get(text.casefold())
    if found is not None:
        return found
    prefixed = _PREFIXED.fullmatch(text)
    if prefixed:
        base = _amount(prefixed[2], given)
        return Unit(base.dimension, base.factor * _PREFIXES[prefixed[1]])
    raise UnknownUnitError(
        f"无法识别单位 {given!r}，可用：{'、'.join(known_units())}，以及 t/d、CNY/t 这样的商 / "
        f"unit {given!r} is unknown; known: {', '.join(known_units())} and quotients such as t/d, CNY/t"
    )


@lru_cache(maxsize=512)
def parse_unit(text: str) -> Unit:
    """The meaning of a unit. Raises UnknownUnitError.

    >>> parse_unit("万吨/日").dimension, parse_unit("亿方").factor
    ('mass/time', 100000000.0)
    """
    clean = normalised(text)
    over, slash, under = clean.partition("/")
    numerator = _amount(over, text)
    if not slash:
        return numerator
    denominator = _amount(under, text)
    return Unit(f"{numerator.dimension}/{denominator.dimension}", numerator.factor / denominator.factor)


def factor_between(from_unit: str, to_unit: str, *, period_h: float | None = None, product: str = "") -> float:
    """What to multiply a value of ``from_unit`` by to have it in ``to_unit``.

    ``period_h`` is the length of time an amount was counted over, so that an amount ("吨" of a daily report) becomes a rate (t/d).
    ``product`` "water" makes a tonne a cubic metre. Raises UnknownUnitError, IncompatibleUnitsError, ValueError for a senseless period.
    """
    source, target = parse_unit(from_unit), parse_unit(to_unit)
    source_dimension = source.dimension
    if product == "water":
        source_dimension = (
            source_dimension.replace("mass", "volume") if "volume" in target.dimension else source_dimension
        )
        source_dimension = (
            source_dimension.replace("volume", "mass") if "mass" in target.dimension else source_dimension
        )
    if source_dimension == target.dimension:
        return source.factor / target.factor
    if period_h is not None and f"{source_dimension}/time" == target.dimension:
        if not period_h > 0:
            raise ValueError(f"period_h must be more than 0, given {period_h}")
        return source.factor / period_h / target.factor
    raise IncompatibleUnitsError(
        f"{from_unit!r} 不能换算为 {to_unit!r} / {from_unit!r} ({source.dimension}) does not convert to {to_unit!r} ({target.dimension})"
    )


def convert(value: float, from_unit: str, to_unit: str, *, period_h: float | None = None, product: str = "") -> float:
    """``value`` in another unit; see factor_between for the arguments and errors.

    >>> convert(1.5, "万吨", "t"), convert(70, "％", "share"), round(convert(5500, "大卡/千克", "MJ/kg"), 2)
    (15000.0, 0.7, 23.03)
    >>> convert(2400, "吨", "t/d", period_h=24), convert(10, "万千瓦", "MWh/d")
    (2400.0, 2400.0)
    """
    if normalised(from_unit) == normalised(to_unit):
        parse_unit(from_unit)
        return value
    return scaled(value, factor_between(from_unit, to_unit, period_h=period_h, product=product))


def scaled(value: float, factor: float) -> float:
    """``value`` times ``factor``, rounded once where the factor is a whole number or one over it, so that 70 % is 0.7.

    >>> 70 * 0.01, scaled(70, 0.01)
    (0.7000000000000001, 0.7)
    """
    inverse = round(1 / factor) if 0 < factor < 1 else 0
    if inverse and math.isclose(inverse * factor, 1, rel_tol=1e-12):
        return value / inverse
    whole = round(factor)
    return value * (float(whole) if whole and math.isclose(whole, factor, rel_tol=1e-12) else factor)
