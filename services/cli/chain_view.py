"""A chain on the terminal: tables of nodes, links, stocks, series and offers, and one node in detail."""

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table

from schemas.chain import Chain, Link, Node, Series, Stock
from schemas.supplier_offer import SupplierOffer
from services.runtime.chain.neighbourhood import Neighbourhood
from services.runtime.chain.vocabulary import KINDS


def print_summary(console: Console, chain: Chain) -> None:
    """Name, version and counts."""
    dormant = sum(link.share_normal == 0 for link in chain.links)
    console.print(f"[bold]{chain.name_zh}[/bold]  {chain.name_en}")
    console.print(f"编号 id {chain.id}   版本 version {chain.version}   生效 valid from {chain.valid_from.isoformat()}")
    table = _table("", "数量 count")
    table.add_row("节点 nodes", str(len(chain.nodes)))
    table.add_row("链路 links", f"{len(chain.links)}（备用 dormant {dormant}）")
    table.add_row("配方 recipes", str(len(chain.recipes)))
    table.add_row("库存 stocks", str(len(chain.stocks)))
    table.add_row("煤质 qualities", str(len(chain.qualities)))
    table.add_row("序列 series", str(len(chain.series)))
    table.add_row("配套企业 offers", str(len(chain.offers)))
    console.print(table)


def print_nodes(console: Console, nodes: Iterable[Node]) -> None:
    """One line per node; 负荷 is normal throughput over capacity."""
    table = _table(
        "节点 id", "名称 name", "类别 kind", "产品 product", "能力 capacity", "负荷 load", "级 priority", "区划 code"
    )
    for node in nodes:
        load = f"{node.normal_throughput / node.capacity:.0%}" if node.capacity else "–"
        capacity = f"{node.capacity:,.0f} {node.unit}"
        kind = KINDS[node.kind][1]
        table.add_row(node.id, node.name_zh, kind, node.product, capacity, load, str(node.priority), node.admin_code)
    console.print(table)


def print_links(console: Console, links: Iterable[Link], title: str = "") -> None:
    """One line per link; a dormant alternate shows cost and end of validity."""
    table = _table(
        "起 from",
        "止 to",
        "产品 product",
        "方式 mode",
        "能力 capacity",
        "流量 flow",
        "份额 share",
        "时长 h",
        "备用 dormant",
    )
    table.title = title or None
    for link in links:
        until = link.valid_until.isoformat() if link.valid_until else ""
        dormant = "" if link.share_normal else f"{link.cost_cny_per_unit:g} CNY, {until}, {link.contact}"
        capacity, flow = f"{link.capacity:,.0f} {link.unit}", f"{link.normal_flow:,.0f}"
        share, lead = f"{link.share_normal:g}", f"{link.lead_time_h:g}"
        table.add_row(link.source, link.target, link.product, link.mode, capacity, flow, share, lead, dormant)
    console.print(table)


def print_stocks(console: Console, stocks: Iterable[Stock], title: str = "") -> None:
    """One line per stock, in days and in its unit."""
    table = _table(
        "节点 node",
        "产品 product",
        "角色 role",
        "下限 min d",
        "常态 normal d",
        "上限 max d",
        "常态 normal",
        "日用 daily",
    )
    table.title = title or None
    for stock in stocks:
        days = [f"{d:.3g}" for d in (stock.days_min, stock.days_normal, stock.days_max)]
        normal = f"{stock.days_normal * stock.daily_use:,.0f} {stock.unit}"
        table.add_row(stock.node, stock.product, stock.role, *days, normal, f"{stock.daily_use:,.0f}")
    console.print(table)


def print_series(console: Console, series: Iterable[Series], title: str = "") -> None:
    """One line per series."""
    table = _table(
        "序列 series",
        "名称 name",
        "单位 unit",
        "周期 h",
        "迟到 h",
        "合理范围 plausible",
        "报送 provider",
        "数据流 feed",
    )
    table.title = title or None
    for item in series:
        plausible = f"{item.plausible_low:g} – {item.plausible_high:g}"
        cadence, lateness = f"{item.cadence_h:g}", f"{item.lateness_h:g}"
        table.add_row(item.id, item.name_zh, item.unit, cadence, lateness, plausible, item.provider, item.feed.value)
    console.print(table)


def print_offers(console: Console, offers: Iterable[SupplierOffer]) -> None:
    """One line per entry of the register of supporting enterprises."""
    table = _table(
        "编号 id",
        "企业 enterprise",
        "产品 product",
        "余量 spare",
        "到厂价 CNY",
        "时长 h",
        "热值 灰 硫",
        "可供 to",
        "经 via",
        "至 until",
    )
    for offer in offers:
        grade = (offer.heat_kcal_per_kg, offer.ash_percent, offer.sulphur_percent)
        table.add_row(
            offer.id,
            offer.enterprise,
            offer.product,
            f"{offer.spare_per_day:,.0f} {offer.unit}",
            f"{offer.price_cny_per_unit:g}",
            f"{offer.lead_time_h:g}",
            "–" if None in grade else " ".join(f"{value:g}" for value in grade),
            " ".join(offer.targets),
            " ".join(offer.via) or "–",
            offer.valid_until.isoformat(),
        )
    console.print(table)


def print_node(console: Console, view: Neighbourhood) -> None:
    """One node: what it is, who answers for it, its neighbours, stocks and series."""
    node = view.node
    console.print(f"[bold]{node.id} {node.name_zh}[/bold]  {node.name_en}  （{KINDS[node.kind][1]} {node.kind}）")
    console.print(
        f"能力 capacity {node.capacity:,.0f} {node.unit}   常态 normal {node.normal_throughput:,.0f}   "
        f"优先级 priority {node.priority}   价值 value {node.value_cny_per_unit:g} CNY/{node.unit.removesuffix('/d')}"
    )
    console.print(f"链长 {node.chain_chief or '–'}   链主 {node.chain_leader or '–'}")
    console.print(f"牵头部门 {node.lead_department or '–'}   工作专班 {node.work_team or '–'}")
    for recipe in view.recipes:
        console.print(f"投入 input {recipe.input}: {recipe.per_unit_output:g} {recipe.unit}")
    for quality in view.qualities:
        console.print(
            f"煤质 quality {quality.product} ({quality.role}): {quality.heat_low:g}–{quality.heat_high:g} kcal/kg, "
            f"灰分 ash {quality.ash_low:g}–{quality.ash_high:g} %, 硫 sulphur {quality.sulphur_low:g}–{quality.sulphur_high:g} %"
        )
    print_links(console, view.suppliers, "上游 suppliers")
    print_links(console, view.customers, "下游 customers")
    print_stocks(console, view.stocks, "库存 stocks")
    print_series(console, view.series, "序列 series")


def _table(*headings: str) -> Table:
    table = Table(show_edge=False, pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table
