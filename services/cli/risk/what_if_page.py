"""A what-if as one HTML page to print on A4: nothing outside the page is needed."""

from collections.abc import Iterable
from html import escape
from zoneinfo import ZoneInfo

from services.cli.risk.what_if_view import number, responsible, state
from services.risk.analysis.guarantee import Guarantee
from services.risk.analysis.remedy_advice import Move
from services.risk.analysis.what_if import WhatIf
from services.risk.analysis.words import hours, money, unit

_ZONE = ZoneInfo("Asia/Shanghai")
_STYLE = """
@page { size: A4 landscape; margin: 12mm; }
body { font: 13px/1.45 "Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", sans-serif; color: #111; margin: 16px; }
h1 { font-size: 22px; margin: 0 0 2px; } h2 { font-size: 16px; margin: 18px 0 4px; border-left: 5px solid #b3261e; padding-left: 8px; }
.en { color: #555; font-weight: normal; font-size: 0.85em; }
.basis { border: 2px solid #555; padding: 6px 10px; margin: 8px 0; } .warn { border-color: #b3261e; background: #fff1f0; font-weight: bold; }
.sum { font-size: 15px; margin: 6px 0; }
table { border-collapse: collapse; width: 100%; } th, td { border: 1px solid #999; padding: 3px 6px; vertical-align: top; text-align: left; }
th { background: #eee; } td.n { text-align: right; white-space: nowrap; } tr { break-inside: avoid; } thead { display: table-header-group; }
.soon { background: #ffe3e0; } .sign { margin-top: 16px; display: flex; gap: 40px; } .small { color: #444; font-size: 12px; }
"""


def page(found: WhatIf) -> str:
    """The page. Every text of the chain is escaped."""
    zh, en = found.basis.in_words()
    is_warned = found.basis.is_stale or not found.basis.is_live
    parts = [
        f"<h1>{_e(found.title_zh)} <span class=en>{_e(found.title_en)}</span></h1>",
        f'<div class="basis{" warn" if is_warned else ""}">{_e(zh)}<br><span class=en>{_e(en)}</span></div>',
        _summary(found),
        "<h2>一、谁何时断 <span class=en>who breaks when</span></h2>",
        _breaks(found),
        "<h2>二、现在要保的关键环节 <span class=en>key links to guarantee now</span></h2>",
        _key_links(found),
        "<h2>三、保障清单（建议） <span class=en>what must keep running (advice)</span></h2>",
        _list(found),
        "<h2>四、补链建议 <span class=en>remedy</span></h2>",
        _remedy(found),
        "<h2>附：受影响环节与取值依据 <span class=en>what is hit, and why these numbers</span></h2>",
        _hits(found),
        _foot(found),
    ]
    title = _e(found.title_zh)
    return (
        f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style></head>'
        f"<body>{''.join(parts)}</body></html>"
    )


def _summary(found: WhatIf) -> str:
    days = "按各类环节的恢复时间先验" if found.days is None else f"{found.days:g} 天"
    first = found.breaks[0] if found.breaks else None
    first_zh = f"最早：<b>{_e(first.name_zh)}</b>，{hours(first.p50_h)}（P10 {hours(first.p10_h)}）" if first else ""
    count = f"{len(found.breaks)} 处将断供或胀库。" if found.breaks else "30 天内没有新增断供或胀库。"
    return (
        f"<div class=sum>{count}{first_zh}<br>持续 {days}，受影响环节 {len(found.hits)} 处；30 天期望损失 "
        f"<b>{money(found.loss_cny)[0]}</b>，其中最终用户 {money(found.users_cny)[0]}。</div>"
    )


def _breaks(found: WhatIf) -> str:
    rows = []
    for item in found.breaks:
        is_soon = item.p50_h is not None and item.p50_h <= 72
        cells = [_e(item.name_zh) + f"<br><span class=en>{_e(item.name_en)}</span>"]
        cells += [
            f"<b>{hours(h)}</b>" if n == 1 else hours(h) for n, h in enumerate((item.p10_h, item.p50_h, item.p90_h))
        ]
        cells += [f"{item.chance.get(h, 0.0):.0%}" for h in ("72", "168", "336", "720")]
        cells += [money(item.loss_cny)[0], _e(item.lead_department or "–")]
        rows.append((cells, "soon" if is_soon else ""))
    heads = (
        "环节与险种",
        "最早 P10",
        "居中 P50",
        "最迟 P90",
        "3 天内",
        "7 天内",
        "14 天内",
        "30 天内",
        "期望损失",
        "牵头部门",
    )
    return _table(heads, rows, numbers=range(1, 9)) if rows else "<p>无</p>"


