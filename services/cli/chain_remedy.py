"""``lianjing chain remedy``: who can help a place, what it costs, who else would suffer, and what remains to be reduced."""

from typing import TYPE_CHECKING, Any

import click

from services.cli.outlook import look_ahead, outlook_options, print_json

if TYPE_CHECKING:
    from rich.console import Console

    from services.risk.analysis.plan import Plan
    from services.risk.remedy.relief import Outcome

WIDTH = 100
_FOUND_SOMETHING = 1
_KINDS = {"register": "配套 register", "output": "增供 supplier", "stock": "库存 stock"}
_BOUNDS = {
    "spare": "余量 spare",
    "shared": "线路与装卸能力 route and loading",
    "blend": "煤质 grade",
    "donor": "可动用库存 stock of others",
    "room": "库容 room",
    "lead_time": "在途时间 lead time",
    "start": "起运量 least amount",
    "need": "缺口 need",
}


@click.command("remedy")
@click.argument("node")
@click.argument("product")
@outlook_options
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。 Print JSON.")
def command(node: str, product: str, as_json: bool, **start: Any) -> None:
    """补链建议：谁能帮、多少钱、谁受影响、还要压减多少。 Who can help NODE with PRODUCT, at what cost, who else suffers, what load remains to be cut.

    \b
    Example:  lianjing chain remedy D_CST steam_coal
              lianjing chain remedy E_DLT steam_coal --at-rest --lost H_BM
              lianjing chain remedy D_CST steam_coal --scenario daqin-stylised --day 4 --json
    Exit codes: 0 nothing lacks or the plan is enough, 1 load must be reduced as well, 2 wrong use, 3 nobody answers (then --at-rest).
    """
    from services.risk.analysis.ahead import Remedy
    from services.risk.analysis.answering import Question

    told = look_ahead(Question.REMEDY, {"node": node, "product": product}, Remedy, **start)
    plan = told.found.plans[0]
    if as_json:
        print_json(told)
    else:
        from rich.console import Console

        _print(Console(width=WIDTH, highlight=False), told.begins, plan)
    raise SystemExit(_FOUND_SOMETHING if plan.is_needed and not plan.is_enough else 0)


def _print(screen: "Console", begins: tuple[str, ...], plan: "Plan") -> None:
    screen.print(f"[bold]{plan.name_zh} {plan.product} 补链建议[/bold]  suggested remedy for {plan.name_en}")
    for line in begins:
        screen.print(line)
    if not plan.is_needed:
        chance = f"{plan.before.chance:.0%}"
        screen.print(f"14 天内不缺，断供概率 {chance}。 Nothing lacks within 14 d; probability of a break {chance}.")
        return
    lacking, days = sum(plan.lacking), sum(a > 0 for a in plan.lacking)
    screen.print(
        f"按 {plan.sure:.0%} 的情景缺 {lacking:,.0f} {plan.unit}（分 {days} 天）；黄色限值 {plan.limit:.0%}\n"
        f"lacking in {plan.sure:.0%} of the futures: {lacking:,.0f} {plan.unit} over {days} days; yellow limit {plan.limit:.0%}"
    )
    screen.print(_outcomes(plan))
    _print_moves(screen, plan)
    _print_others(screen, plan)
    _print_reduction(screen, plan)
    for hindrance in plan.hindrances:
        screen.print(f"受限于 held back by {_BOUNDS[hindrance.bound]} {hindrance.of_zh}")


def _outcomes(plan: "Plan") -> str:
    def one(words: str, outcome: "Outcome") -> str:
        when = "14 天后 later" if outcome.hours_p50 is None else f"{outcome.hours_p50 / 24:.1f} d"
        return f"  {words}: {outcome.chance:.0%}，中位 median {when}"

    return "\n".join(
        (
            "14 天断供概率 probability of a break within 14 d",
            one("现状 as it is", plan.before),
            one("加补链 with what is brought", plan.with_plan),
            one("再加压减 with the load reduction too", plan.with_reduction),
        )
    )


def _print_moves(screen: "Console", plan: "Plan") -> None:
    from rich.table import Table

    if not plan.moves:
        screen.print("[bold]无替代[/bold]：14 天内无可用的企业、线路或库存。 No alternative within 14 d.")
        return
    table = Table(box=None, pad_edge=False)
    for title, is_number in (
        ("来源 source", False),
        ("方式 kind", False),
        (f"最多 {plan.unit}/d", True),
        (f"合计 {plan.unit}", True),
        ("时长 h", True),
        ("万元 10k CNY", True),
        ("联系 contact", False),
    ):
        table.add_column(title, justify="right" if is_number else "left", overflow="fold")
    for move in plan.moves:
        name = f"{move.source_zh}(备用 dormant)" if move.is_dormant else move.source_zh
        amounts = (move.most_per_day, move.total, move.lead_h, move.cost_cny / 1e4)
        table.add_row(name, _KINDS[move.how], *(f"{value:,.0f}" for value in amounts), move.contact or "–")
    screen.print(table)
    screen.print(f"费用合计 cost in all {plan.cost_cny / 1e4:,.0f} 万元 (10k CNY)")


def _print_others(screen: "Console", plan: "Plan") -> None:
    for giver in plan.givers:
        cover = f"，合其 {giver.hours_of_cover:.0f} 小时用量 h of its own use" if giver.hours_of_cover else ""
        screen.print(f"让出 gives {giver.name_zh} {giver.amount:,.0f} {plan.unit}{cover}")
    for harmed in plan.sufferers:
        screen.print(
            f"受影响 suffers {harmed.name_zh} {harmed.product}：断供概率 probability {harmed.before:.0%} → {harmed.after:.0%}"
        )


def _print_reduction(screen: "Console", plan: "Plan") -> None:
    days = [amount for amount in plan.reduction if amount > 0]
    if not days:
        return
    screen.print(
        f"建议即日起压减 {max(days):,.0f} {plan.unit}/d（正常用量的 {max(days) / plan.use:.1%}）{len(days)} 天，"
        f"损失 {plan.reduction_loss_cny / 1e4:,.0f} 万元\n"
        f"reduce load from now by {max(days):,.0f} {plan.unit}/d for {len(days)} d; lost CNY {plan.reduction_loss_cny:,.0f}"
    )
