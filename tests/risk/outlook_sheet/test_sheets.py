"""The weeks ahead as tables: every balance closes, a cut shows in supply and contracts, and goods pile up behind what is blocked."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from itertools import pairwise

import pytest

from services.cli.outlook import outlook_at_rest
from services.risk.blueprint import Blueprint
from services.risk.foresight import DAYS, Foresight, foresee
from services.risk.outlook_sheet import BalanceRow, Blockage, balance_sheet, blockages
from services.risk.rules import parse_rules
from services.runtime.assets import asset_path
from services.runtime.chain import load_chain

AT = datetime(2026, 3, 2, tzinfo=UTC)

Ahead = Callable[..., tuple[Blueprint, Foresight]]


@pytest.fixture(scope="module")
def ahead() -> Ahead:
    """``ahead(node, …)``: the weeks ahead of the operating chain at rest with these nodes standing still."""
    chain = load_chain(asset_path("deploy/config/chains/ordos"))
    rules = parse_rules((asset_path("deploy/config/rules") / "default.yaml").read_text(encoding="utf-8"), "default")

    @lru_cache
    def made(*lost: str) -> tuple[Blueprint, Foresight]:
        scene = outlook_at_rest(chain, rules, AT).scene.without(lost)
        return scene.blueprint, foresee(scene.look_ahead(scene.world))

    return made


def _rows(found: tuple[Blueprint, Foresight], product: str) -> list[BalanceRow]:
    return [row for row in balance_sheet(*found) if row.product == product]


@pytest.mark.parametrize("lost", [(), ("R_DQ",), ("H_BM", "U_UX"), ("G_MX",)])
def test_every_balance_closes_to_the_tonne(ahead: Ahead, lost: tuple[str, ...]) -> None:
    rows = balance_sheet(*ahead(*lost))
    assert {row.week for row in rows} == {1, 2, 3, 4}
    for row in rows:
        left = row.supply + row.regrading - row.use - row.stock_change - row.way_change
        assert abs(row.regrading) <= 0.02 * max(row.supply, 1.0)
        assert abs(left) <= 1e-9 * max(row.supply, row.stock, 1.0), (row, left)
        assert row.gap_p10 <= row.gap_p90
        assert row.demand - row.use <= row.gap + 1e-6 * row.demand
        assert row.fulfilment is None or 0 <= row.fulfilment <= 1 + 1e-9


def test_stocks_go_on_from_week_to_week(ahead: Ahead) -> None:
    rows = _rows(ahead("R_DQ"), "steam_coal")
    for before, after in pairwise(rows):
        assert after.stock == pytest.approx(before.stock + after.stock_change)


def test_rest_lacks_next_to_nothing_and_keeps_its_contracts(ahead: Ahead) -> None:
    for row in _rows(ahead(), "steam_coal"):
        assert row.gap < 0.01 * row.demand
        assert row.fulfilment == pytest.approx(1.0, abs=0.01)
        assert row.supply == pytest.approx(row.demand, rel=0.02)


def test_a_cut_railway_empties_stocks_and_breaks_contracts_until_it_is_back(ahead: Ahead) -> None:
    first, second, _, fourth = _rows(ahead("R_DQ"), "steam_coal")
    assert first.stock_change < -2e6
    assert second.stock_change < -2e6
    assert (first.fulfilment or 1.0) < 0.85
    assert (fourth.fulfilment or 0.0) > 0.97
    assert second.supply < 0.8 * second.demand


def test_coal_is_also_given_at_its_standard_heat_and_other_goods_are_not(ahead: Ahead) -> None:
    for row in _rows(ahead(), "steam_coal"):
        assert row.supply_5500 is not None
        assert 0.85 < row.supply_5500 / row.supply < 1.05
        assert row.supply_5500 != row.supply
    assert all(row.supply_5500 is None for row in _rows(ahead(), "methanol"))


def test_what_lands_stands_and_leaves_adds_up_on_every_link_and_day(ahead: Ahead) -> None:
    _, foresight = ahead("R_DQ")
    under_way = foresight.under_way()
    moved = foresight.sent() - foresight.landed()
    assert under_way[:, 0] + moved.sum(axis=1) == pytest.approx(under_way[:, DAYS], rel=1e-9, abs=1e-3)
    assert foresight.landed().min() >= -1e-3


def _at(found: list[Blockage], first: int) -> dict[tuple[str, str], Blockage]:
    return {(x.source, x.target): x for x in found if x.from_day == first}


def test_rest_has_no_blockage(ahead: Ahead) -> None:
    assert blockages(*ahead()) == []


def test_coal_piles_up_behind_a_cut_railway_and_then_behind_the_ways_round_it(ahead: Ahead) -> None:
    found = blockages(*ahead("R_DQ"))
    now = _at(found, 0)
    assert list(now) == [("R_DQ", "")]
    cut = now["R_DQ", ""]
    assert cut.load is None
    assert cut.chance > 0.95
    assert cut.held_up > 1e6
    assert cut.at[0] == "X_SXN"
    later = _at(found, 3)
    assert later["R_DQ", ""].held_up > cut.held_up
    round_it = later["R_TH", "P_CFD"]
    assert round_it.load is not None
    assert round_it.load >= 0.95
    assert all(x.growth > 0 and x.held_up > 0 and x.chance >= 0.5 for x in found)
