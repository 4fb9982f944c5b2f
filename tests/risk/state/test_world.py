"""What is usual, what is disturbed, and the state that follows, from evidence alone."""

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from msgspec import structs

from detectors.network.course import Target
from detectors.network.grid import Floats, forecast_grid
from services.risk.app import read_rules
from services.risk.picture import Picture
from services.risk.state.disruption import Disturbed
from services.risk.state.futures import Teller
from services.risk.state.priors import NoticePrior, Priors
from services.risk.state.usual import REACH, usual_of
from services.risk.state.world import Watchtower, World
from services.runtime.assets import asset_path
from services.runtime.chain.area import covers
from services.runtime.clock import from_us, to_us

if TYPE_CHECKING:
    Days = Any

PRIORS = Priors(
    notices={
        "rail_accident": NoticePrior(kinds=("rail_line",), chance={3: 0.4, 4: 0.5}, end_margin_h=12.0),
        "snow": NoticePrior(kinds=("road_corridor",), chance={3: 0.4, 4: 0.5}, end_margin_h=12.0),
        "epidemic": NoticePrior(kinds=("rail_line",), chance={3: 0.1, 4: 0.2}, end_margin_h=12.0),
    }
)
LAST = 9


def see(days: "Days", as_of_us: int) -> World:
    return Watchtower(days.blueprint, days.evidence, PRIORS).see(as_of_us)


def disturbed(world: World) -> dict[str, Disturbed]:
    return {d.name: d for d in world.disturbed}


def test_quiet_days_teach_the_configured_chain_and_disturb_nothing(days: "Days") -> None:
    world = see(days, days.live(0, LAST))
    b = days.blueprint
    used = b.normal_flow > 1.0
    assert world.living.rest.flow[used] == pytest.approx(b.normal_flow[used], rel=0.06)
    assert world.disturbed == ()
    assert world.learnt.gross == ()


def test_a_recipe_other_than_configured_is_learnt(days: "Days") -> None:
    use = next(s for s in days.chain.series if s.id == "use.C_BFM.steam_coal")
    world = see(days, days.live(0, LAST, lambda s, at: 1.08 * days.usual(s.id) if s.id == use.id else -1.0))
    b = days.blueprint
    output, coal = b.account[("C_BFM", "methanol")], b.account[("C_BFM", "steam_coal")]
    configured = next(p for c in b.converters if c.output == output for a, p in c.inputs if a == coal)
    assert world.learnt.recipe[(output, coal)] == pytest.approx(1.08 * configured, rel=0.03)


def test_a_place_that_says_so_is_disturbed_and_the_notice_gives_the_end(days: "Days") -> None:
    moment = days.live(0, 7)
    hazard = next(s.id for s in days.chain.series if s.id.startswith("hazard.rail_accident"))
    for half in range(1, 5):
        at = from_us(moment) + timedelta(hours=12 * half)
        days.tell("capacity_factor.R_DQ", 0.2, at)
    as_of = from_us(moment) + timedelta(hours=48)
    found = disturbed(see(days, to_us(as_of)))["node R_DQ"]
    assert found.factor == pytest.approx(0.2)
    assert 30.0 <= found.since_h <= 48.0
    assert found.ends_h is None
    area = hazard.split(".")[2]
    if covers(area, days.blueprint.nodes["R_DQ"].admin_code):
        detail = {
            "onset": (as_of - timedelta(hours=40)).isoformat(),
            "expires": (as_of + timedelta(hours=100)).isoformat(),
        }
        days.tell(hazard, 3.0, as_of - timedelta(hours=1), json.dumps(detail))
        assert disturbed(see(days, to_us(as_of)))["node R_DQ"].ends_h == pytest.approx(88.0, abs=0.1)


