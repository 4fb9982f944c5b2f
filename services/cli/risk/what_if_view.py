"""A what-if on the terminal: what it rests on, who breaks when, what to guarantee now, what must keep running, what could help."""

import sys

from rich.console import Console
from rich.table import Table

from services.risk.analysis.guarantee import Guarantee
from services.risk.analysis.what_if import WhatIf
from services.risk.analysis.words import hours, money, unit

_SIGNED = "建议，供会商研判，不是指令。 Advice for consultation, not an order."


def show(found: WhatIf) -> None:
    """Print it."""
    console = Console(width=None if sys.stdout.isatty() else 200)
    for text in found.basis.in_words():
        console.print(text, style="bold yellow" if found.basis.is_stale or not found.basis.is_live else "")
    days = "按各类环节恢复时间先验" if found.days is None else f"{found.days:g} 天"
    console.print(f"\n[bold]{found.title_zh}[/bold]  {found.title_en}")
    console.print(
        f"持续 {days}（{found.days_mark}）；受影响环节 {len(found.hits)} 处；30 天期望损失 {money(found.loss_cny)[0]}，"
        f"其中最终用户 {money(found.users_cny)[0]}（上下游各计，示意数据）"
    )
    console.print(_hits(found))
    console.print(
        _breaks(found) if found.breaks else "\n一、谁先断：30 天内没有新增断供或胀库。 No further break within 30 d."
    )
    console.print(_key_links(found))
    console.print(_list(found))
    console.print(f"\n补链 remedy: {found.remedy.text_zh}\n{found.remedy.text_en}")
    console.print(_SIGNED)


def _hits(found: WhatIf) -> Table:
    table = _table("受影响环节 what is hit", "环节 part", "区划 code", "剩余 left", "依据 from")
    for hit in found.hits:
        table.add_row(f"{hit.name_zh} {hit.id}", hit.admin_code, f"{hit.factor:.0%}", hit.mark)
    return table


def _breaks(found: WhatIf) -> Table:
    table = _table(
        "一、谁何时断 who breaks when",
        *("环节 place", "P10", "P50", "P90", "72 h", "7 d", "14 d", "30 d", "期望损失 loss", "牵头 lead"),
    )
    for item in found.breaks:
        chances = [f"{item.chance.get(h, 0.0):.0%}" for h in ("72", "168", "336", "720")]
        times = [hours(h) for h in (item.p10_h, item.p50_h, item.p90_h)]
        table.add_row(item.name_zh, *times, *chances, money(item.loss_cny)[0], item.lead_department)
    return table


def _key_links(found: WhatIf) -> Table:
    table = _table(
        "二、现在要保的关键环节 key links to guarantee now", "序", "环节 part", "现状 state", "保住可减损 saves"
    )
    for row in found.guarantees:
        table.add_row(str(row.rank), f"{row.name_zh} {row.id}", state(row), money(row.saves_cny)[0])
    return table


def _list(found: WhatIf) -> Table:
    table = _table(
        "三、保障清单 what must keep running",
        *("序", "环节 part", "最低量 least", "最迟 by", "人员/天", "列/天", "车", "保谁 for", "责任 responsible"),
    )
    for row in found.guarantees:
        table.add_row(
            str(row.rank),
            row.name_zh,
            f"{row.least_per_day:,.0f} {unit(row.unit)}",
            hours(row.by_h),
            number(row.people_a_day),
            number(row.trains_a_day),
            number(row.trucks),
            row.for_zh or "–",
            responsible(row),
        )
    return table


def state(row: Guarantee) -> str:
    """How a part stands in the event."""
    return f"剩 {row.left:.0%}，需恢复" if row.is_hit else "未受影响，替代通道，勿再失"


def responsible(row: Guarantee) -> str:
    """Who answers, the lead department first."""
    return " / ".join(x for x in (row.owner.lead_department, row.owner.work_team, row.owner.chain_leader) if x) or "–"


def number(value: float | None) -> str:
    """A count, or a dash where it means nothing."""
    return "–" if value is None else f"{value:,.10g}"


def _table(title: str, *headings: str) -> Table:
    table = Table(title=f"\n{title}", title_justify="left", show_edge=False, pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table