def _key_links(found: WhatIf) -> str:
    rows = [
        ([str(g.rank), _name(g), state(g), f"<b>{money(g.saves_cny)[0]}</b>", _e(g.for_zh or "–")], "")
        for g in found.guarantees
    ]
    return _table(("序", "环节", "现状", "保住可减损", "保谁"), rows, numbers=(0, 3)) if rows else "<p>无</p>"


def _list(found: WhatIf) -> str:
    rows = []
    for g in found.guarantees:
        at = g.by_at.astimezone(_ZONE).strftime("%m-%d %H时") if g.by_at else "30 天内不紧"
        least = (
            f"<b>{g.least_per_day:,.0f}</b> {_e(unit(g.unit))}<br><span class=small>常态 {g.normal_per_day:,.0f}</span>"
        )
        cells = [str(g.rank), _name(g), least, at, number(g.people_a_day), number(g.trains_a_day), number(g.trucks)]
        rows.append(([*cells, _e(g.permit_zh or "–"), _e(responsible(g)), ""], ""))
    heads = ("序", "必须运行", "最低量", "最迟到位", "人员/天", "列/天", "车辆", "通行与许可", "责任单位", "落实签字")
    return _table(heads, rows, numbers=(0, 2, 3, 4, 5, 6)) if rows else "<p>无</p>"


def _remedy(found: WhatIf) -> str:
    text = f"<p>{_e(found.remedy.text_zh)}<br><span class=en>{_e(found.remedy.text_en)}</span></p>"
    rows = [(_move(move), "") for move in found.remedy.moves]
    heads = ("来源", "送往", "至多每天", "合计", "最快到达", "费用", "联系")
    return text + (_table(heads, rows, numbers=(2, 3, 4, 5)) if rows else "")


def _move(move: Move) -> list[str]:
    return [
        _e(f"{move.source_zh} {move.source}"),
        _e(f"{move.to_zh} {move.to}"),
        f"{move.most_per_day:,.0f} {_e(unit(move.unit))}",
        f"{move.total:,.0f} {_e(unit(move.unit))}",
        hours(move.lead_h) if move.lead_h > 0 else "即时",
        money(move.cost_cny)[0],
        _e(move.contact or "–"),
    ]


def _hits(found: WhatIf) -> str:
    rows = [([_e(f"{h.name_zh} {h.id}"), _e(h.admin_code), f"{h.factor:.0%}", _e(h.mark)], "") for h in found.hits]
    return _table(("环节", "区划", "剩余能力", "依据"), rows, numbers=(2,))


def _foot(found: WhatIf) -> str:
    return (
        f"<p class=small>持续时间依据 {_e(found.days_mark)}。[Sn] 为公开事件，[OK] 为待核实的经验值，均非官方标准；人员、车辆、列数按示意定额折算，"
        "须由责任单位核实；最低量为保住九成减损所需；“最迟到位”已扣除在途时间；损失为 30 天期望值，上下游各计。链条数据为示意。"
        f"链 {_e(found.basis.chain)} {_e(found.basis.chain_version)}，规则 {_e(found.basis.rules_version)}。</p>"
        "<p><b>本页为系统建议，供会商研判，不是指令。</b> <span class=en>Advice for consultation, not an order.</span></p>"
        "<div class=sign><span>研判：____________</span><span>审核：____________</span><span>时间：____________</span></div>"
    )


def _name(g: Guarantee) -> str:
    return f"{_e(g.name_zh)}<br><span class=en>{_e(g.id)}</span>"


def _table(heads: Iterable[str], rows: Iterable[tuple[list[str], str]], numbers: Iterable[int] = ()) -> str:
    right = set(numbers)
    head = "".join(f"<th>{h}</th>" for h in heads)
    body = "".join(
        f"<tr{f' class={style}' if style else ''}>"
        + "".join(f"<td{' class=n' if i in right else ''}>{cell}</td>" for i, cell in enumerate(cells))
        + "</tr>"
        for cells, style in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _e(text: str) -> str:
    return escape(text, quote=True)
