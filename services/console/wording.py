"""Numbers, lengths of time and domain words as people read them: zh and en. Pure."""

from collections.abc import Callable

from services.runtime.chain.vocabulary import PRODUCT_ZH

HAZARDS: dict[str, tuple[str, str]] = {
    "starved": ("断供", "runs short"),
    "blocked": ("胀库", "has no room left"),
    "silent": ("断报", "sends no data"),
    "distrusted": ("数据存疑", "sends data in doubt"),
}
_TEN_THOUSAND = 10_000


def product(name: str) -> tuple[str, str]:
    """What a product is called; one that is not known keeps its name.

    >>> product("steam_coal"), product("x_y")
    (('动力煤', 'steam coal'), ('x_y', 'x y'))
    """
    return PRODUCT_ZH.get(name, name), name.replace("_", " ")


def duration(hours: float) -> tuple[str, str]:
    """A length of time.

    >>> duration(0.5), duration(31.2), duration(100), duration(-2)
    (('30 分钟', '30 min'), ('31 小时', '31 h'), ('4.2 天', '4.2 d'), ('已到', 'reached'))
    """
    if hours <= 0:
        return "已到", "reached"
    if hours < 1:
        return f"{hours * 60:.0f} 分钟", f"{hours * 60:.0f} min"
    if hours < 72:
        return f"{hours:.0f} 小时", f"{hours:.0f} h"
    return f"{hours / 24:.1f} 天", f"{hours / 24:.1f} d"


def amount(value: float, unit: str) -> tuple[str, str]:
    """An amount with its unit, large ones in 万.

    >>> amount(52000, "t"), amount(830, "t"), amount(1234567, "t/d")
    (('5.2 万吨', '52,000 t'), ('830 吨', '830 t'), ('123 万吨/天', '1,234,567 t/d'))
    """
    base, slash, per = unit.partition("/")
    word = {"t": "吨", "1000m3": "千立方米", "m3": "立方米", "MWh": "兆瓦时"}.get(base, base)
    word += {"d": "/天", "h": "/小时"}.get(per, slash + per)
    en = f"{value:,.0f} {unit}" if abs(value) >= 100 else f"{value:.3g} {unit}"
    if abs(value) >= _TEN_THOUSAND:
        return f"{value / _TEN_THOUSAND:,.3g} 万{word}", en
    return (f"{value:,.0f} {word}" if abs(value) >= 100 else f"{value:.3g} {word}"), en


def money(cny: float) -> tuple[str, str]:
    """Money.

    >>> money(352_000_000), money(84_000), money(0)
    (('3.52 亿元', '352 M CNY'), ('8.4 万元', '0.084 M CNY'), ('0', '0'))
    """
    if round(cny) == 0:
        return "0", "0"
    zh = f"{cny / 1e8:.3g} 亿元" if abs(cny) >= 1e8 else f"{cny / 1e4:,.4g} 万元"
    return zh, f"{cny / 1e6:.3g} M CNY"


def figure(value: float) -> str:
    """A number without its unit, in digits: nobody reads powers of ten at night.

    >>> figure(5_298_000.4), figure(52_891.34), figure(0.94791), figure(31.0)
    ('5,298,000', '52,891.3', '0.9479', '31')
    """
    if abs(value) >= 10 * _TEN_THOUSAND:
        return f"{value:,.0f}"
    return f"{value:,.1f}".removesuffix(".0") if abs(value) >= 1000 else f"{value:.4g}"


TEMPLATE: dict[str, Callable[..., tuple[str, str]]] = {
    "product": product, "duration": duration, "amount": amount, "money": money,
}  # fmt: skip
"""What templates may call by name; each gives both languages: ``{{ t(*duration(31.2)) }}``."""
