"""Alarms and defects in words, Chinese and English."""

import math
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from detectors.series.quality.ledger import Finding
from detectors.series.quality.wording import NAMES, correction, sentences
from services.cli.detect.account import Alarm, Moment
from services.cli.detect.bank import DETECTOR_WORDS
from services.detection.wording import probability, quantity

_DAY_US, _HOUR_US, _MINUTE_US = 86_400_000_000, 3_600_000_000, 60_000_000


def clock(time_us: int, zone: ZoneInfo) -> str:
    """A moment for people; midnight is a date alone, seconds only where there are some."""
    at = datetime.fromtimestamp(time_us / 1e6, UTC).astimezone(zone)
    if (at.hour, at.minute, at.second) == (0, 0, 0):
        return f"{at:%Y-%m-%d}"
    return f"{at:%Y-%m-%d %H:%M}" if at.second == 0 else f"{at:%Y-%m-%d %H:%M:%S}"


def stamp(time_us: int, zone: ZoneInfo) -> str:
    """A moment for programs, with its offset."""
    return datetime.fromtimestamp(time_us / 1e6, UTC).astimezone(zone).isoformat()


def names_of(detectors: tuple[str, ...]) -> tuple[str, str]:
    """Detectors in zh and en."""
    pairs = [DETECTOR_WORDS.get(d, (d, d)) for d in detectors]
    return "、".join(zh for zh, _ in pairs), ", ".join(en for _, en in pairs)


def told(moment: Moment) -> tuple[str, str]:
    """What is unusual about a row, without name and time."""
    zh, en = names_of(moment.contributed)
    value, p = quantity(moment.value), probability(moment.p)
    if not math.isfinite(moment.expected):
        return f"值 {value}（{zh}，{p}）", f"{value} ({en}, {p})"
    usual, band = quantity(moment.expected), f"{quantity(moment.low)} – {quantity(moment.high)}"
    off_zh, off_en = _off(moment)
    return (
        f"值 {value}，预期 {usual}（区间 {band}）{off_zh}；{zh}，{p}",
        f"{value}, expected {usual} (band {band}){off_en}; {en}, {p}",
    )


def alarm_sentences(name: str, alarm: Alarm, zone: ZoneInfo) -> tuple[str, str]:
    """An alarm of a series in zh and en: when, how strong, how long."""
    zh, en = told(alarm.strongest)
    begin = clock(alarm.begin.time_us, zone)
    lasted_zh, lasted_en = _lasted(alarm, zone)
    peak = clock(alarm.strongest.time_us, zone)
    at_zh, at_en = ("", "") if peak == begin else (f"，{peak} 最强", f", strongest at {peak}")
    return (
        f"{name}：{begin} 起异常{at_zh}：{zh}{lasted_zh}。",
        f"{name}: unusual since {begin}{at_en}: {en}{lasted_en}.",
    )


def defect_sentences(name: str, finding: Finding, zone: ZoneInfo) -> tuple[str, str]:
    """A defect of a series in zh and en, with its end where it has one."""
    zh, en = sentences(finding, name, name, zone)
    if finding.until_us is None or finding.until_us == finding.since_us:
        return zh, en
    until = clock(finding.until_us, zone)
    return f"{zh.removesuffix('。')}（至 {until}）。", f"{en.removesuffix('.')} (until {until})."


def defect_row(finding: Finding, zone: ZoneInfo) -> dict[str, str]:
    """The parts of a defect, for tables."""
    zh, en = NAMES[finding.kind]
    mend_zh, mend_en = correction(finding)
    until = clock(finding.until_us, zone) if finding.until_us is not None else ""
    return {
        "kind": f"{zh} {en}",
        "since": clock(finding.since_us, zone),
        "until": until or "未恢复 still so",
        "mend": f"{mend_zh} {mend_en}".strip() or "—",
    }


def cadence_words(cadence_us: int) -> tuple[str, str]:
    """Usual distance of rows.

    >>> cadence_words(3_600_000_000), cadence_words(0)
    (('1 小时', '1 h'), ('—', '—'))
    """
    if cadence_us <= 0:
        return "—", "—"
    for size, zh, en in ((_DAY_US, "天", "d"), (_HOUR_US, "小时", "h"), (_MINUTE_US, "分钟", "min")):
        if cadence_us >= size:
            return f"{cadence_us / size:.3g} {zh}", f"{cadence_us / size:.3g} {en}"
    return f"{cadence_us / 1e6:.3g} 秒", f"{cadence_us / 1e6:.3g} s"


def _off(moment: Moment) -> tuple[str, str]:
    """How far from what is expected, and what to think of a value within its band."""
    if moment.is_inside:
        return "，单看在区间内，但偏离持续", ", within the band by itself, but it lasts"
    is_below = moment.value < moment.expected
    size = abs(moment.value / moment.expected - 1) if moment.expected else math.inf
    share = f" {size:.0%}" if size < 10 else ""  # beyond, a share says nothing
    return f"，{'偏低' if is_below else '偏高'}{share}", f",{share} {'below' if is_below else 'above'}"


def _lasted(alarm: Alarm, zone: ZoneInfo) -> tuple[str, str]:
    if alarm.until_us is None:
        return f"；至文件末尾未平复（{alarm.rows} 行）", f"; not settled at the end of the file ({alarm.rows} rows)"
    if alarm.rows == 1:
        return "；仅此一行", "; this row alone"
    until = clock(alarm.until_us, zone)
    return f"；至 {until}（{alarm.rows} 行）", f"; until {until} ({alarm.rows} rows)"
