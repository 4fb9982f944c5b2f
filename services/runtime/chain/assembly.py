"""From a checked draft to the Chain: normal flows and who is responsible filled in, version computed."""

from msgspec.structs import replace

from schemas.chain import Chain, Link, Node, Stock
from services.runtime.chain.draft import Draft, Responsibility
from services.runtime.chain.flows import Flows, normal_flows
from services.runtime.chain.version import with_version


def daily_use(stock: Stock, flows: Flows) -> float:
    """What the days of a stock are counted in: the need of an input, what is handed on of an output."""
    table = flows.need if stock.role == "input" else flows.handed_on
    return table.get((stock.node, stock.product), 0.0)


def with_flows(chain: Chain) -> Chain:
    """The chain with normal throughput, link flows and daily use computed, and its version. Raises FlowsDivergeError."""
    flows = normal_flows(chain.nodes, chain.links, chain.recipes)
    return with_version(
        replace(
            chain,
            nodes=[replace(node, normal_throughput=_rounded(flows.throughput(node))) for node in chain.nodes],
            links=[replace(link, normal_flow=_rounded(_flow(link, flows))) for link in chain.links],
            stocks=[replace(stock, daily_use=_rounded(daily_use(stock, flows))) for stock in chain.stocks],
        )
    )


def assemble(draft: Draft) -> Chain:
    """The Chain of a draft that passed all rules."""
    responsible = {item.value.node: item.value for item in draft.responsibilities}
    heading = draft.heading
    return with_flows(
        Chain(
            id=heading.id,
            name_zh=heading.name_zh,
            name_en=heading.name_en,
            version="",
            valid_from=heading.valid_from,
            nodes=[_with_responsibility(item.value, responsible) for item in draft.nodes],
            links=[item.value for item in draft.links],
            recipes=[item.value for item in draft.recipes],
            stocks=[item.value for item in draft.stocks],
            qualities=[item.value for item in draft.qualities],
            series=[item.value for item in draft.series],
            offers=[item.value for item in draft.offers],
        )
    )


def _with_responsibility(node: Node, responsible: dict[str, Responsibility]) -> Node:
    who = responsible.get(node.id)
    if who is None:
        return node
    return replace(
        node,
        chain_chief=who.chain_chief,
        chain_leader=who.chain_leader,
        lead_department=who.lead_department,
        work_team=who.work_team,
    )


def _flow(link: Link, flows: Flows) -> float:
    return flows.link.get((link.source, link.target, link.product), 0.0)


def _rounded(value: float) -> float:
    """Six decimals: the same files give the same version on any machine, whatever the order of additions."""
    return round(value, 6)
