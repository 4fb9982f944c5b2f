"""Help in a scenario: it lands, it is taken from whom it is said to be taken, and mass is kept."""

from collections.abc import Callable

import numpy as np
import pytest
from msgspec.structs import replace

from schemas.chain import Chain
from services.intake.scenario.layout import totals
from services.intake.scenario.reading import problems_on, read_scenario
from services.intake.scenario.scenario import Delivery, Scenario
from services.intake.scenario.simulation import Simulation
from services.intake.scenario.writing import write_scenario
from services.runtime.errors import ConfigurationError

Quiet = Callable[..., Scenario]
TEXT = """
id: helped
name: {zh: 补链, en: helped}
kind: stylised
start: 2026-01-05
days: 4
deliveries:
  - {id: ship, name: {zh: 船, en: ship}, node: D_CST, quantity: 300000, day: 1, over: 12 h, lead: 24 h, from: P_HH}
"""


def _delivery(**more: object) -> Delivery:
    told = {"id": "x", "name_zh": "补", "name_en": "help", "node": "C_XN", "product": "steam_coal"}
    return Delivery(**(told | {"quantity": 2400.0, "start_h": 24.0, "over_h": 24.0} | more))  # type: ignore[arg-type]


def test_help_from_outside_lies_there_at_the_end_and_is_counted(chain: Chain, quiet: Quiet) -> None:
    plain, helped = (
        Simulation(chain, scenario, seed=3, mismatch=0)
        for scenario in (quiet(3), replace(quiet(3), deliveries=[_delivery()]))
    )
    hold = plain.world.layout.hold("C_XN", "steam_coal")
    before, after = (life.advance(48).column("stock")[-1, hold] for life in (plain, helped))
    assert 0.7 * 2400 < after - before <= 2400
    assert helped.trace.column("brought")[:, hold].sum() == pytest.approx(2400)


def test_help_from_a_stock_is_missing_there_and_mass_is_kept(chain: Chain, quiet: Quiet) -> None:
    scenario = replace(quiet(3), deliveries=[_delivery(node="D_CST", source="P_HH", quantity=3e5, lead_h=12.0)])
    life = Simulation(chain, scenario, seed=3)
    trace, layout = life.advance(72), life.world.layout
    brought = trace.column("brought")
    assert brought[:, layout.hold("P_HH", "steam_coal")].sum() == pytest.approx(-3e5)
    assert brought[:, layout.hold("D_CST", "steam_coal")].sum() == pytest.approx(3e5)
    assert brought.sum() == pytest.approx(0.0, abs=1e-6)
    stock = np.vstack([trace.start_stock, trace.column("stock")])
    holds = len(layout.hold_node)
    for hour in range(len(trace)):
        made = np.zeros(holds)
        np.add.at(made, layout.node_out, trace.column("made")[hour])
        change = (
            totals(layout.link_target, trace.column("landed")[hour], holds)
            - totals(layout.link_source, trace.column("sent")[hour], holds)
            + made
            - trace.column("used")[hour]
            + brought[hour]
        )
        assert np.allclose(stock[hour + 1] - stock[hour], change, atol=1e-6)


def test_a_giver_gives_no_more_than_he_has_and_what_finds_no_room_waits(chain: Chain, quiet: Quiet) -> None:
    scenario = replace(quiet(3), deliveries=[_delivery(quantity=1e9)])
    life = Simulation(chain, scenario, seed=3)
    hold = life.world.layout.hold("C_XN", "steam_coal")
    assert life.advance(72).column("stock")[:, hold].max() <= life.world.room[hold] * (1 + 1e-9)
    taken = Simulation(chain, replace(quiet(3), deliveries=[_delivery(source="C_RX", quantity=1e9)]), seed=3)
    assert taken.advance(72).column("stock").min() >= 0.0


def test_help_is_read_from_a_file_and_checked_against_the_chain(chain: Chain) -> None:
    scenario = read_scenario(TEXT)
    (ship,) = scenario.deliveries
    assert (ship.source, ship.start_h, ship.over_h, ship.lead_h) == ("P_HH", 24.0, 12.0, 24.0)
    assert problems_on(scenario, chain) == []
    assert read_scenario(write_scenario(scenario)) == scenario
    wrong = replace(scenario, deliveries=[replace(ship, node="NOBODY")])
    assert problems_on(wrong, chain) == ["helped: ship: NOBODY steam_coal 无库存 has no stock"]
    with pytest.raises(ConfigurationError, match="quantity"):
        read_scenario(TEXT.replace("300000", "much"))
