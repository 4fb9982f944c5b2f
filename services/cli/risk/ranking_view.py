"""Key links and risk points on the terminal."""

import sys

from rich.console import Console
from rich.table import Table

from services.risk.analysis.basis import Basis
from services.risk.analysis.key_links import KeyLink, KeyLinks, Pair
from services.risk.analysis.risk_points import RiskPoints
from services.risk.analysis.words import days, money

REASONS = {
    "single": ("单点", "single point"),
    "exposed": ("恢复慢于耗尽", "empty before it is back"),
    "users_lose": ("用户受损", "users lose"),
}


def show_links(found: KeyLinks, top: int) -> None:
    """The ranking."""
    console = _opened(found.basis)
    whom = f"（为 {found.focus}）" if found.focus else ""
    table = _table(
        f"关键环节 key links {whom}",
        *(
            "序",
            "环节 part",
            "期望损失 loss",
            "其中用户 users",
            *(("该节点损失", "该节点少到货") if found.focus else ()),
        ),
        *("撑到下限 d", "撑到零 d", "恢复 P50 d", "ESRI", "单点 for", "责任 owner"),
    )
    for k in found.links[:top]:
        focus = [money(k.focus_cny or 0)[0], money(k.focus_not_come_cny or 0)[0]] if found.focus else []
        table.add_row(
            str(k.rank),
            f"{k.name_zh} {k.id}",
            money(k.loss_cny)[0],
            money(k.users_cny)[0],
            *focus,
            days(k.survive_to_minimum_h),
            days(k.survive_to_zero_h),
            days(k.recover_p50_h),
            "–" if k.esri is None else f"{k.esri:.3f}",
            _few(k.starves),
            owner(k),
        )
    console.print(table)
    _show_pairs(console, found.pairs)
    console.print(
        "损失为 30 天期望值（失去时长按该类环节恢复先验），上下游各计；撑到下限为最优调配下的上界。"
        " Means within 30 d; times to survive are upper bounds by the best sharing."
    )


def show_points(found: RiskPoints, top: int) -> None:
    """The inventory."""
    console = _opened(found.basis)
    table = _table(
        f"断供断链风险点 risk points（{len(found.points)} 处，显示前 {min(top, len(found.points))}）",
        *(
            "序",
            "环节 part",
            "期望损失 loss",
            "原因 why",
            "影响 for",
            "撑到下限 d",
            "恢复 P50 d",
            "补链 remedy",
            "责任 owner",
        ),
    )
    for number, point in enumerate(found.points[:top], 1):
        k = point.link
        table.add_row(
            str(number),
            f"{k.name_zh} {k.id}",
            money(k.loss_cny)[0],
            "、".join(REASONS[r][0] for r in point.reasons),
            _few(k.starves),
            days(k.survive_to_minimum_h),
            days(k.recover_p50_h),
            point.remedy.text_zh if point.remedy else "未计算（排序靠后）not computed",
            owner(k),
        )
    console.print(table)
    _show_pairs(console, found.pairs)
    console.print("补链为建议，不是指令。 Remedies are advice, not orders.")


def owner(link: KeyLink) -> str:
    """Who answers: lead department and work team."""
    return " / ".join(x for x in (link.owner.lead_department, link.owner.work_team) if x) or "–"


def _few(names: list[str]) -> str:
    return " ".join(names[:4]) + (f" …共 {len(names)}" if len(names) > 4 else "") if names else "–"


def _show_pairs(console: Console, pairs: list[Pair]) -> None:
    if not pairs:
        return
    table = _table("两两同失（n-2） pairs", "环节 parts", "期望损失 loss", "超出两者之和 more than the sum")
    for pair in pairs:
        table.add_row(pair.name_zh, money(pair.loss_cny)[0], money(pair.more_than_sum_cny)[0])
    console.print(table)


def _opened(basis: Basis) -> Console:
    console = Console(width=None if sys.stdout.isatty() else 220)
    for text in basis.in_words():
        console.print(text, style="bold yellow" if basis.is_stale or not basis.is_live else "")
    return console


def _table(title: str, *headings: str) -> Table:
    table = Table(title=f"\n{title}", title_justify="left", show_edge=False, pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table
