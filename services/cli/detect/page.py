"""The report as one self-contained page: what was found in each series, with a picture, in Chinese and English."""

from collections.abc import Callable, Iterator, Sequence
from html import escape

import numpy as np

from services.cli.detect.account import Account, Alarm
from services.cli.detect.bank import DETECTOR_WORDS
from services.cli.detect.judging import Judged
from services.cli.detect.natures import NATURE_WORDS
from services.cli.detect.picture import ALARM, BAND, DEFECT, LINE, series_picture
from services.cli.detect.table import Table
from services.cli.detect.terminal import head_lines
from services.cli.detect.words import alarm_sentences, cadence_words, clock, defect_row, defect_sentences, told
from services.detection.wording import probability

_STYLE = f"""
body {{ font: 14px/1.5 "Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", "WenQuanYi Micro Hei", sans-serif; color: #1c2733;
  max-width: 1120px; margin: 20px auto; padding: 0 14px; }}
h1 {{ font-size: 22px; margin: 0 0 6px; }}
h2 {{ font-size: 17px; margin: 26px 0 4px; border-left: 5px solid {LINE}; padding-left: 8px; }}
h2.loud {{ border-color: {ALARM}; }} h2.defect {{ border-color: {DEFECT}; }}
.en {{ color: #5a6b7b; font-weight: normal; font-size: 0.88em; }} .small {{ color: #5a6b7b; font-size: 12px; }}
table {{ border-collapse: collapse; width: 100%; margin: 6px 0; }}
th, td {{ border: 1px solid #cfd6dc; padding: 3px 7px; text-align: left; vertical-align: top; }}
th {{ background: #f0f3f5; font-weight: 600; }} td.n {{ text-align: right; white-space: nowrap; }} td.t {{ white-space: nowrap; }}
tr.loud td {{ background: #fdecec; }} tr.defect td {{ background: #fff5e2; }}
ol, ul {{ margin: 4px 0 4px 24px; padding: 0; }} li {{ margin: 3px 0; }} svg {{ max-width: 100%; height: auto; display: block; }}
.close {{ display: flex; flex-wrap: wrap; gap: 10px; }} .key span {{ display: inline-block; width: 22px; height: 9px; margin: 0 4px 0 12px; }}
a {{ color: {LINE}; }} @media print {{ h2, svg {{ break-inside: avoid; }} }}
"""
_PICTURES, _CLOSE_UPS, _AROUND, _CROWDED = 60, 3, 80, 500
_CELLS = 200


def page(
    table: Table, judged: Judged, accounts: Sequence[Account], on_series: Callable[[], None] = lambda: None
) -> str:
    """The page. Every text of the file is escaped; pictures of all series that say something, and of quiet ones up to sixty in all."""
    loud = [a for a in accounts if not a.is_quiet]
    quiet = [a for a in accounts if a.is_quiet]
    drawn = [*loud, *quiet[: max(0, _PICTURES - len(loud))]]
    sections = []
    for account in drawn:
        sections.append("".join(_section(table, judged, account)))
        on_series()
    left = len(accounts) - len(drawn)
    note = f"<p class=small>另有 {left} 个平静序列未画图。 {left} more quiet series are not drawn.</p>" if left else ""
    parts = [
        f"<h1>异常检测报告 <span class=en>Detection report · {escape(table.name)}</span></h1>",
        *(f"<div>{escape(line)}</div>" for line in head_lines(table, judged)),
        _verdict(accounts),
        _overview(table, accounts),
        _key(),
        *sections,
        note,
        _unreadable(table),
        _method(judged),
    ]
    return (
        f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{escape(table.name)} 异常检测报告</title>'
        f"<style>{_STYLE}</style></head><body>{''.join(parts)}</body></html>\n"
    )


def _verdict(accounts: Sequence[Account]) -> str:
    alarms, defects = sum(len(a.alarms) for a in accounts), sum(len(a.defects) for a in accounts)
    if not alarms and not defects:
        return "<p><b>未见异常，数据质量无差错。</b> <span class=en>Nothing unusual, no defects of data.</span></p>"
    where = len({a.slot for a in accounts if a.alarms}), len({a.slot for a in accounts if a.defects})
    return (
        f"<p><b>{where[0]} 个序列共 {alarms} 次报警，{where[1]} 个序列共 {defects} 处数据差错。</b> "
        f"<span class=en>{alarms} alarms in {where[0]} series, {defects} defects of data in {where[1]}.</span></p>"
    )


def _overview(table: Table, accounts: Sequence[Account]) -> str:
    heads = (
        "序列 series",
        "性质 kind",
        "间隔 cadence",
        "值 values",
        "报警 alarms",
        "差错 defects",
        "最反常时刻 strongest moment",
        "p",
    )
    rows = []
    for a in sorted(accounts, key=lambda a: (not a.alarms, not a.defects, a.slot)):
        peak = clock(a.strongest.time_us, table.zone) if a.strongest else "学习中 warming up"
        p = probability(a.strongest.p).removeprefix("p").removeprefix("=") if a.strongest else ""
        name = f"<a href='#s{a.slot}'>{escape(a.name)}</a>"
        words = [name, " ".join(NATURE_WORDS[a.nature]), " ".join(dict.fromkeys(cadence_words(a.cadence_us)))]
        numbers = [f"<td class=n>{n}</td>" for n in (f"{a.rows:,}", len(a.alarms), len(a.defects))]
        style = "loud" if a.alarms else "defect" if a.defects else ""
        cells = "".join(f"<td>{w}</td>" for w in words) + "".join(numbers) + f"<td>{peak}</td><td>{p}</td>"
        rows.append(f"<tr class='{style}'>{cells}</tr>")
    return f"<table><thead><tr>{''.join(f'<th>{h}</th>' for h in heads)}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _key() -> str:
    pairs = (
        (LINE, "所报值（已改正） values (corrected)"),
        (BAND, "预期的 99 % 区间 band expected, 99 %"),
        (ALARM, "报警 alarm"),
        (DEFECT, "数据差错 defect of data (×: as told)"),
    )
    return "<p class='small key'>" + "".join(f"<span style='background:{c}'></span>{w}" for c, w in pairs) + "</p>"


