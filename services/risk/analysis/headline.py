"""A result in one line, for lists, logs and messages."""

from services.risk.analysis.ahead import BalanceSheet, Blockages, Flows, Remedy
from services.risk.analysis.answering import Result
from services.risk.analysis.key_links import KeyLinks
from services.risk.analysis.risk_points import RiskPoints
from services.risk.analysis.what_if import WhatIf
from services.runtime.chain.vocabulary import PRODUCT_ZH

_GAP = 0.02
"""From this share of the demand on a gap is worth a word."""


def headline(result: Result) -> tuple[str, str]:
    """One line of a result in zh and en; says 已过时 and 非实时 where it is so."""
    zh, en = _what(result)
    mark_zh, mark_en = ("【已过时】", "[OUT OF DATE] ") if result.basis.is_stale else ("", "")
    if not result.basis.is_live:
        mark_zh, mark_en = "【非实时】", "[NOT LIVE] "
    if isinstance(result, Remedy | BalanceSheet | Blockages | Flows) and result.lost:
        nodes = ", ".join(result.lost)
        mark_zh, mark_en = f"{mark_zh}假定 {nodes} 停：", f"{mark_en}suppose {nodes} lost: "
    return mark_zh + zh, mark_en + en


def _what(result: Result) -> tuple[str, str]:
    if isinstance(result, WhatIf):
        first = result.breaks[0] if result.breaks else None
        zh = f"最早 {first.name_zh}" if first else "30 天内无新增断供或胀库"
        en = f"first {first.name_en}" if first else "no further break within 30 d"
        return (
            f"{result.title_zh}：{len(result.breaks)} 处将断，{zh}；保障清单 {len(result.guarantees)} 项",
            f"{result.title_en}: {len(result.breaks)} places break, {en}; {len(result.guarantees)} to guarantee",
        )
    if isinstance(result, KeyLinks):
        first_link = result.links[0] if result.links else None
        return (
            f"关键环节：首位 {first_link.name_zh if first_link else '–'}",
            f"key links: first {first_link.name_en if first_link else '–'}",
        )
    if isinstance(result, RiskPoints):
        alone = sum("single" in p.reasons for p in result.points)
        return (
            f"断供断链风险点 {len(result.points)} 处，其中单点 {alone} 处",
            f"{len(result.points)} risk points, {alone} of them single points of failure",
        )
    if isinstance(result, BalanceSheet):
        return _balance(result)
    if isinstance(result, Blockages):
        return _blocked(result)
    if isinstance(result, Flows):
        return f"流量预计：{len(result.rows)} 条链路，14 天", f"flows ahead: {len(result.rows)} links, 14 d"
    plan = next((p for p in result.plans if p.is_needed), None)
    if plan is not None:
        return plan.text_zh, plan.text_en
    return f"{result.node}：{result.advice.text_zh}", f"{result.node}: {result.advice.text_en}"


def _balance(result: BalanceSheet) -> tuple[str, str]:
    lacking = [row for row in result.rows if row.demand > 0 and row.gap >= _GAP * row.demand]
    if not lacking:
        return "供需平衡：四周内无明显缺口", "supply and demand: no gap of note within four weeks"
    worst = max(lacking, key=lambda row: row.gap / row.demand)
    share, count = worst.gap / worst.demand, len({row.product for row in lacking})
    zh, en = PRODUCT_ZH.get(worst.product, worst.product), worst.product.replace("_", " ")
    return (
        f"供需平衡：{count} 个产品有缺口，最大 {zh} 第 {worst.week} 周缺 {share:.0%}",
        f"supply and demand: {count} products lack, most {en} in week {worst.week}: {share:.0%}",
    )


def _blocked(result: Blockages) -> tuple[str, str]:
    if not result.rows:
        return "两周内没有堵点", "no blockage within two weeks"
    now, first = sum(row.from_day == 0 for row in result.rows), result.rows[0]
    places = len({(row.source, row.target, row.product) for row in result.rows})
    return (
        f"堵点 {places} 处，其中现在 {now} 处；首位 {first.where_zh}",
        f"{places} blockages, {now} of them now; first {first.where_en}",
    )