def closed(days: "Days", stated_h: float, *, lasted_h: int = 36) -> World:
    """The railway closed ``lasted_h`` ago, and a notice whose stated end lies ``stated_h`` ahead."""
    moment = from_us(days.live(0, 7))
    as_of = moment + timedelta(hours=lasted_h)
    for hours in range(1, lasted_h, 6):
        days.tell("capacity_factor.R_DQ", 0.0, moment + timedelta(hours=hours))
    hazard = next(s.id for s in days.chain.series if s.id.startswith("hazard.rail_accident"))
    detail = {"onset": moment.isoformat(), "expires": (as_of + timedelta(hours=stated_h)).isoformat()}
    days.tell(hazard, 3.0, moment + timedelta(hours=2), json.dumps(detail))
    return see(days, to_us(as_of))


def hours_closed(days: "Days", world: World, name: str = "node R_DQ") -> Floats:
    """How many hours the railway stays closed, in each future."""
    grid = forecast_grid()
    number = next(i for i, d in enumerate(world.disturbed) if d.name == name)
    happening = Teller(days.blueprint, PRIORS, grid).futures(world).happenings[number]
    (factors,) = happening.rows.values()
    is_open = factors > 0.0
    return np.where(is_open.any(axis=0), grid[np.argmax(is_open, axis=0)], np.inf)


def test_what_links_can_bring_is_drawn_where_usual_flow_comes_near_it_and_never_below_that_flow(days: "Days") -> None:
    world = see(days, days.live(0, LAST))
    priors = structs.replace(PRIORS, link_spread=0.06, scenarios=64)
    quiet = Teller(days.blueprint, priors, forecast_grid()).futures(world).quiet
    drawn = {number: values[0] for (target, number), values in quiet.rows.items() if target is Target.LINK}
    network, flow = world.living.network, world.living.rest.flow
    assert set(drawn) == set(np.flatnonzero((network.capacity > 0) & (flow > 0.7 * network.capacity)).tolist())
    for number, factor in drawn.items():
        assert (factor * network.capacity[number] >= 1.039 * flow[number]).all()
    roomy = [f for number, f in drawn.items() if flow[number] < 0.8 * network.capacity[number]]
    assert np.std(np.concatenate(roomy)) == pytest.approx(0.06, rel=0.1)


@pytest.mark.parametrize(("stated_h", "middle_h"), [(11.0, 13.0), (4.0, 20.0), (0.0, 24.0), (-20.0, 44.0)])
def test_past_its_announced_end_it_may_end_any_hour_and_the_later_the_longer_it_is_overdue(
    days: "Days", stated_h: float, middle_h: float
) -> None:
    world = closed(days, stated_h)
    found = disturbed(world)["node R_DQ"]
    assert found.is_overdue
    assert found.ends_h == pytest.approx(middle_h, abs=0.1)
    left = hours_closed(days, world)
    assert np.median(left) == pytest.approx(middle_h, abs=2.0)
    assert np.quantile(left, 0.05) < 0.1 * middle_h
    assert np.quantile(left, 0.95) > 5 * middle_h


def _epidemic(days: "Days", area: str, onset_h: float, ends_h: float, as_of: datetime) -> None:
    detail = {n: (as_of + timedelta(hours=h)).isoformat() for n, h in (("onset", onset_h), ("expires", ends_h))}
    days.tell(f"hazard.epidemic.{area}", 3.0, as_of - timedelta(hours=1), json.dumps(detail))


def _closed_baoshen(days: "Days") -> datetime:
    """The Baoshen railway closed 36 h before the moment returned."""
    moment = from_us(days.live(0, 7))
    for hours in range(1, 36, 6):
        days.tell("capacity_factor.R_BS", 0.0, moment + timedelta(hours=hours))
    return moment + timedelta(hours=36)


