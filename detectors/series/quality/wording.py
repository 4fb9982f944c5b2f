"""Findings in words, Chinese and English: what is wrong, the number that shows it, and how to mend it."""

import math
from datetime import UTC, datetime, tzinfo

from detectors.series.quality.kinds import Kind
from detectors.series.quality.ledger import Finding, Standing

NAMES: dict[Kind, tuple[str, str]] = {
    Kind.SILENCE: ("断报", "silence"),
    Kind.STUCK: ("读数不动", "stuck value"),
    Kind.FROZEN_QUOTE: ("报价不动", "frozen quote"),
    Kind.UNIT_SWITCH: ("单位改变", "unit switch"),
    Kind.DECIMAL_SLIP: ("小数点错位", "decimal slip"),
    Kind.STALE_COPY: ("旧数照抄", "stale copy"),
    Kind.DUPLICATE: ("重复报送", "duplicate"),
    Kind.CLOCK_SKEW: ("时钟偏差", "clock skew"),
    Kind.IMPOSSIBLE_JUMP: ("不可能的跳变", "impossible jump"),
    Kind.MASS_IMBALANCE: ("收支不平", "mass imbalance"),
}
_STANDINGS: dict[Standing, tuple[str, str]] = {
    Standing.OPEN: ("", ""),
    Standing.OVER: ("，现已恢复", "; over by now"),
    Standing.STANDS: ("，此后视为正确", "; taken as right from then on"),
    Standing.WITHDRAWN: ("，已撤销", "; taken back"),
    Standing.EXPLAINED: ("，由另一问题引起", "; follows from another finding"),
}
_UNITS = {
    2: ("百分数与小数", "per cent and fraction"),
    3: ("千与一", "thousands and ones"),
    4: ("万与一", "ten thousands (万) and ones"),
}
_LARGE = 100.0
"""Ratios from here on are told in whole numbers."""


def sentences(finding: Finding, name_zh: str, name_en: str, zone: tzinfo = UTC) -> tuple[str, str]:
    """A finding of a series of this name, in zh and en. Times are said in ``zone``."""
    zh, en = _says(finding)
    mend_zh, mend_en = correction(finding)
    since = datetime.fromtimestamp(finding.since_us / 1e6, UTC).astimezone(zone).strftime("%Y-%m-%d %H:%M")
    kind_zh, kind_en = NAMES[finding.kind]
    state_zh, state_en = _STANDINGS[finding.standing]
    return (
        f"{name_zh}：{kind_zh}，自 {since} 起{zh}{state_zh}{mend_zh and '；建议' + mend_zh}。",
        f"{name_en}: {kind_en} since {since}, {en}{state_en}{mend_en and '; proposed: ' + mend_en}.",
    )


def correction(finding: Finding) -> tuple[str, str]:
    """How to mend values or times, in zh and en; empty where that is not known.

    >>> from detectors.series.quality.ledger import Standing
    >>> correction(Finding(0, Kind.UNIT_SWITCH, Kind.UNIT_SWITCH, Standing.OPEN, 0, 0, None, 98.0, 0.01, 0))
    ('数值除以 100', 'divide values by 100')
    """
    if math.isfinite(finding.factor) and finding.factor > 0:
        if finding.factor < 1:
            return f"数值除以 {1 / finding.factor:,.0f}", f"divide values by {1 / finding.factor:,.0f}"
        return f"数值乘以 {finding.factor:,.0f}", f"multiply values by {finding.factor:,.0f}"
    if finding.shift_us:
        hours = finding.shift_us / 3.6e9
        size = f"{abs(hours):.1f}"
        if hours > 0:
            return f"观测时间加 {size} 小时", f"add {size} h to times"
        return f"观测时间减 {size} 小时", f"subtract {size} h from times"
    if finding.kind is Kind.DUPLICATE:
        return "忽略重复行", "ignore the repeated rows"
    return "", ""


def _says(finding: Finding) -> tuple[str, str]:
    """What the evidence means."""
    number = finding.evidence
    match finding.kind:
        case Kind.SILENCE:
            return f"已缺 {number:.1f} 个报送周期", f"{number:.1f} reporting intervals without a report"
        case Kind.STUCK | Kind.FROZEN_QUOTE:
            return f"连续 {number:.0f} 次同一数值", f"the same value {number:.0f} times running"
        case Kind.UNIT_SWITCH | Kind.DECIMAL_SLIP | Kind.IMPOSSIBLE_JUMP:
            return _scaled(finding, number)
        case Kind.STALE_COPY:
            return f"与 {number:.0f} 期以前逐一相同", f"equal one by one to what was told {number:.0f} reports before"
        case Kind.DUPLICATE:
            return f"同一行再次报送 {number:.0f} 次", f"the same row told again, {number:.0f} ×"
        case Kind.CLOCK_SKEW:
            zh, en = ("超前", "ahead") if number > 0 else ("落后", "behind")
            return f"时刻{zh} {abs(number):.1f} 小时", f"its clock {abs(number):.1f} h {en}"
        case Kind.MASS_IMBALANCE:
            return (
                f"库存变化与收支相差 {number:+.0%}（占期间收支）",
                f"the change of stock differs by {number:+.0%} of what came and left",
            )
        case _:
            return "", ""


def _scaled(finding: Finding, number: float) -> tuple[str, str]:
    if not math.isfinite(number):
        return "数值超出可能范围", "beyond what can be"
    size = f"{number:,.0f}" if abs(number) >= _LARGE else f"{number:.3g}"
    zh, en = f"为前值的 {size} 倍", f"{size} times the value before"
    power = round(abs(math.log10(finding.factor))) if math.isfinite(finding.factor) and finding.factor > 0 else 0
    if finding.kind is Kind.UNIT_SWITCH and power in _UNITS:
        return f"{zh}（{_UNITS[power][0]}）", f"{en} ({_UNITS[power][1]})"
    return zh, en
