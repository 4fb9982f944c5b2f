"""The catalogue: ids by one pattern, names that exist, units the rest of the system counts in, ranges that hold the normal value."""

import re
from collections.abc import Iterator

from schemas.chain import Node, Series
from services.runtime.chain.assembly import daily_use
from services.runtime.chain.draft import Draft, Placed, sound
from services.runtime.chain.flows import Flows, FlowsDivergeError, normal_flows
from services.runtime.chain.problem import Problem, problem
from services.runtime.chain.rules.references import unknown_names
from services.runtime.chain.units import IncompatibleUnitsError, UnknownUnitError, factor_between
from services.runtime.chain.vocabulary import RATE_INDICATORS, amount_of

SERIES_ID_LIMIT = 96
_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+){1,3}")
_GROUP = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_FREE_STEMS = {"price": "price.", "hazard_level": "hazard."}
_UNITS = {
    "load": "%",
    "contract": "%",
    "capacity_factor": "share",
    "hazard_level": "level",
    "ships": "ship",
    "trains": "train/d",
    "trucks": "vehicle/d",
    "wagons": "vehicle/d",
    "norm_days": "d",
    "heat_value": "kcal/kg",
}


def expected_id(series: Series) -> str:
    """The id by the rule indicator.node[.target][.product]; for prices and hazards the given one, which names itself."""
    if not series.node:
        return series.id
    parts = (series.indicator, series.node, series.link_target, series.product)
    return ".".join(part for part in parts if part)


def check_series(draft: Draft) -> Iterator[Problem]:
    """Each row of the catalogue, and a series for each stock."""
    nodes = draft.node_of()
    products = {node.product for node in nodes.values()}
    links = {(i.value.source, i.value.target, i.value.product) for i in draft.links}
    rate_of = {node.product: node.unit for node in nodes.values()}
    for item in draft.series:
        if item.is_sound:
            yield from _name_findings(item, nodes, products, links)
            yield from _unit_findings(item, rate_of)
            yield from _range_findings(item)
    if draft.series:
        yield from _unwatched(draft)


def _name_findings(
    item: Placed[Series], nodes: dict[str, Node], products: set[str], links: set[tuple[str, str, str]]
) -> Iterator[Problem]:
    series, place = item.value, item.place
    columns = {"node": series.node, "link_target": series.link_target, "product": series.product}
    unknown = list(unknown_names(place, nodes, products, **columns))
    yield from unknown
    wanted = expected_id(series)
    if not series.node and not series.id.startswith(_FREE_STEMS.get(series.indicator, "\0")):
        yield problem("bad_series_id", place, "id", series.id, wanted=f"{series.indicator}.<node>")
    elif not _ID.fullmatch(series.id) or len(series.id) > SERIES_ID_LIMIT or series.id != wanted:
        yield problem("bad_series_id", place, "id", series.id, wanted=wanted)
    if not _GROUP.fullmatch(series.group):
        yield problem("bad_group", place, "group", series.group, wanted=series.node or "market.<name>")
    key = (series.node, series.link_target, series.product)
    if not unknown and (series.link_target or series.indicator == "flow") and key not in links:
        yield problem("series_link", place, "link_target", series.link_target, wanted=" ".join(key))


def _unit_findings(item: Placed[Series], rate_of: dict[str, str]) -> Iterator[Problem]:
    series = item.value
    wanted = _UNITS.get(series.indicator, "")
    rate = rate_of.get(series.product, "")
    if rate and series.indicator in RATE_INDICATORS:
        wanted = rate
    elif rate and series.indicator in {"stock", "norm"}:
        wanted = amount_of(rate)
    elif series.indicator == "price":
        wanted = series.unit if series.unit.startswith("CNY/") else "CNY/t"
    if wanted and series.unit != wanted:
        try:
            factor_between(series.unit, wanted)
        except IncompatibleUnitsError:
            yield problem("unit_mismatch", item.place, "unit", series.unit, wanted=wanted)
        except UnknownUnitError:
            return
        else:
            yield problem("unit_not_kept", item.place, "unit", series.unit, wanted=wanted)


def _range_findings(item: Placed[Series]) -> Iterator[Problem]:
    series = item.value
    if series.plausible_low >= series.plausible_high:
        given = f"{series.plausible_low:g} / {series.plausible_high:g}"
        yield problem("plausible_order", item.place, "plausible_low", given)
    if series.silence_h < series.cadence_h:
        given = f"{series.silence_h:g} < {series.cadence_h:g}"
        yield problem("silence_short", item.place, "silence_h", given)


def _unwatched(draft: Draft) -> Iterator[Problem]:
    known = {item.value.id for item in draft.series}
    for item in draft.stocks:
        wanted = f"stock.{item.value.node}.{item.value.product}"
        if wanted not in known:
            yield problem("stock_unwatched", item.place, "node", item.value.node, wanted=wanted)


def check_plausible(draft: Draft) -> Iterator[Problem]:
    """The plausible range of a series holds the value of a normal day."""
    if not draft.series:
        return
    try:
        flows = normal_flows(sound(draft.nodes), sound(draft.links), sound(draft.recipes))
    except FlowsDivergeError:
        return
    stocks = {(s.value.node, s.value.product): s.value.days_normal * daily_use(s.value, flows) for s in draft.stocks}
    for item in draft.series:
        series = item.value
        normal = stocks.get((series.node, series.product)) if series.indicator == "stock" else _normal(series, flows)
        if normal is not None and not series.plausible_low <= normal <= series.plausible_high:
            given = f"{series.plausible_low:g} / {series.plausible_high:g}"
            yield problem("implausible_normal", item.place, "plausible_high", given, normal=f"{normal:.6g}")


def _normal(series: Series, flows: Flows) -> float | None:
    key = (series.node, series.product)
    if series.indicator == "flow":
        return flows.link.get((series.node, series.link_target, series.product))
    table = {"output": flows.handed_on, "outflow": flows.handed_on, "volume": flows.handed_on}
    table |= {"use": flows.need, "inflow": flows.need}
    return table.get(series.indicator, {}).get(key)