def test_a_road_closed_by_the_snow_of_a_county_it_serves_opens_when_that_ends(days: "Days") -> None:
    moment = from_us(days.live(0, 7))
    as_of = moment + timedelta(hours=12)
    for hours in (1, 7):
        days.tell("capacity_factor.H_BM", 0.0, moment + timedelta(hours=hours))
    assert days.blueprint.nodes["H_BM"].admin_code == "150602"
    assert disturbed(see(days, to_us(as_of)))["node H_BM"].ends_h is None
    detail = {n: (as_of + timedelta(hours=h)).isoformat() for n, h in (("onset", -10.0), ("expires", 40.0))}
    days.tell("hazard.snow.150627", 4.0, as_of - timedelta(hours=1), json.dumps(detail))
    assert disturbed(see(days, to_us(as_of)))["node H_BM"].ends_h == pytest.approx(28.0, abs=0.1)
    days.tell(
        "hazard.snow.150602",
        3.0,
        as_of - timedelta(hours=1),
        json.dumps(detail | {"expires": (as_of + timedelta(hours=90)).isoformat()}),
    )
    assert disturbed(see(days, to_us(as_of)))["node H_BM"].ends_h == pytest.approx(78.0, abs=0.1)


def test_of_two_notices_the_one_of_the_smaller_area_is_likelier_and_both_are_weighed(days: "Days") -> None:
    as_of = _closed_baoshen(days)
    _epidemic(days, "150600", -36.0, 60.0, as_of)
    _epidemic(days, "150000", -36.0, 300.0, as_of)
    found = disturbed(see(days, to_us(as_of)))["node R_BS"]
    (rival,) = found.rivals
    assert found.ends_h == pytest.approx(48.0, abs=0.1)
    assert rival.ends_h == pytest.approx(288.0, abs=0.1)
    assert 0.2 < rival.weight < 0.5
    left = hours_closed(days, see(days, to_us(as_of)), "node R_BS")
    assert (left < 100.0).mean() == pytest.approx(1.0 - rival.weight, abs=0.1)


def test_a_notice_of_another_time_leaves_the_end_open(days: "Days") -> None:
    as_of = _closed_baoshen(days)
    _epidemic(days, "150000", -150.0, 300.0, as_of)
    found = disturbed(see(days, to_us(as_of)))["node R_BS"]
    assert found.ends_h is None
    assert found.rivals[0].ends_h == pytest.approx(288.0, abs=0.1)
    assert found.rivals[0].weight < 0.1


def test_a_notice_that_was_lifted_while_the_place_is_still_closed_means_any_hour_now(days: "Days") -> None:
    as_of = _closed_baoshen(days)
    _epidemic(days, "150600", -36.0, 60.0, as_of - timedelta(hours=4))
    days.tell("hazard.epidemic.150600", 0.0, as_of - timedelta(hours=2), json.dumps({}))
    found = disturbed(see(days, to_us(as_of)))["node R_BS"]
    assert found.is_overdue
    assert found.ends_h == pytest.approx(12.0 + 12.0 + 2.0, abs=0.2)


def test_a_decimal_slip_of_a_stock_breaks_nothing_and_is_named(days: "Days") -> None:
    moment = from_us(days.live(0, LAST))
    right = days.usual("stock.C_BFM.water")
    for hour in range(1, 31):
        days.tell("stock.C_BFM.water", 0.1 * right, moment + timedelta(hours=hour))
    world = see(days, to_us(moment + timedelta(hours=30)))
    account = days.blueprint.account[("C_BFM", "water")]
    assert world.stock.value[account] == pytest.approx(right, rel=0.1)
    assert world.stock.is_contradicted[account]
    days.tell("stock.C_BFM.water", right, moment + timedelta(hours=31))
    after = see(days, to_us(moment + timedelta(hours=31)))
    assert after.stock.value[account] == pytest.approx(right, rel=0.1)
    assert not after.stock.is_contradicted[account]


