"""The normal flows fit: no link or node over its capacity, every stock in use."""

from collections.abc import Iterator

from services.runtime.chain.assembly import daily_use
from services.runtime.chain.draft import Draft, sound
from services.runtime.chain.flows import Flows, FlowsDivergeError, normal_flows
from services.runtime.chain.problem import Problem, problem
from services.runtime.chain.vocabulary import KINDS, Behaviour

_SLACK = 1 + 1e-6


def check_flows(draft: Draft) -> Iterator[Problem]:
    """Follow final demand upstream and compare with capacities."""
    try:
        flows = normal_flows(sound(draft.nodes), sound(draft.links), sound(draft.recipes))
    except FlowsDivergeError as error:
        place = next(item.place for item in draft.nodes if item.value.id == error.node)
        yield problem("flows_diverge", place, "id", error.node, node=error.node)
        return
    yield from _over_capacity(draft, flows)
    for stock in draft.stocks:
        if daily_use(stock.value, flows) <= 0:
            yield problem("stock_without_use", stock.place, "product", stock.value.product)


def _over_capacity(draft: Draft, flows: Flows) -> Iterator[Problem]:
    column = "capacity_per_day" if draft.is_delivered else "capacity"
    for item in draft.links:
        link = item.value
        flow = flows.link.get((link.source, link.target, link.product), 0.0)
        if flow > link.capacity * _SLACK:
            given, wanted = f"{link.capacity:g} {link.unit}", f"{flow:.6g} {link.unit}"
            yield problem("flow_over_capacity", item.place, column, given, flow=wanted)
    for node in draft.nodes:
        value = node.value
        if KINDS[value.kind][0] is Behaviour.DEMAND:
            continue
        flow = flows.throughput(value)
        if flow > value.capacity * _SLACK:
            given, wanted = f"{value.capacity:g} {value.unit}", f"{flow:.6g} {value.unit}"
            yield problem("throughput_over_capacity", node.place, "capacity", given, flow=wanted)
