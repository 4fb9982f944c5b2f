"""Looking series up and bringing values to their unit."""

import pytest

from schemas.feed import Feed
from services.runtime.assets import asset_path
from services.runtime.chain import Catalogue, load_chain
from services.runtime.chain.catalogue import in_series_unit
from services.runtime.chain.neighbourhood import neighbourhood
from services.runtime.chain.units import UnitError
from services.runtime.errors import InputError

CHAIN = load_chain(asset_path("deploy/config/chains/ordos"))
CATALOGUE = Catalogue(CHAIN)


def test_look_ups() -> None:
    assert "stock.P_QHD.steam_coal" in CATALOGUE
    assert CATALOGUE.get("stock.P_QHD.copper") is None
    assert {s.node for s in CATALOGUE.of_provider("rail-taiyuan")} == {"R_DQ"}
    assert all(series.feed is Feed.PRICE for series in CATALOGUE.of_feed(Feed.PRICE))
    assert len(CATALOGUE.measures("flow", "R_DQ", "steam_coal")) == 4
    assert CATALOGUE.of_node("nowhere") == ()
    assert sum(len(CATALOGUE.of_provider(provider)) for provider in CATALOGUE.providers()) == len(CATALOGUE)


@pytest.mark.parametrize(
    ("series", "value", "unit", "expected"),
    [
        ("stock.P_QHD.steam_coal", 520.0, "万吨", 5_200_000),
        ("stock.P_QHD.steam_coal", 520.0, None, 520),
        ("output.M_CZG.steam_coal", 8.0, "万吨", 240_000),
        ("volume.R_DQ.steam_coal", 115.0, "万吨/日", 1_150_000),
        ("intake.U_UX.water", 1.6, "万吨/h", 384_000),
        ("load.C_ZTM", 0.93, "share", 93),
        ("capacity_factor.R_DQ", 85, "%", 0.85),
        ("price.BSPI", 712, "元/吨", 712),
        ("output.E_TKT.electricity", 480, "万千瓦", 115_200),
    ],
)
def test_values_come_to_the_unit_of_their_series(series: str, value: float, unit: str | None, expected: float) -> None:
    found = CATALOGUE.get(series)
    assert found is not None
    assert in_series_unit(found, value, unit) == pytest.approx(expected)


def test_a_wrong_unit_is_refused() -> None:
    found = CATALOGUE.get("stock.P_QHD.steam_coal")
    assert found is not None
    with pytest.raises(UnitError):
        in_series_unit(found, 1.0, "MWh")


def test_a_node_and_its_neighbours() -> None:
    view = neighbourhood(CHAIN, "C_ZTO")
    assert {link.source for link in view.suppliers} == {"C_ZTM", "C_ZMM", "G_MX", "U_UX", "U_HJ"}
    assert {stock.product for stock in view.stocks} == {"methanol", "water", "polyolefin"}
    assert view.node.work_team
    with pytest.raises(InputError, match="C_ZTO"):
        neighbourhood(CHAIN, "C_ZT0")
