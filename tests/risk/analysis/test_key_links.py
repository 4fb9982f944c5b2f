"""The ranking of key links and the inventory of risk points, on normal stocks."""

import csv
import io
import json

import pytest

from services.cli.risk.point_files import as_csv, as_geojson
from services.risk.analysis.basis import Basis
from services.risk.analysis.key_links import KeyLinks, key_links
from services.risk.analysis.risk_points import RiskPoints, inventory_of
from services.risk.analysis.scene import Scene


@pytest.fixture(scope="module")
def inventory(scene: Scene, ranking: KeyLinks) -> RiskPoints:
    return inventory_of(scene, ranking)


def test_daqin_comes_first_for_the_coast(scene: Scene, basis: Basis) -> None:
    first = key_links(scene, basis, focus="D_CST").links[0]
    assert first.id == "R_DQ"
    assert (first.focus_not_come_cny or 0) > 1e9
    assert first.survive_to_minimum_h == pytest.approx(25 * 24, rel=0.1)
    assert first.owner.work_team == "铁路运力专班"


def test_losing_two_ways_costs_more_than_each_alone(ranking: KeyLinks) -> None:
    together = {frozenset((p.first, p.second)): p for p in ranking.pairs}
    assert together
    assert max(p.more_than_sum_cny for p in together.values()) > 1e8


def test_background_sources_are_left_out_unless_wanted(ranking: KeyLinks) -> None:
    assert not any(k.id.startswith("X_") for k in ranking.links)


def test_an_inventory_names_why_who_and_what_could_help(inventory: RiskPoints) -> None:
    by_id = {p.link.id: p for p in inventory.points}
    water = by_id["U_UX"]
    assert {"single", "exposed"} <= set(water.reasons)
    assert "C_ZTM" in water.link.starves
    assert water.link.owner.lead_department.startswith("市水利局")
    border = by_id["B_GQM"].remedy
    assert border is not None
    assert any(m.how == "register" and m.to == "D_CKG" for m in border.moves)
    gas = by_id["C_HN"].remedy
    assert gas is not None
    assert gas.state == "without_alternative"
    assert "无替代" in gas.text_zh


def test_a_part_with_another_way_is_no_single_point(inventory: RiskPoints) -> None:
    """Electricity of Baofeng's methanol comes one way only; its coal comes four ways."""
    by_id = {p.link.id: p for p in inventory.points}
    assert "single" in by_id["G_MX:C_BFM:electricity"].reasons
    assert "W_TK:C_BFM:steam_coal" not in by_id or "single" not in by_id["W_TK:C_BFM:steam_coal"].reasons


def test_the_inventory_as_csv(inventory: RiskPoints) -> None:
    rows = list(csv.reader(io.StringIO(as_csv(inventory))))
    assert len(rows) == len(inventory.points) + 1
    assert {len(row) for row in rows} == {len(rows[0])}
    assert all(row[-1] == "no" for row in rows[1:])


def test_the_inventory_as_map_layer(inventory: RiskPoints) -> None:
    layer = json.loads(as_geojson(inventory))
    assert layer["note_zh"].startswith("非实时")
    kinds = {f["geometry"]["type"] for f in layer["features"]}
    assert kinds == {"Point", "LineString"}
    assert all("示意" in f["properties"]["coordinates"] for f in layer["features"])
    border = next(f for f in layer["features"] if f["id"] == "B_GQM")
    assert border["geometry"]["coordinates"] == [107.59, 42.4]
