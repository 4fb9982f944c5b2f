"""The simulation of a flow network: reference times to survive, limits, rationing, closures, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest

from detectors.network.course import Courses, Disruption, Recovery, Target, mean_factors
from detectors.network.flow_network import FlowNetwork, Input, Maker
from detectors.network.grid import forecast_grid
from detectors.network.habits import Habits, Mode, Rationing
from detectors.network.simulation import Engine, simulate
from detectors.network.state import State

LONG = forecast_grid(60 * 24)


def _serial(coal_days: float, coke_days: float) -> FlowNetwork:
    """Mine → coke plant → steel works; accounts: coal at the mine, at the coke plant, coke there, at the steel works, steel."""
    return FlowNetwork(
        target=np.array([0.0, 2400 * coal_days, 0.0, 1200 * coke_days, 0.0]),
        minimum=np.zeros(5),
        maximum=np.array([0.0, np.inf, 0.0, np.inf, 0.0]),
        demand=np.array([0.0, 0.0, 0.0, 0.0, 25.0]),
        node=np.array([0, 1, 1, 2, 2]),
        node_capacity=np.full(3, np.inf),
        source=np.array([0, 2]),
        end=np.array([1, 3]),
        capacity=np.full(2, np.inf),
        lead_h=np.zeros(2),
        share=np.ones(2),
        makers=(Maker(0, 100.0), Maker(2, 50.0, (Input(1, 2.0),)), Maker(4, 25.0, (Input(3, 2.0),))),
    )


def _fork(**changes: object) -> FlowNetwork:
    """One source of 10 per hour, users of 4 and 6 per hour without stock, over links of 2 h."""
    network = FlowNetwork(
        target=np.array([100.0, 0.0, 0.0]),
        minimum=np.array([50.0, 0.0, 0.0]),
        maximum=np.array([200.0, 0.0, 0.0]),
        demand=np.array([0.0, 4.0, 6.0]),
        node=np.array([0, 1, 2]),
        node_capacity=np.full(3, np.inf),
        source=np.array([0, 0]),
        end=np.array([1, 2]),
        capacity=np.array([8.0, 12.0]),
        lead_h=np.array([2.0, 2.0]),
        share=np.ones(2),
        makers=(Maker(0, 10.0),),
        link_priority=np.array([1, 2]),
        contract=np.array([0.0, 0.5]),
    )
    return replace(network, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(("coal", "coke", "first", "second"), [(12, 8, 12, 20), (5, 20, 5, 25), (30, 3, 30, 33)])
@pytest.mark.parametrize("habits", [Habits.rigid(), Habits(), Habits.adaptive()])
def test_serial_chain_breaks_when_its_stocks_are_used_up(
    coal: float, coke: float, first: float, second: float, habits: Habits
) -> None:
    network = _serial(coal, coke)
    engine = Engine(network, LONG, habits)
    lost = Courses.of([[Disruption(Target.MAKER, 0)], []], engine.grid)
    found = engine.run(State.at_rest(network, engine.rest), lost)
    assert found.mode is Mode.UNTIL_EMPTY
    assert found.to_zero[0] / 24 == pytest.approx([0, first, first, second, second], abs=1e-9)
    assert np.isinf(found.to_zero[1]).all()


@pytest.mark.parametrize(("psi", "days"), [(0.5, 15), (0.8, 10)])
def test_throttling_early_breaks_sooner_as_ario_does(psi: float, days: int) -> None:
    network = _serial(12, 8)
    engine = Engine(network, LONG, Habits.rigid(Mode.THROTTLE, psi))
    lost = Courses.of([[Disruption(Target.MAKER, 0)]], engine.grid)
    found = engine.run(State.at_rest(network, engine.rest), lost, marks=LONG[1:])
    per_day = np.diff(np.interp(24.0 * np.arange(61), LONG, np.concatenate([[0], found.made[0, :, 2]])))
    assert found.mode is Mode.THROTTLE
    assert int(np.flatnonzero(per_day < 0.95 * 600)[0]) + 1 == pytest.approx(days, abs=1)
    assert np.isinf(found.to_zero[0, 1])


def test_what_is_short_is_shared_by_the_rule_named() -> None:
    expected = {Rationing.PROPORTIONAL: (2.4, 3.6), Rationing.PRIORITY: (4.0, 2.0), Rationing.CONTRACT: (3.0, 3.0)}
    for rule, rates in expected.items():
        network = _fork(target=np.zeros(3), minimum=np.zeros(3), maximum=np.zeros(3))
        half = Courses.of([[Disruption(Target.MAKER, 0, factor=0.6)]], forecast_grid())
        engine = Engine(network, habits=Habits(rationing=rule))
        found = engine.run(State.at_rest(network, engine.rest), half, marks=(48.0, 72.0), with_links=True)
        assert found.sent is not None
        rate = (found.sent[0, 1] - found.sent[0, 0]) / 24
        if rule is Rationing.CONTRACT:
            assert rate.sum() == pytest.approx(6.0)
            assert rate[1] > 2.0
        else:
            assert rate == pytest.approx(rates)


def test_where_suppliers_are_pooled_one_steps_in_for_the_other_at_once() -> None:
    """A power grid with two stations, one of which fails; each could make nine tenths of what is asked."""
    network = FlowNetwork(
        target=np.zeros(3),
        minimum=np.zeros(3),
        maximum=np.zeros(3),
        demand=np.array([0.0, 0.0, 10.0]),
        node=np.array([0, 1, 2]),
        node_capacity=np.full(3, np.inf),
        source=np.array([0, 1]),
        end=np.array([2, 2]),
        capacity=np.full(2, np.inf),
        lead_h=np.zeros(2),
        share=np.array([0.5, 0.5]),
        makers=(Maker(0, 9.0), Maker(1, 9.0)),
    )
    lost = Courses.of([[Disruption(Target.NODE, 0)]], LONG)
    state = State(stock=np.zeros(3), transit=np.zeros(2))
    apart, pooled = (
        simulate(
            replace(network, pooled=np.full(3, flag)), state, lost, grid=LONG, habits=Habits.adaptive(), marks=(24.0,)
        )
        for flag in (0.0, 1.0)
    )
    assert pooled.unserved[0, -1, 2] < 24 * 1.0 + 2 * 5.0, (
        "short of one tenth, and of what a step or two take to notice"
    )
    assert apart.unserved[0, -1, 2] > 2 * pooled.unserved[0, -1, 2]


def _grid_of_stations(fuel: float) -> FlowNetwork:
    """Three stations that can each make 6 of the 10 asked of the grid; the first burns coal of which there is so much, brought by the hour."""
    return FlowNetwork(
        target=np.array([fuel, 0.0, 0.0, 0.0, 0.0, 0.0]),
        minimum=np.zeros(6),
        maximum=np.full(6, np.inf),
        demand=np.array([0.0, 0.0, 0.0, 0.0, 10.0, 0.0]),
        node=np.array([0, 0, 1, 2, 3, 4]),
        node_capacity=np.full(5, np.inf),
        source=np.array([1, 2, 3, 5]),
        end=np.array([4, 4, 4, 0]),
        capacity=np.array([6.0, 6.0, 6.0, 6.0]),
        lead_h=np.array([0.0, 0.0, 0.0, 1.0]),
        share=np.array([0.4, 0.3, 0.3, 1.0]),
        makers=(Maker(1, 6.0, (Input(0, 1.0),)), Maker(2, 6.0), Maker(3, 6.0), Maker(5, 6.0)),
        pooled=np.array([0.0, 0.0, 0.0, 0.0, 1.0, 0.0]),
    )


@pytest.mark.parametrize("left", [0.0, 0.4, 0.8])
def test_a_station_that_runs_in_part_leaves_nobody_short_while_the_others_have_room(left: float) -> None:
    """Neither in the first hour, nor for weeks in steps of six hours, nor when it comes back; the others make what it does not."""
    network, grid = _grid_of_stations(1000.0), forecast_grid()
    lost = Courses.of([[Disruption(Target.NODE, 0, 1.0, 400.0, left)]], grid)
    engine = Engine(network, grid, Habits.adaptive())
    found = engine.run(State.at_rest(network, engine.rest), lost, marks=(24.0, 72.0, 336.0, 720.0))
    assert found.unserved[0, :, 4] == pytest.approx(np.zeros(4), abs=1e-9)
    assert np.isinf(found.to_short[0, 4])
    rate = (found.made[0, 2] - found.made[0, 1]) / 264.0
    assert rate == pytest.approx([min(4.0, 6.0 * left), *[(10.0 - min(4.0, 6.0 * left)) / 2] * 2, rate[3]], rel=0.01)


@pytest.mark.parametrize("brought", [0.0, 0.3])
def test_a_station_short_of_coal_is_stood_in_for_after_a_step_or_two(brought: float) -> None:
    network, grid = _grid_of_stations(30.0), forecast_grid()
    lost = Courses.of([[Disruption(Target.LINK, 3, 0.0, np.inf, brought)]], grid)
    engine = Engine(network, grid, Habits.adaptive())
    found = engine.run(State.at_rest(network, engine.rest), lost, marks=(24.0, 72.0, 336.0, 720.0))
    late = (found.unserved[0, 3, 4] - found.unserved[0, 1, 4]) / (648.0 * 10.0)
    assert found.unserved[0, 1, 4] < 8.0, "at most what it made in two hours"
    assert late < 0.005, "and hardly anything for weeks after"


@pytest.mark.parametrize("cover_h", [12.0, 24.0, 120.0])
def test_a_plant_that_starts_again_after_weeks_is_supplied_again(cover_h: float) -> None:
    """A plant that draws on a tank, filled over 4 h by a source with room, stands still for 400 h. What its tank is ordered for follows at once
    when the tank is small: nothing breaks where nothing but the start happens."""
    network = FlowNetwork(
        target=np.array([0.0, 10.0 * cover_h, 0.0]),
        minimum=np.array([0.0, 5.0 * cover_h, 0.0]),
        maximum=np.array([0.0, 15.0 * cover_h, 0.0]),
        demand=np.array([0.0, 0.0, 10.0]),
        node=np.array([0, 1, 1]),
        node_capacity=np.full(2, np.inf),
        source=np.array([0]),
        end=np.array([1]),
        capacity=np.array([12.0]),
        lead_h=np.array([4.0]),
        share=np.ones(1),
        makers=(Maker(0, 12.0), Maker(2, 11.0, (Input(1, 1.0),))),
    )
    grid = forecast_grid()
    stopped = Courses.of([[Disruption(Target.MAKER, 1, 0.0, 400.0)]], grid)
    state = State(stock=network.target, transit=np.array([0.0]), expected=np.array([0.0, 10.0, 10.0]))
    found = simulate(network, state, stopped, grid=grid, habits=Habits.adaptive(), marks=(720.0,))
    assert np.isinf(found.to_minimum[0, 1])
    assert found.made[0, -1, 1] == pytest.approx(10.0 * 320.0, rel=0.01)


@pytest.mark.parametrize("contract", [(0.0, 1.0), (1.0, 0.0)])
def test_contracts_belong_to_their_own_links_whatever_the_order_of_the_users(contract: tuple[float, float]) -> None:
    """The more urgent user is numbered last, so that links by urgency and links by user stand in different orders."""
    network = replace(_fork(), link_priority=np.array([2, 1]), contract=np.array(contract))
    half = Courses.of([[Disruption(Target.NODE, 0, 0.0, np.inf, 0.5)]], LONG)
    state = State(stock=np.array([0.0, 0.0, 0.0]), transit=np.array([8.0, 12.0]))
    habits = replace(Habits.rigid(), rationing=Rationing.CONTRACT)
    found = simulate(network, state, half, grid=LONG, habits=habits, marks=(720.0,))
    unserved = found.unserved[0, -1, 1:] / (720.0 - 2.0)
    first = min(4.0 if contract[0] else 6.0, 5.0)
    served = (first, 5.0 - first) if contract[0] else (5.0 - first, first)
    assert unserved == pytest.approx([4.0 - served[0], 6.0 - served[1]], abs=0.02)


def test_two_places_that_send_to_each_other_keep_mass_when_both_run_short() -> None:
    loop = _fork(
        target=np.array([100.0, 60.0, 60.0]),
        minimum=np.zeros(3),
        maximum=np.full(3, 200.0),
        source=np.array([0, 1, 2]),
        end=np.array([1, 2, 1]),
        capacity=np.full(3, 20.0),
        lead_h=np.array([2.0, 1.0, 3.0]),
        share=np.array([0.8, 1.0, 0.2]),
        gain=np.ones(3),
        release=np.full(3, np.inf),
        link_priority=np.ones(3, dtype=np.int64),
        contract=np.zeros(3),
    )
    engine = Engine(loop, forecast_grid(240.0, fine_until_h=240.0))
    state = State.at_rest(loop, engine.rest)
    lost = Courses.of([[Disruption(Target.MAKER, 0, 10.0)]], engine.grid)
    found = engine.run(state, lost, marks=engine.grid[1:], with_links=True)
    assert found.sent is not None
    assert found.held is not None
    assert found.moving is not None
    landed = state.transit + found.sent[0] - found.held[0] - found.moving[0]
    used = np.outer(engine.grid[1:], loop.demand) - found.unserved[0]
    made = np.stack([found.made[0, :, 0], np.zeros(len(used)), np.zeros(len(used))], axis=1)
    should = state.stock + made - used
    for link, (source, end) in enumerate(zip(loop.source, loop.end, strict=True)):
        should[:, end] += landed[:, link]
        should[:, source] -= found.sent[0, :, link]
    assert found.unserved[0, -1, 1:].min() > 100.0
    assert np.abs(found.stock[0] - should).max() < 1e-6


def test_a_full_yard_cuts_output_and_says_when() -> None:
    network = _fork()
    closed = [Disruption(Target.LINK, 0), Disruption(Target.LINK, 1)]
    found = simulate(
        network,
        State.at_rest(network, Engine(network).rest),
        Courses.of([closed], forecast_grid()),
        habits=Habits.rigid(),
        marks=(9.0, 24.0),
    )
    assert found.to_maximum[0, 0] == pytest.approx(10.0)
    assert found.stock[0, :, 0] == pytest.approx([190.0, 200.0])
    assert found.made[0, 1, 0] == pytest.approx(100.0)
    assert found.lost[0, 1, 0] == pytest.approx(140.0)


@pytest.mark.parametrize("follows_demand", [False, True])
def test_a_waterworks_fills_no_tank_to_the_brim_when_its_user_stops_but_a_mine_its_yard(follows_demand: bool) -> None:
    network = replace(_fork(), makers=(Maker(0, 10.0, follows_demand=follows_demand),))
    stopped = Courses.of([[Disruption(Target.DEMAND, 1, factor=0.0)]], forecast_grid())
    found = simulate(network, State.at_rest(network, Engine(network).rest), stopped, habits=Habits())
    assert np.isinf(found.to_maximum[0, 0]) == follows_demand
    assert found.unserved[0, -1] == pytest.approx([0.0, 0.0, 0.0])


def test_crossing_times_lie_inside_the_step() -> None:
    network = _fork()
    found = simulate(
        network,
        State.at_rest(network, Engine(network).rest),
        Courses.of([[Disruption(Target.MAKER, 0, factor=0.52)]], forecast_grid()),
        habits=Habits.rigid(),
    )
    assert found.to_minimum[0, 0] == pytest.approx(50 / 4.8)
    assert found.to_zero[0, 0] == pytest.approx(100 / 4.8)
    assert found.to_zero[0, 1] == pytest.approx(np.floor(100 / 4.8) + 2, abs=1.0)


def test_a_closed_way_holds_its_goods_and_lets_them_go_at_the_release_rate() -> None:
    network = _fork(
        lead_h=np.array([10.0, 2.0]), target=np.array([100.0, 40.0, 0.0]), maximum=np.array([500.0, 400.0, 0.0])
    )
    engine = Engine(network, habits=Habits.rigid())
    closed = Courses.of([[Disruption(Target.LINK, 0, 0.0, 12.0)]], engine.grid)
    found = engine.run(State.at_rest(network, engine.rest), closed, marks=(10.0, 12.0, 13.0, 24.0), with_links=True)
    assert found.held is not None
    assert found.held[0, :2, 0] == pytest.approx([40.0, 40.0])
    assert found.held[0, 2, 0] == pytest.approx(40.0 - 12.0)
    assert found.held[0, 3, 0] == pytest.approx(0.0)
    assert found.to_zero[0, 1] == pytest.approx(10.0)


def test_a_lost_node_takes_and_sends_nothing_but_what_left_it_arrives() -> None:
    network = _fork(lead_h=np.array([5.0, 2.0]))
    engine = Engine(network, habits=Habits.rigid())
    gone = Courses.of([[Disruption(Target.NODE, 0)]], engine.grid)
    found = engine.run(State.at_rest(network, engine.rest), gone, marks=(720.0,), with_links=True)
    assert found.sent is not None
    assert found.sent[0, 0] == pytest.approx([0.0, 0.0])
    assert found.to_zero[0, 1:] == pytest.approx([5.0, 2.0])


@pytest.mark.parametrize("habits", [Habits(), Habits.adaptive()])
def test_a_little_too_much_under_way_does_not_empty_a_railway_later(habits: Habits) -> None:
    """Yard → 8 h → junction without stock → 6 h → users' yard; a tenth too much is on its way to the junction."""
    network = FlowNetwork(
        target=np.array([500.0, 0.0, 2000.0]),
        minimum=np.array([100.0, 0.0, 1000.0]),
        maximum=np.array([900.0, 0.0, 4000.0]),
        demand=np.array([0.0, 0.0, 10.0]),
        node=np.array([0, 1, 2]),
        node_capacity=np.array([np.inf, 11.0, np.inf]),
        source=np.array([0, 1]),
        end=np.array([1, 2]),
        capacity=np.full(2, 20.0),
        lead_h=np.array([8.0, 6.0]),
        share=np.ones(2),
        makers=(Maker(0, 12.0),),
    )
    engine = Engine(network, habits=habits)
    rest = State.at_rest(network, engine.rest)
    fuller = replace(rest, transit=rest.transit * np.array([1.1, 1.0]))
    found = engine.run(fuller, Courses.of([[]], engine.grid), marks=engine.grid[1:73], with_links=True)
    assert found.sent is not None
    sent = np.diff(np.concatenate([[0.0], found.sent[0, :, 0]]))
    assert sent.min() > 8.5
    assert found.stock[0, :, 0].max() < 520.0
    assert found.stock[0, :, 2].min() > 1990.0


