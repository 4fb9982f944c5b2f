"""A score in words, Chinese and English."""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta, timezone

from detectors.series.quality.ledger import Finding
from detectors.series.quality.wording import sentences
from schemas.chain import Series
from schemas.level import LEVEL_ZH, Level

_SMALLEST = 1e-6
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_BEIJING = timezone(timedelta(hours=8))
_FIRST_US, _LAST_US = -62_000_000_000_000_000, 253_000_000_000_000_000
_DETECTORS = {
    "robust_level": ("稳健水平", "robust level"),
    "ewma": ("加权均值", "weighted average"),
    "cusum": ("累积和", "cumulative sum"),
    "page_hinkley": ("均值变化", "change of the mean"),
    "seasonal": ("季节基线", "seasonal baseline"),
    "cover_trend": ("覆盖趋势", "trend of cover"),
    "change_point": ("变点", "change point"),
    "forecast_residual": ("预测残差", "forecast residual"),
}
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


def detector_sentences(
    detector: str, series: str, named: Series | None, value: float, expected: float, p_value: float
) -> tuple[str, str]:
    """The same of any other detector, which is named."""
    zh, en = (named.name_zh, named.name_en) if named else (series, series)
    by_zh, by_en = _DETECTORS[detector]
    unit = f" {named.unit}" if named else ""
    told, p = quantity(value), probability(p_value)
    if math.isnan(expected):
        return f"{zh} {told}{unit}，{by_zh}异常（{p}）", f"{en}: {told}{unit}, unusual by {by_en} ({p})"
    usual = quantity(expected)
    return f"{zh} {told}{unit}，{by_zh}预期 {usual}（{p}）", f"{en}: {told}{unit}, {by_en} expects {usual} ({p})"


def vote_sentences(
    series: str, named: Series | None, value: float, contributed: Sequence[str], p_value: float
) -> tuple[str, str]:
    """What an alarm of the vote is, and which detectors brought it about, the strongest first."""
    zh, en = (named.name_zh, named.name_en) if named else (series, series)
    unit = f" {named.unit}" if named else ""
    told, p = quantity(value), probability(p_value)
    names = [_DETECTORS[name] for name in contributed]
    return (
        f"{zh} {told}{unit}，多检测器表决为异常（{p}）：{'、'.join(name for name, _ in names)}",
        f"{en}: {told}{unit}, unusual by vote ({p}) of {', '.join(name for _, name in names)}",
    )


def finding_sentences(series: str, named: Series | None, finding: Finding) -> tuple[str, str]:
    """A finding of data quality, in Beijing time."""
    zh, en = (named.name_zh, named.name_en) if named else (series, series)
    told = replace(finding, since_us=min(max(finding.since_us, _FIRST_US), _LAST_US))
    return sentences(told, zh, en, _BEIJING)


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
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else str(value)
    digits = min(3, max(0, 3 - math.floor(math.log10(abs(value)))))
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