def _section(table: Table, judged: Judged, account: Account) -> Iterator[str]:
    rows = table.rows_of(account.slot)
    style = "loud" if account.alarms else "defect" if account.defects else ""
    yield f"<h2 id='s{account.slot}' class='{style}'>{escape(account.name)}</h2>"
    yield series_picture(table, judged, account, rows)
    if len(rows) > _CROWDED and account.alarms:
        yield "<div class=close>" + "".join(_close_ups(table, judged, account)) + "</div>"
    if account.alarms:
        items = "".join(f"<li>{_both(*alarm_sentences(account.name, a, table.zone))}</li>" for a in account.alarms)
        yield f"<b>报警 alarms</b><ol>{items}</ol>"
        below = "".join(f"<li>{clock(m.time_us, table.zone)}：{_both(*told(m))}</li>" for m in account.below)
        yield (
            f"<b>其次反常、未报警的时刻 <span class=en>next, below the alarm level</span></b><ul>{below}</ul>"
            if below
            else ""
        )
    if account.defects:
        yield "<b>数据差错 defects of data</b>" + _defects(table, account)
    if account.is_quiet:
        yield f"<p class=small>平静 quiet{_least_likely(table, account)}</p>"


def _least_likely(table: Table, account: Account) -> str:
    if account.strongest is None:
        return " · 尚在学习 warming up"
    at, (zh, en) = clock(account.strongest.time_us, table.zone), told(account.strongest)
    return f" · 最反常 {at}：{escape(zh)} <span class=en>strongest moment: {escape(en)}</span>"


def _close_ups(table: Table, judged: Judged, account: Account) -> Iterator[str]:
    """The strongest alarms with the rows around them."""
    rows = table.rows_of(account.slot)
    numbered = sorted(enumerate(account.alarms, start=1), key=lambda pair: pair[1].strongest.p)[:_CLOSE_UPS]
    for number, alarm in sorted(numbered):
        some = _around(rows, alarm)
        yield series_picture(
            table, judged, account, some, 530.0, 190.0, f"{number}  {clock(alarm.begin.time_us, table.zone)}"
        )


def _around(rows: np.ndarray, alarm: Alarm) -> np.ndarray:
    begin, peak = (int(np.searchsorted(rows, m.row)) for m in (alarm.begin, alarm.strongest))
    found: np.ndarray = rows[max(begin - _AROUND, 0) : min(max(peak, begin), begin + _AROUND) + _AROUND]
    return found


def _defects(table: Table, account: Account) -> str:
    heads = ("差错 kind", "自 since", "至 until", "建议 correction", "说明 in words")
    rows = []
    for f in account.defects:
        cells = defect_row(f, table.zone)
        words = _both(*defect_sentences(account.name, f, table.zone))
        rows.append(
            "<tr>" + "".join(f"<td class=t>{escape(c)}</td>" for c in cells.values()) + f"<td>{words}</td></tr>"
        )
    return f"<table><thead><tr>{''.join(f'<th>{h}</th>' for h in heads)}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _both(zh: str, en: str) -> str:
    return f"{escape(zh)}<br><span class=en>{escape(en)}</span>"


def _unreadable(table: Table) -> str:
    if not table.unreadable:
        return ""
    rows = "".join(
        f"<tr><td class=n>{u.line}</td><td>{escape(u.column)}</td><td>{escape(u.given)}</td>"
        f"<td>{escape(u.wanted_zh)} <span class=en>{escape(u.wanted_en)}</span></td></tr>"
        for u in table.unreadable[:_CELLS]
    )
    more = len(table.unreadable) - _CELLS
    note = f"<p class=small>另有 {more} 处，见 unreadable.csv {more} more in unreadable.csv</p>" if more > 0 else ""
    return (
        f"<h2 class=defect>读不出的 {len(table.unreadable)} 处 <span class=en>what could not be read</span></h2><table><thead><tr>"
        f"<th>行 line</th><th>列 column</th><th>给出 given</th><th>应为 right</th></tr></thead><tbody>{rows}</tbody></table>{note}"
    )


def _method(judged: Judged) -> str:
    names = "、".join(f"{DETECTOR_WORDS[n][0]} {n}" for n in judged.names)
    zh = (
        "逐行判断，任何一行都不知道其后的内容；先查数据质量：单位错了的值换算后照常判断，不可信的值不判断也不学习。"
        f"各检测器（{names}）的分数按同类同间隔的序列校准成 p 值后表决；p ≤ {judged.alpha:g} 为报警（未给 --alpha 时另受报警预算约束），"
        "此后连续 12 行平静才算结束。性质按列名推断，影响数据质量的判断与谁和谁同池校准。"
    )
    en = (
        "Row after row, none knowing what comes after it. Data quality first: values told in a wrong unit are judged corrected, values that cannot "
        "be trusted are neither judged nor learnt. Scores become p-values on series of one kind and cadence and are put to the vote; "
        f"p ≤ {judged.alpha:g} is an alarm (without --alpha within the alarm budget too), over after 12 quiet rows in a row. "
        "Kinds are guessed from names: data quality and who shares a pool depend on them."
    )
    return f"<h2>怎样判断 <span class=en>How it was judged</span></h2><p>{zh}</p><p class=en>{en}</p>"
