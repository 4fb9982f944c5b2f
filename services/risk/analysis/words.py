"""Numbers as people read them."""

from services.risk.reasons import lead_in_words


def money(cny: float) -> tuple[str, str]:
    """An amount of money in zh and en.

    >>> money(352_000_000), money(84_000), money(0)
    (('3.52 亿元', '352 M CNY'), ('8.4 万元', '0.084 M CNY'), ('0', '0'))
    """
    if round(cny) == 0:
        return "0", "0"
    size = abs(cny)
    zh = f"{cny / 1e8:.3g} 亿元" if size >= 1e8 else f"{cny / 1e4:,.4g} 万元"
    return zh, f"{cny / 1e6:.3g} M CNY"


def hours(value: float | None, otherwise: str = ">30 天") -> str:
    """Hours ahead in zh.

    >>> hours(30.2), hours(100), hours(None), hours(0)
    ('30 小时', '4.2 天', '>30 天', '已发生')
    """
    if value is None:
        return otherwise
    return "已发生" if value <= 0 else lead_in_words(value)[0]


def days(value: float | None, otherwise: str = ">180") -> str:
    """Hours as days, one digit.

    >>> days(36.0), days(None)
    ('1.5', '>180')
    """
    return otherwise if value is None else f"{value / 24:.1f}"


def unit(text: str) -> str:
    """A unit that reads well behind a number.

    >>> unit("1000m3/d"), unit("t/d")
    ('千立方米/d', 't/d')
    """
    return text.replace("1000m3", "千立方米").replace("m3", "立方米")