def test_results_do_not_jump_where_the_step_changes() -> None:
    network, grid = _fork(), forecast_grid()
    fine = forecast_grid(720.0, fine_until_h=720.0)
    event = [Disruption(Target.MAKER, 0, 60.0, 90.0, factor=0.4, recovery_h=24.0)]
    curves = []
    for hours in (grid, fine):
        engine = Engine(network, hours, Habits.rigid())
        found = engine.run(State.at_rest(network, engine.rest), Courses.of([event], hours), marks=grid[1:])
        curves.append(found.stock[0, :, 0])
    assert curves[0] == pytest.approx(curves[1], abs=0.5)


def test_a_hold_is_asked_for_before_a_crossing_counts() -> None:
    network = _fork()
    brief = Courses.of([[Disruption(Target.MAKER, 0, 0.0, 6.0)]], forecast_grid())
    engine = Engine(network)
    at_once = engine.run(State.at_rest(network, engine.rest), brief)
    held = engine.run(State.at_rest(network, engine.rest), brief, hold_h=24.0)
    assert at_once.to_minimum[0, 0] == pytest.approx(5.0)
    assert held.to_minimum[0, 0] == pytest.approx(5.0) or np.isinf(held.to_minimum[0, 0])


def test_numbers_do_not_depend_on_workers_or_company() -> None:
    network = _fork()
    engine = Engine(network, habits=Habits.adaptive())
    dice = np.random.default_rng(7)
    factors = {(Target.DEMAND, 1): dice.uniform(0.8, 1.2, 70), (Target.MAKER, 0): dice.uniform(0.5, 1.0, 70)}
    whole = Courses.from_factors(70, engine.grid, factors)
    state = State.at_rest(network, engine.rest)
    together = engine.run(state, whole, workers=3)
    alone = engine.run(state, Courses.from_factors(1, engine.grid, {k: v[41:42] for k, v in factors.items()}))
    for name in ("to_minimum", "to_zero", "to_short", "stock", "unserved", "made"):
        assert np.array_equal(getattr(together, name)[41], getattr(alone, name)[0])


