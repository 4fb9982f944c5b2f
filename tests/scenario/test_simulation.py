"""The chain lives: mass is conserved, stocks stay within bounds, lives repeat, quiet stays quiet."""

from collections.abc import Callable

import msgspec
import numpy as np
import pytest

from schemas.chain import Chain
from services.intake.scenario.equilibrium import equilibrium_of
from services.intake.scenario.feeds.library import load_scenario
from services.intake.scenario.layout import layout_of, totals
from services.intake.scenario.scenario import Disruption, Scenario
from services.intake.scenario.simulation import Simulation
from services.intake.scenario.truth import breaks_of, events_of

Quiet = Callable[..., Scenario]


def test_rest_reproduces_the_configured_normal_flows(chain: Chain) -> None:
    layout = layout_of(chain)
    rest = equilibrium_of(layout, layout.link_share)
    assert np.allclose(rest.link * 24.0, [x.normal_flow for x in chain.links], atol=0.1)


def test_mass_balances_at_every_holding_and_link_in_every_hour(stylised: Simulation) -> None:
    layout, trace = stylised.world.layout, stylised.trace
    sent, landed, made, used = (trace.column(n) for n in ("sent", "landed", "made", "used"))
    stock = np.vstack([trace.start_stock, trace.column("stock")])
    on_way = np.vstack([trace.start_on_way, trace.column("on_way")])
    holds = len(layout.hold_node)
    for hour in range(len(trace)):
        made_here = np.zeros(holds)
        np.add.at(made_here, layout.node_out, made[hour])
        change = (
            totals(layout.link_target, landed[hour], holds)
            - totals(layout.link_source, sent[hour], holds)
            + made_here
            - used[hour]
        )
        assert np.allclose(stock[hour + 1] - stock[hour], change, atol=1e-6)
        assert np.allclose(on_way[hour + 1] - on_way[hour], sent[hour] - landed[hour], atol=1e-6)


def test_output_keeps_to_the_true_recipes(stylised: Simulation) -> None:
    layout, trace = stylised.world.layout, stylised.trace
    made, used = trace.column("made"), trace.column("used")
    material = ~layout.need_is_power & layout.need_is_essential
    for need in np.flatnonzero(material):
        expected = made[:, layout.need_node[need]] * layout.need_per_unit[need]
        assert np.allclose(used[:, layout.need_hold[need]], expected, atol=1e-6)


def test_stocks_stay_between_empty_and_full(stylised: Simulation) -> None:
    stock = stylised.trace.column("stock")
    assert stock.min() >= 0.0
    assert (stock <= stylised.world.room * (1 + 1e-9)).all()


def test_no_link_carries_and_no_place_makes_more_than_it_can(stylised: Simulation) -> None:
    layout, trace = stylised.world.layout, stylised.trace
    assert (trace.column("sent") <= layout.link_capacity * (1 + 1e-9)).all()
    made = trace.column("made")
    assert (made <= layout.node_capacity * (1 + 1e-9))[:, layout.node_is_producer].all()


def test_the_same_seed_lives_the_same_life_however_it_is_cut(chain: Chain, quiet: Quiet) -> None:
    scenario = quiet(3)
    whole = Simulation(chain, scenario, seed=5)
    pieces = Simulation(chain, scenario, seed=5)
    whole.advance(72)
    for hour in range(-48, 73, 7):
        pieces.advance(hour)
    pieces.advance(72)
    assert np.array_equal(whole.trace.column("stock"), pieces.trace.column("stock"))
    other = Simulation(chain, scenario, seed=6)
    assert not np.array_equal(whole.trace.column("stock"), other.advance(72).column("stock"))


def test_a_longer_scenario_begins_as_the_shorter_one(chain: Chain, quiet: Quiet) -> None:
    short, long = quiet(2), quiet(4)
    first = Simulation(chain, short, seed=5).advance(48).column("stock")
    second = Simulation(chain, long, seed=5).advance(48).column("stock")
    assert np.array_equal(first, second)


@pytest.mark.parametrize("mismatch", [0, 1])
@pytest.mark.parametrize("month", [1, 7])
def test_ninety_quiet_days_have_no_events(chain: Chain, mismatch: int, month: int, quiet: Quiet) -> None:
    life = Simulation(chain, quiet(90, month=month), seed=11 + month, mismatch=mismatch)
    assert breaks_of(life.world, life.advance(90 * 24)) == []


