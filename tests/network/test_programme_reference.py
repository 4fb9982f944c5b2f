"""T7a: every node of the delivered reference chain lost in turn, by the product's own programme."""

import csv

import pytest

from schemas.chain import Chain
from services.risk.survival import ChainProgramme, survival_of, survival_of_all
from services.runtime.assets import asset_path
from services.runtime.chain import load_chain

REFERENCE = asset_path("deploy/config/chains/reference")
with (REFERENCE / "tts_oracle.csv").open(encoding="utf-8") as _file:
    ORACLE = list(csv.DictReader(_file))


@pytest.fixture(scope="module")
def chain() -> Chain:
    return load_chain(REFERENCE)


def _as_written(hours: float | None) -> str:
    return "" if hours is None else f"{hours / 24:.1f}"


def test_every_row_of_the_oracle_to_a_tenth_of_a_day(chain: Chain) -> None:
    found = {survival.node: survival for survival in survival_of_all(chain)}
    given = {row["node_down"]: (row["tts_days_to_zero"], row["tts_days_to_min"]) for row in ORACLE}
    assert len(given) == 68
    assert {n: (_as_written(s.hours_to_zero), _as_written(s.hours_to_minimum)) for n, s in found.items()} == given


@pytest.mark.parametrize(
    "row", [row for row in ORACLE if len(row["days_to_zero_by_demand"]) > 12], ids=lambda r: r["node_down"]
)
def test_each_demand_alone_as_in_the_oracle(chain: Chain, row: dict[str, str]) -> None:
    found = survival_of(ChainProgramme(chain), row["node_down"])
    written = " ".join(f"{d}:{_as_written(h)}" for d, h in sorted(found.by_demand.items()))
    assert written == " ".join(sorted(row["days_to_zero_by_demand"].split()))


def test_more_stock_at_a_demand_lasts_longer(chain: Chain) -> None:
    node = {n.id: n for n in chain.nodes}["D_PP"]
    usual = survival_of(ChainProgramme(chain), "C_BFO").hours_to_zero
    more = survival_of(ChainProgramme(chain, {("D_PP", "polyolefin"): 11 * node.capacity}), "C_BFO").hours_to_zero
    assert usual is not None
    assert more is not None
    assert more > usual + 24


def test_alternates_help_and_electric_railways_need_power() -> None:
    ordos = load_chain(asset_path("deploy/config/chains/ordos"))
    with_them, without = (ChainProgramme(ordos, is_with_dormant=use) for use in (True, False))
    assert survival_of(without, "C_BFM").hours_to_zero < survival_of(with_them, "C_BFM").hours_to_zero  # type: ignore[operator]
    railway = with_them.account["R_DQ", "steam_coal"]
    maker = next(m for m in with_them.programme.makers if m.output == railway)
    assert (with_them.account["R_DQ", "electricity"]) in dict(maker.inputs)


def test_an_unknown_node_is_refused(chain: Chain) -> None:
    with pytest.raises(KeyError, match="M_NONE"):
        survival_of(ChainProgramme(chain), "M_NONE")
