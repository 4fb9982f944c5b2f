"""The register of supporting enterprises: read with the chain, checked like it, carried with it; what has expired is never used."""

import csv
from datetime import date
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from schemas.chain import Chain
from services.cli.chain import command
from services.runtime.assets import asset_path
from services.runtime.chain import inspect_chain, load_chain, usable_offers
from services.runtime.chain.vocabulary import COALS

ORDOS = asset_path("deploy/config/chains/ordos")


@pytest.fixture(scope="module")
def ordos() -> Chain:
    return load_chain(ORDOS)


def test_a_row_is_read_in_the_units_of_the_chain(small: Any) -> None:
    first, second = load_chain(small.folder).offers
    assert (first.spare_per_day, first.unit) == (300.0, "t/d")
    assert first.targets == ["C_M", "D_C"]
    assert first.via == ["R_1"]
    assert (first.heat_kcal_per_kg, first.ash_percent, first.sulphur_percent) == (5300, 12, 0.5)
    assert (first.start_cost_cny, first.least_amount) == (5000, 35)
    assert (second.heat_kcal_per_kg, second.start_cost_cny, second.via) == (None, 0, [])


def test_an_expired_entry_is_never_used(small: Any) -> None:
    chain = load_chain(small.folder)
    assert [o.id for o in usable_offers(chain, date(2028, 6, 30))] == ["F_1", "F_2"]
    assert [o.id for o in usable_offers(chain, date(2028, 7, 1))] == ["F_1"]
    assert usable_offers(chain, date(2029, 1, 1)) == []


def test_offers_are_found_by_taker_and_product(small: Any) -> None:
    chain, today = load_chain(small.folder), date(2028, 1, 1)
    assert [o.id for o in usable_offers(chain, today, target="C_M")] == ["F_1"]
    assert [o.id for o in usable_offers(chain, today, product="methanol")] == ["F_2"]
    assert usable_offers(chain, today, target="C_M", product="methanol") == []


def test_an_entry_that_expired_before_the_chain_is_a_warning(small: Any) -> None:
    small.swap("offers.csv", "2028-06-30", "2025-06-30")
    chain, problems = inspect_chain(small.folder)
    assert chain is not None
    (found,) = problems
    assert (found.code, found.file, found.line, found.given) == ("offer_expired", "offers.csv", 3, "2025-06-30")
    assert [o.id for o in usable_offers(chain, date(2026, 2, 1))] == ["F_1"]


def test_the_register_may_be_left_out_and_changes_the_version(small: Any) -> None:
    with_them = load_chain(small.folder)
    small.path("offers.csv").unlink()
    without = load_chain(small.folder)
    assert without.offers == []
    assert without.version != with_them.version


def test_the_register_travels_with_the_chain_and_old_chains_are_still_read(small: Any) -> None:
    chain = load_chain(small.folder)
    wire = msgspec.json.encode(chain)
    assert msgspec.json.decode(wire, type=Chain) == chain
    old = msgspec.json.decode(wire)
    del old["offers"]
    assert msgspec.convert(old, Chain).offers == []


def test_the_shipped_register_is_illustrative_and_says_so(ordos: Chain) -> None:
    assert len(ordos.offers) >= 25
    assert all(offer.is_illustrative and offer.enterprise.startswith("示例") for offer in ordos.offers)
    with (ORDOS / "offers.csv").open(encoding="utf-8") as file:
        lines = [line for line in file if not line.startswith("#")]
    assert all(row["illustrative"] == "yes" and "示意" in row["note"] for row in csv.DictReader(lines))


def test_the_shipped_register_reaches_every_kind_of_need(ordos: Chain) -> None:
    reached = {(target, offer.product) for offer in ordos.offers for target in offer.targets}
    plants = [n.id for n in ordos.nodes if n.kind == "power_plant"]
    assert {(plant, "steam_coal") for plant in plants} <= reached
    assert {("D_CST", "steam_coal"), ("D_CEN", "steam_coal"), ("D_NCH", "steam_coal")} <= reached
    assert {product for _, product in reached} >= {*COALS, "methanol", "coke", "urea", "polyolefin"}


def test_the_command_shows_who_could_supply_a_node() -> None:
    shown = CliRunner().invoke(command, ["show", "offers", "D_CST", "--folder", str(ORDOS)])
    assert shown.exit_code == 0
    assert "F_SXN_DT" in shown.output
    assert "F_URE_HN" not in shown.output
    as_json = CliRunner().invoke(command, ["show", "offers", "--folder", str(ORDOS), "--json"])
    assert len(msgspec.json.decode(as_json.output)) == len(load_chain(ORDOS).offers)