@pytest.mark.full
@pytest.mark.parametrize("seed", range(20, 32))
def test_ninety_quiet_days_have_no_events_at_many_seeds(chain: Chain, seed: int, quiet: Quiet) -> None:
    for mismatch in (0, 1):
        life = Simulation(chain, quiet(90, month=1 + seed % 12), seed=seed, mismatch=mismatch)
        assert breaks_of(life.world, life.advance(90 * 24)) == []


def test_mismatch_zero_is_the_chain_as_configured(chain: Chain, quiet: Quiet) -> None:
    life = Simulation(chain, quiet(1), seed=9, mismatch=0)
    configured = layout_of(chain)
    assert np.allclose(life.world.layout.need_per_unit, configured.need_per_unit)
    assert np.array_equal(life.world.layout.link_lead, configured.link_lead)
    assert np.allclose(life.world.survey_bias, 1.0)
    assert np.allclose(life.world.layout.link_share, configured.link_share, atol=1e-3)


def test_mismatch_two_is_about_twice_as_far_as_one(chain: Chain, quiet: Quiet) -> None:
    configured = layout_of(chain).need_per_unit
    spread = []
    for mismatch in (1, 2):
        drawn = [Simulation(chain, quiet(1), s, mismatch).world.layout.need_per_unit for s in range(5)]
        spread.append(np.abs(np.array(drawn) / configured - 1.0).mean())
    assert 1.8 < spread[1] / spread[0] < 2.2


def test_a_disruption_takes_away_what_it_says(chain: Chain, quiet: Quiet) -> None:
    stop = Disruption(id="x", name_zh="停", name_en="stop", start_h=24, hold_h=24, depth=1.0, nodes=["R_DQ"])
    scenario = msgspec.structs.replace(quiet(4), disruptions=[stop])
    life = Simulation(chain, scenario, seed=3, mismatch=0)
    trace = life.advance(96)
    layout = life.world.layout
    from_daqin = layout.hold_node[layout.link_source] == layout.node_index["R_DQ"]
    traffic = trace.column("sent")[:, from_daqin].sum(axis=1)
    first = trace.first_hour
    assert traffic[24 - first : 48 - first].max() == 0.0
    assert traffic[: 24 - first].min() > 0.0
    assert traffic[50 - first :].min() > 0.0


def test_an_unknown_mismatch_is_refused(chain: Chain, quiet: Quiet) -> None:
    with pytest.raises(ValueError, match="0, 1 or 2"):
        Simulation(chain, quiet(1), seed=1, mismatch=3)


def _coast_breaks(chain: Chain, scenario: Scenario, seed: int, mismatch: int | None = None) -> list[float]:
    life = Simulation(chain, scenario, seed, mismatch)
    events = breaks_of(life.world, life.advance(scenario.last_hour))
    return [e.hour / 24.0 for e in events if (e.node, e.product) == ("D_CST", "steam_coal")]


def test_daqin_stylised_breaks_the_coast_between_day_5_and_day_14(stylised: Simulation) -> None:
    events = breaks_of(stylised.world, stylised.trace)
    days = [e.hour / 24.0 for e in events if (e.node, e.product) == ("D_CST", "steam_coal")]
    assert len(days) == 1
    assert 5.0 <= days[0] <= 14.0


@pytest.mark.parametrize(("seed", "mismatch"), [(1, 0), (2, 1), (7, 1), (3, 2)])
def test_daqin_stylised_breaks_the_coast_at_other_seeds(chain: Chain, seed: int, mismatch: int) -> None:
    days = _coast_breaks(chain, load_scenario("daqin-stylised"), seed, mismatch)
    assert len(days) == 1
    assert 5.0 <= days[0] <= 14.0


@pytest.mark.full
@pytest.mark.parametrize("seed", range(40, 60))
def test_daqin_stylised_breaks_the_coast_at_many_seeds(chain: Chain, seed: int) -> None:
    days = _coast_breaks(chain, load_scenario("daqin-stylised"), seed)
    assert len(days) == 1
    assert 5.0 <= days[0] <= 14.0


@pytest.mark.parametrize(("seed", "mismatch"), [(1, 0), (1, 1), (2, 1), (3, 2)])
def test_daqin_2022_as_in_history_does_not_break_the_coast(chain: Chain, seed: int, mismatch: int) -> None:
    assert _coast_breaks(chain, load_scenario("daqin-2022"), seed, mismatch) == []


def test_a_full_tank_blocks_the_methanol_plant(chain: Chain) -> None:
    scenario = load_scenario("tank-blocked")
    life = Simulation(chain, scenario, seed=1)
    events = events_of(life.world, life.advance(scenario.last_hour))
    assert ("C_BFM", "methanol", "blocked") in {(e.node, e.product, e.kind.value) for e in events}