def test_an_inflow_told_ten_thousand_times_too_small_lets_no_stock_run_down(days: "Days") -> None:
    moment = from_us(days.live(0, LAST))
    later = moment + timedelta(hours=24)
    days.tell("inflow.W_BET.raw_coal", 1e-4 * days.usual("inflow.W_BET.raw_coal"), later)
    days.tell("use.W_BET.raw_coal", days.usual("use.W_BET.raw_coal"), later)
    account = days.blueprint.account[("W_BET", "raw_coal")]
    before = see(days, to_us(moment)).stock.value[account]
    assert see(days, to_us(later)).stock.value[account] == pytest.approx(before, rel=0.05)


def test_in_the_first_week_nothing_is_inferred_from_what_is_merely_configured(days: "Days") -> None:
    world = see(
        days, days.live(0, 5, lambda s, at: 0.6 * days.usual(s.id) if s.id == "output.E_TKT.electricity" else -1.0)
    )
    assert "node E_TKT" not in disturbed(world)


def test_an_announced_end_long_past_says_no_more_than_the_kind_of_place(days: "Days") -> None:
    world = closed(days, -200.0, lasted_h=230)
    told = disturbed(world)["node R_DQ"]
    assert told.is_overdue
    unannounced = structs.replace(world, disturbed=(structs.replace(told, ends_h=None, is_overdue=False),))
    left, prior = hours_closed(days, world), hours_closed(days, unannounced)
    assert (left <= prior).all()
    assert np.median(left) > 0.75 * np.median(prior)


def test_a_notice_that_was_over_before_something_began_says_nothing_of_it(days: "Days") -> None:
    found = disturbed(closed(days, -20.0, lasted_h=12))["node R_DQ"]
    assert (found.ends_h, found.is_overdue) == (None, False)


def test_a_plant_that_stops_with_full_inputs_is_disturbed_and_one_without_coal_is_not(days: "Days") -> None:
    moment = days.live(0, LAST)
    for half in range(1, 3):
        at = from_us(moment) + timedelta(hours=12 * half)
        days.tell("output.C_BFM.methanol", 0.0, at)
        days.tell("output.C_ZTM.methanol", 0.0, at)
        days.tell("stock.C_ZTM.steam_coal", 0.0, at)
    found = disturbed(see(days, moment + 24 * 3_600_000_000))
    assert found["node C_BFM"].factor == pytest.approx(0.0, abs=0.01)
    assert "node C_ZTM" not in found


def test_one_odd_day_of_use_is_no_disturbance_but_two_are(days: "Days") -> None:
    moment = days.live(0, LAST)
    usual = days.usual("use.D_CST.steam_coal")
    days.tell("use.D_CST.steam_coal", 1.2 * usual, from_us(moment) + timedelta(hours=12))
    days.tell("use.D_CST.steam_coal", 1.2 * usual, from_us(moment) + timedelta(hours=24))
    assert "use D_CST" not in disturbed(see(days, moment + 24 * 3_600_000_000))
    days.tell("use.D_CST.steam_coal", 1.2 * usual, from_us(moment) + timedelta(hours=36))
    days.tell("use.D_CST.steam_coal", 1.2 * usual, from_us(moment) + timedelta(hours=48))
    found = disturbed(see(days, moment + 48 * 3_600_000_000))["use D_CST"]
    assert found.factor == pytest.approx(1.2, abs=0.02)


def test_a_daily_report_that_is_due_and_not_yet_there_does_not_hide_what_the_days_before_told(days: "Days") -> None:
    series = "use.D_CST.steam_coal"
    moment = days.live(0, LAST, lambda s, at: None if s.id == series else -1.0)
    for day in range(-LAST, 4):
        factor = 1.2 if day > 0 else 1.0
        days.tell(series, factor * days.usual(series), from_us(moment) + timedelta(days=day))
    newest = from_us(moment) + timedelta(days=3)
    for hours in (0, 12, 24, 26):
        found = disturbed(see(days, to_us(newest + timedelta(hours=hours))))
        assert found["use D_CST"].factor == pytest.approx(1.2, abs=0.02), hours
    assert "use D_CST" not in disturbed(see(days, to_us(newest + timedelta(hours=49))))


