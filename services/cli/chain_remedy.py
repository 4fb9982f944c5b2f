"""``lianjing chain remedy``: who can help a place, what it costs, who else would suffer, and what remains to be reduced."""

from typing import TYPE_CHECKING, Any

import click

from services.cli.outlook import Outlook, outlook_of, outlook_options

if TYPE_CHECKING:
    from rich.console import Console

    from services.risk.remedy.proposal import Hindrance, Measure
    from services.risk.remedy.relief import Outcome, Relief

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
    Example:  lianjing chain remedy E_DLT steam_coal --at-rest --lost H_BM
              lianjing chain remedy D_CST steam_coal --scenario daqin-stylised --day 4 --json
    Exit codes: 0 nothing lacks or the plan is enough, 1 load must be reduced as well, 2 wrong use.
    """
    from services.risk.remedy.avoidance import Avoider
    from services.risk.remedy.relief import relief_of

    outlook = outlook_of(**start)
    account = outlook.blueprint.account.get((node, product))
    if account is None:
        raise click.UsageError(f"链中没有 {node} {product} no place {node} {product} is in the chain")
    avoider = Avoider(outlook.blueprint, outlook.seer, outlook.prospect, outlook.rules)
    try:
        relief = relief_of(avoider, account)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    if as_json:
        _print_json(outlook, relief)
    else:
        from rich.console import Console

        _print(Console(width=WIDTH, highlight=False), outlook, relief)
    raise SystemExit(_FOUND_SOMETHING if relief.is_needed and not relief.is_enough else 0)


def _print_json(outlook: Outlook, relief: "Relief") -> None:
    import msgspec

    whole = {
        "as_of": outlook.as_of,
        "begins_zh": outlook.begins_zh,
        "begins_en": outlook.begins_en,
        "is_needed": relief.is_needed,
        "is_enough": relief.is_enough,
        "brought": relief.brought(),
        **msgspec.structs.asdict(relief),
    }
    click.echo(msgspec.json.format(msgspec.json.encode(whole), indent=2).decode())


def _print(screen: "Console", outlook: Outlook, relief: "Relief") -> None:
    b = outlook.blueprint
    node = b.nodes[relief.place[0]]
    screen.print(f"[bold]{node.name_zh} {relief.place[1]} 补链建议[/bold]  suggested remedy for {node.name_en}")
    for line in outlook.begins():
        screen.print(line)
    if not relief.is_needed:
        screen.print(
            f"14 天内不缺，断供概率 {relief.before.chance:.0%}。 Nothing lacks within 14 d; probability of a break {relief.before.chance:.0%}."
        )
        return
    unit = b.stocks[b.account[relief.place]].unit
    lacking, days = sum(relief.lacking), sum(a > 0 for a in relief.lacking)
    screen.print(
        f"按 {relief.sure:.0%} 的情景缺 {lacking:,.0f} {unit}（分 {days} 天）；黄色限值 {relief.limit:.0%}\n"
        f"lacking in {relief.sure:.0%} of the futures: {lacking:,.0f} {unit} over {days} days; yellow limit {relief.limit:.0%}"
    )
    screen.print(_outcomes(relief))
    _print_measures(screen, outlook, relief, unit)
    _print_others(screen, outlook, relief, unit)
    _print_reduction(screen, outlook, relief, unit)
    for hindrance in relief.proposal.hindrances[:3]:
        screen.print(_bound(outlook, hindrance))


def _outcomes(relief: "Relief") -> str:
    def one(words: str, outcome: "Outcome") -> str:
        when = "14 天后 later" if outcome.hours_p50 is None else f"{outcome.hours_p50 / 24:.1f} d"
        return f"  {words}: {outcome.chance:.0%}，中位 median {when}"

    return "\n".join(
        (
            "14 天断供概率 probability of a break within 14 d",
            one("现状 as it is", relief.before),
            one("加补链 with what is brought", relief.with_plan),
            one("再加压减 with the load reduction too", relief.with_reduction),
        )
    )


def _print_measures(screen: "Console", outlook: Outlook, relief: "Relief", unit: str) -> None:
    from rich.table import Table

    if not relief.proposal.measures:
        screen.print("[bold]无替代[/bold]：14 天内无可用的企业、线路或库存。 No alternative within 14 d.")
        return
    table = Table(box=None, pad_edge=False)
    for title, is_number in (
        ("来源 source", False),
        ("方式 kind", False),
        (f"最多 {unit}/d", True),
        (f"合计 {unit}", True),
        ("时长 h", True),
        ("万元 10k CNY", True),
        ("联系 contact", False),
    ):
        table.add_column(title, justify="right" if is_number else "left", overflow="fold")
    for measure in relief.proposal.measures:
        table.add_row(*_row(outlook, relief, measure))
    screen.print(table)
    screen.print(f"费用合计 cost in all {relief.proposal.cost_cny / 1e4:,.0f} 万元 (10k CNY)")


def _row(outlook: Outlook, relief: "Relief", measure: "Measure") -> list[str]:
    way = measure.way
    name, contact = _source(outlook, relief, way.source)
    name = f"{name}(备用 dormant)" if way.is_dormant else name
    amounts = (measure.most_per_day, sum(measure.amounts), way.lead_h, measure.cost_cny / 1e4)
    return [name, _KINDS[way.kind.value], *(f"{value:,.0f}" for value in amounts), contact or "–"]


def _source(outlook: Outlook, relief: "Relief", source: str) -> tuple[str, str]:
    """Name and contact of whoever gives."""
    chain = outlook.blueprint.chain
    for offer in chain.offers:
        if offer.id == source:
            return offer.enterprise, offer.contact
    for link in chain.links:
        if (link.source, link.target, link.product) == (source, *relief.place):
            return outlook.blueprint.nodes[source].name_zh, link.contact
    return source, ""


def _print_others(screen: "Console", outlook: Outlook, relief: "Relief", unit: str) -> None:
    nodes = outlook.blueprint.nodes
    for giver in relief.proposal.sufferers:
        cover = f"，合其 {giver.hours_of_cover:.0f} 小时用量 h of its own use" if giver.hours_of_cover else ""
        screen.print(f"让出 gives {nodes[giver.place[0]].name_zh} {giver.amount:,.0f} {unit}{cover}")
    for harm in relief.harmed:
        screen.print(
            f"受影响 suffers {nodes[harm.place[0]].name_zh} {harm.place[1]}：断供概率 probability {harm.before:.0%} → {harm.after:.0%}"
        )


def _print_reduction(screen: "Console", outlook: Outlook, relief: "Relief", unit: str) -> None:
    days = [amount for amount in relief.reduction if amount > 0]
    if not days:
        return
    account = outlook.blueprint.account[relief.place]
    use = 24 * float(outlook.prospect.world.living.rest.through[account])
    loss = sum(r.loss_cny for r in relief.proposal.reductions) / 1e4
    screen.print(
        f"建议即日起压减 {max(days):,.0f} {unit}/d（正常用量的 {max(days) / use:.1%}）{len(days)} 天，损失 {loss:,.0f} 万元\n"
        f"reduce load from now by {max(days):,.0f} {unit}/d for {len(days)} d; lost CNY {1e4 * loss:,.0f}"
    )


def _bound(outlook: Outlook, hindrance: "Hindrance") -> str:
    names = [outlook.blueprint.nodes[w].name_zh if w in outlook.blueprint.nodes else w for w in hindrance.of.split()]
    return f"受限于 held back by {_BOUNDS[hindrance.bound.value]} {' '.join(names)}"
