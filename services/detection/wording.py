"""A score in words, Chinese and English."""

import math

from schemas.chain import Series
from schemas.level import LEVEL_ZH, Level

_SMALLEST = 1e-6
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_LEVELS = (Level.NORMAL, Level.BLUE, Level.YELLOW, Level.ORANGE, Level.RED)


def level_sentences(
    series: str, named: Series | None, value: float, expected: float, p_value: float
) -> tuple[str, str]:
    """What an unusual value is, against what is usual; the id stands for a series whose name is not known."""
    zh, en = (named.name_zh, named.name_en) if named else (series, series)
    unit = f" {named.unit}" if named else ""
    p = probability(p_value)
    told, usual = quantity(value), quantity(expected)
    return f"{zh} {told}{unit}，常态 {usual}（{p}）", f"{en}: {told}{unit}, usually {usual} ({p})"


def notice_sentences(series: str, named: Series | None, value: float) -> tuple[str, str]:
    """What a notice says: place and kind by the name of its series, and its colour."""
    zh, en = (named.name_zh, named.name_en) if named else (series, series)
    level = _LEVELS[min(max(int(value), 0), 4)]
    return f"{zh}：{LEVEL_ZH[level]}通知", f"{en}: notice, level {level.value}"


def probability(p_value: float) -> str:
    """A p-value as people write it.

    >>> probability(2.4e-5), probability(0.0), probability(9.99e-5)
    ('p=2×10⁻⁵', 'p<10⁻⁶', 'p=1×10⁻⁴')
    """
    if p_value < _SMALLEST:
        return "p<10⁻⁶"
    mantissa, exponent = f"{p_value:.0e}".split("e")
    return f"p={mantissa}×10{str(int(exponent)).translate(_RAISED)}"


def quantity(value: float) -> str:
    """A quantity with thousands separated, at most three digits after the point and four that count.

    >>> quantity(12000.0), quantity(0.81234), quantity(-3.5)
    ('12,000', '0.812', '-3.5')
    """
    if value == 0:
        return "0"
    digits = min(3, max(0, 3 - math.floor(math.log10(abs(value)))))
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
