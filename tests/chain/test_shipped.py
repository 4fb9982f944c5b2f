"""The shipped chains: the delivered reference reproduces its own figures; the operating chain has all that an operator needs."""

import csv
from collections import defaultdict
from pathlib import Path

import msgspec
import pytest

from schemas.chain import Chain
from schemas.feed import Feed
from schemas.topic import CHAIN
from services.runtime.assets import asset_path
from services.runtime.chain import Catalogue, inspect_chain, load_chain
from services.runtime.chain.rules.series import expected_id
from services.runtime.chain.version import content_version
from services.runtime.chain.vocabulary import HAZARD_EVENTS, KINDS, MEASURES, Behaviour

REFERENCE = asset_path("deploy/config/chains/reference")
ORDOS = asset_path("deploy/config/chains/ordos")
CHEMICAL = {
    "ctl_direct",
    "ctl_indirect",
    "methanol_plant",
    "mto_plant",
    "urea_plant",
    "meg_plant",
    "sng_plant",
    "coke_plant",
}


@pytest.fixture(scope="module")
def reference() -> Chain:
    return load_chain(REFERENCE)


@pytest.fixture(scope="module")
def ordos() -> Chain:
    return load_chain(ORDOS)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_reference_has_every_node_and_edge(reference: Chain) -> None:
    assert (len(reference.nodes), len(reference.links)) == (80, 137)


def test_the_reference_flows_are_the_delivered_ones(reference: Chain) -> None:
    flows = {(link.source, link.target, link.product): link.normal_flow for link in reference.links}
    delivered = _rows(REFERENCE / "normal_flows.csv")
    assert len(delivered) == len(flows)
    for row in delivered:
        assert flows[row["from"], row["to"], row["product"]] == pytest.approx(float(row["flow_per_day"]), abs=0.051)


def test_the_reference_load_is_the_delivered_one(reference: Chain) -> None:
    throughput = {node.id: node.normal_throughput for node in reference.nodes}
    for row in _rows(REFERENCE / "normal_load.csv"):
        assert throughput[row["node"]] == pytest.approx(float(row["throughput_per_day"]), abs=0.051)


def test_the_operating_chain_has_warnings_only_for_named_blends() -> None:
    chain, problems = inspect_chain(ORDOS)
    assert chain is not None
    assert {problem.code for problem in problems} <= {"blend_needed", "dormant_quality", "offer_quality"}


def test_every_delivered_node_and_edge_is_kept(reference: Chain, ordos: Chain) -> None:
    assert {node.id for node in reference.nodes} <= {node.id for node in ordos.nodes}
    kept = {(link.source, link.target, link.product): link for link in ordos.links}
    for link in reference.links:
        assert kept[link.source, link.target, link.product].share_normal == link.share_normal


def test_every_stock_has_a_minimum_and_a_maximum_round_its_normal(ordos: Chain) -> None:
    for stock in ordos.stocks:
        assert 0 < stock.days_min < stock.days_normal < stock.days_max, (stock.node, stock.product)
        assert stock.daily_use > 0


def test_what_was_stocked_in_the_reference_is_stocked(reference: Chain, ordos: Chain) -> None:
    held = {(stock.node, stock.product): stock for stock in ordos.stocks}
    for stock in reference.stocks:
        assert held[stock.node, stock.product].days_normal == stock.days_normal


def test_mines_full_at_their_minimum_got_room(ordos: Chain, reference: Chain) -> None:
    kinds = {node.id: node.kind for node in ordos.nodes}
    stuck = {s.node for s in reference.stocks if s.days_min == s.days_normal and kinds[s.node] == "mine"}
    changed = {s.node: s.days_min for s in ordos.stocks if s.node in stuck and s.role == "output"}
    assert changed == dict.fromkeys(stuck, 1.0)
    assert len(stuck) == 11


def test_every_chemical_plant_has_a_product_tank(ordos: Chain) -> None:
    tanks = {(stock.node, stock.product) for stock in ordos.stocks if stock.role == "output"}
    plants = [node for node in ordos.nodes if node.kind in CHEMICAL]
    assert len(plants) == 17
    assert all((plant.id, plant.product) in tanks for plant in plants)


def test_power_and_water_reach_those_who_need_them(ordos: Chain) -> None:
    inputs = defaultdict(set)
    for recipe in ordos.recipes:
        inputs[recipe.node].add(recipe.input)
    backups = {stock.node: stock.days_normal * 24 for stock in ordos.stocks if stock.product == "electricity"}
    for node in ordos.nodes:
        if node.kind in {"mine", "washery", "water_supply", "rail_line"}:
            assert "electricity" in inputs[node.id], node.id
            assert 0.5 <= backups[node.id] <= 24, node.id
        if node.kind == "power_plant":
            assert "water" in inputs[node.id], node.id


def test_exported_power_has_demand_nodes_of_its_own(ordos: Chain) -> None:
    users = {node.id for node in ordos.nodes if node.kind == "demand" and node.product == "electricity"}
    assert users == {"D_PWR", "D_RES", "D_EXB", "D_EXS"}


def test_residents_heating_and_life_safety_come_first(ordos: Chain) -> None:
    priority = {node.id: node.priority for node in ordos.nodes}
    first = {"D_RES", "D_NCH", "D_GAS", "G_MX"} | {n.id for n in ordos.nodes if n.kind in {"mine", "water_supply"}}
    assert all(priority[node] == 1 for node in first)
    assert all(priority[n.id] > 1 for n in ordos.nodes if n.kind in CHEMICAL or n.id in {"D_PWR", "D_EXB", "D_EXS"})