def test_mean_factors_are_exact_over_steps() -> None:
    event = Disruption(Target.LINK, 0, 0.5, 2.0, factor=0.2, recovery_h=2.0, recovery=Recovery.LINEAR)
    assert mean_factors([event], np.arange(6.0)) == pytest.approx([0.6, 0.2, 0.4, 0.8, 1.0])
    twice = mean_factors([event, event], np.array([0.0, 1.0]))
    assert twice == pytest.approx([0.5 + 0.5 * 0.04])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -1.0])
def test_numbers_that_make_no_sense_are_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="0 or more"):
        _fork(demand=np.array([0.0, bad, 1.0]))
    network = _fork()
    engine = Engine(network)
    with pytest.raises(ValueError, match="stock holds"):
        engine.run(State(np.array([bad, 0.0, 0.0]), engine.rest.transit), Courses.quiet())


def test_shapes_and_members_that_do_not_fit_are_refused() -> None:
    network = _fork()
    engine = Engine(network)
    state = State.at_rest(network, engine.rest)
    with pytest.raises(ValueError, match="does not exist"):
        engine.run(state, Courses.of([[Disruption(Target.LINK, 9)]], engine.grid))
    with pytest.raises(ValueError, match="steps"):
        engine.run(state, Courses.of([[Disruption(Target.LINK, 0)]], np.arange(5.0)))
    with pytest.raises(ValueError, match="hours of the grid"):
        engine.run(state, Courses.quiet(), marks=(24.5,))
    with pytest.raises(ValueError, match="another maker"):
        _fork(makers=(Maker(0, 1.0), Maker(0, 2.0)))