def test_a_grid_whose_railway_stands_still_is_not_disturbed_itself(days: "Days") -> None:
    moment = days.live(0, LAST)
    for hours in range(1, 25):
        at = from_us(moment) + timedelta(hours=hours)
        for series in days.chain.series:
            if series.node == "R_DQ" and series.indicator in ("volume", "flow", "outflow"):
                days.tell(series.id, 0.0, at)
        days.tell("output.X_GRD.electricity", 0.6 * days.usual("output.X_GRD.electricity"), at)
    found = disturbed(see(days, moment + 24 * 3_600_000_000))
    assert "node R_DQ" in found
    assert "node X_GRD" not in found


def test_a_stock_nobody_reports_is_a_guess_without_trust(days: "Days") -> None:
    world = see(days, days.live(0, 4, lambda s, at: None if s.id == "stock.D_CEN.steam_coal" else -1.0))
    account = days.blueprint.account[("D_CEN", "steam_coal")]
    told = days.blueprint.account[("D_CST", "steam_coal")]
    assert (world.stock.trust[account], world.stock.age_h[account]) == (0.0, np.inf)
    assert (
        world.stock.spread[account] / world.stock.value[account]
        > 3 * world.stock.spread[told] / world.stock.value[told]
    )
    assert world.stock.trust[told] == 1.0


def test_a_series_that_all_others_contradict_is_named(days: "Days") -> None:
    """Half of what comes is reported for nine days, though what is sent there and what is burnt is told to be as ever."""
    told = "inflow.D_CST.steam_coal"
    moment = days.live(0, LAST, lambda s, at: 0.5 * days.usual(told) if s.id == told else -1.0)
    picture = Picture("live", days.chain, read_rules(asset_path("deploy/config")))
    picture.evidence.series.update(days.evidence.series)
    picture.evidence.known_us = days.evidence.known_us
    said = {(a.node, a.product): a for a in picture.judge_all(from_us(moment))}
    coast, port = said["D_CST", "steam_coal"], said["P_QHD", "steam_coal"]
    assert "矛盾数据" in coast.reason_zh
    assert "contradicted" in coast.reason_en
    assert "矛盾数据" not in port.reason_zh


def test_trust_falls_with_silence(days: "Days") -> None:
    moment = days.live(0, 4)
    account = days.blueprint.account[("D_CST", "steam_coal")]
    series = days.blueprint.of_account[account].stock
    tower = Watchtower(days.blueprint, days.evidence, PRIORS)
    fresh = tower.see(moment).stock.trust[account]
    silent = tower.see(moment + int((series.silence_h + 1) * 3_600_000_000)).stock.trust[account]
    assert (fresh, silent) == (1.0, 0.0)


def test_the_usual_is_a_median_within_reach_of_what_is_configured() -> None:
    assert usual_of(
        {1: 90.0, 2: 110.0, 3: 100.0, 4: 5000.0, 5: 95.0, 6: 105.0, 7: 101.0, 8: 109.0}, 100.0
    ).rate == pytest.approx(103.0)
    assert usual_of(dict.fromkeys(range(20), 10.0), 100.0).rate == pytest.approx((1 - REACH) * 100.0)
    assert usual_of({1: 50.0}, 100.0).rate == 100.0


def test_weekdays_are_learnt_half_way() -> None:
    means = {day: 80.0 if (day + 3) % 7 == 6 else 100.0 for day in range(28)}
    assert usual_of(means, 100.0).weekday[6] == pytest.approx(0.9)
    assert usual_of(means, 100.0).weekday[0] == 1.0


def test_areas_cover_what_lies_in_them() -> None:
    assert covers("150627", "150627")
    assert covers("150600", "150627")
    assert not covers("150700", "150627")
    assert covers("150000", "150627")