def test_every_node_has_a_value_and_someone_responsible(ordos: Chain) -> None:
    for node in ordos.nodes:
        assert node.value_cny_per_unit > 0
        assert node.chain_chief
        assert node.chain_leader
        assert node.lead_department
        assert node.work_team
        assert node.is_illustrative


def test_every_coal_source_and_consumer_has_a_quality(ordos: Chain) -> None:
    described = {(quality.node, quality.role) for quality in ordos.qualities}
    for node in ordos.nodes:
        if KINDS[node.kind][0] is Behaviour.SOURCE and node.product.endswith("coal"):
            assert (node.id, "source") in described
        if node.kind == "power_plant" or node.kind == "washery":
            assert (node.id, "consumer") in described


def test_half_of_the_single_suppliers_have_an_alternate(ordos: Chain) -> None:
    suppliers = defaultdict(list)
    for link in ordos.links:
        suppliers[link.target, link.product].append(link)
    single = [links for links in suppliers.values() if sum(link.share_normal > 0 for link in links) == 1]
    backed = [links for links in single if len(links) > 1]
    assert len(backed) >= len(single) / 2
    for link in ordos.links:
        if link.share_normal == 0:
            assert link.capacity > 0
            assert link.lead_time_h > 0
            assert link.cost_cny_per_unit > 0
            assert link.contact
            assert link.valid_until is not None
            assert link.is_illustrative


def test_nothing_is_over_its_capacity_on_a_normal_day(ordos: Chain) -> None:
    assert all(link.normal_flow <= link.capacity for link in ordos.links)
    assert all(node.normal_throughput <= node.capacity + 1e-6 for node in ordos.nodes)


def test_a_normal_day_leaves_every_stock_as_it_was(ordos: Chain) -> None:
    """What comes in by links is what use and links out take: quiet days without end are stable."""
    arriving: dict[tuple[str, str], float] = defaultdict(float)
    leaving: dict[tuple[str, str], float] = defaultdict(float)
    for link in ordos.links:
        arriving[link.target, link.product] += link.normal_flow
        leaving[link.source, link.product] += link.normal_flow
    nodes = {node.id: node for node in ordos.nodes}
    recipes = {(recipe.node, recipe.input): recipe.per_unit_output for recipe in ordos.recipes}
    for (node, product), flow in arriving.items():
        kind = KINDS[nodes[node].kind][0]
        if kind is Behaviour.DEMAND:
            used = nodes[node].capacity
        elif (node, product) in recipes:
            used = nodes[node].normal_throughput * recipes[node, product]
        else:
            used = leaving[node, product]
        assert flow == pytest.approx(used, rel=0.006, abs=1e-3), (node, product)


def test_the_catalogue_is_complete_and_one_series_is_in_one_feed(ordos: Chain) -> None:
    assert 450 <= len(ordos.series) <= 650
    assert len({series.id for series in ordos.series}) == len(ordos.series)
    assert {series.feed for series in ordos.series} == set(Feed)
    catalogue = Catalogue(ordos)
    for stock in ordos.stocks:
        wanted = MEASURES[stock.role] if stock.product not in {"electricity", "water"} else ("stock",)
        for indicator in wanted:
            found = catalogue.get(f"{indicator}.{stock.node}.{stock.product}")
            assert found is not None, (indicator, stock.node, stock.product)
            assert found.is_essential


def test_ids_and_groups_follow_their_rule(ordos: Chain) -> None:
    for series in ordos.series:
        assert series.id == expected_id(series)
        if series.node:
            assert series.group == series.node
        elif series.indicator == "price":
            assert series.group == f"market.{series.id.removeprefix('price.')}"
        else:
            _, event, code = series.id.split(".")
            assert event in HAZARD_EVENTS
            assert series.group == f"area.{code}"
            assert (series.unit, series.plausible_low, series.plausible_high) == ("level", 0, 4)


def test_hazards_reach_the_places_of_the_chain(ordos: Chain) -> None:
    codes = {series.id.rsplit(".", 1)[1] for series in ordos.series if series.indicator == "hazard_level"}
    assert {"150600", "150627", "150824", "130300", "140200", "000000"} <= codes


def test_a_decimal_slip_upwards_leaves_the_plausible_range(ordos: Chain) -> None:
    stocks = {(stock.node, stock.product): stock for stock in ordos.stocks}
    flows = {(link.source, link.target, link.product): link.normal_flow for link in ordos.links}
    checked = caught = 0
    for series in ordos.series:
        stock = stocks.get((series.node, series.product))
        if series.indicator == "flow":
            normal = flows[series.node, series.link_target, series.product]
        elif stock is None or series.indicator not in MEASURES[stock.role]:
            continue
        else:
            normal = stock.daily_use * (stock.days_normal if series.indicator == "stock" else 1)
        checked += 1
        assert normal * 1.25 <= series.plausible_high, series.id
        caught += normal * 10 > series.plausible_high
    assert checked > 300
    assert caught >= 0.97 * checked


def test_the_same_files_give_the_same_version(ordos: Chain) -> None:
    again = load_chain(ORDOS)
    assert again == ordos
    assert content_version(again) == ordos.version
    changed = msgspec.structs.replace(ordos, name_en="Another")
    assert content_version(changed) != ordos.version


def test_the_chain_survives_its_topic(ordos: Chain) -> None:
    wire = msgspec.json.encode(ordos)
    assert msgspec.json.decode(wire, type=Chain) == ordos
    assert len(wire) < int(CHAIN.settings()["max.message.bytes"]) / 4
