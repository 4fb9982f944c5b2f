"""The days-of-cover forecast against published cases and its own invariants."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.network import Conditions, Converter, Forecast, Link, Origin, Structure, forecast_grid, trace

COAL_AT_COKE, COKE_AT_COKE, COKE_AT_STEEL, MINE = 0, 1, 2, 3


def serial(coke_days: float, steel_days: float, lead_h: float = 0.0) -> Forecast:
    """Mine → coke plant (1.35 t of coal per t) → steel mill; 100 t/h of coke; stocks in days of use; the mine stopped."""
    structure = Structure(
        4, [Link(MINE, COAL_AT_COKE, lead_h), Link(COKE_AT_COKE, COKE_AT_STEEL, lead_h)], [Converter(1, ((0, 1.35),))]
    )
    c = Conditions.empty(4, 2)
    c.stock[:] = [135 * 24 * coke_days, 0, 100 * 24 * steel_days, 0]
    c.production.now[COKE_AT_COKE] = c.production.later[COKE_AT_COKE] = 100
    c.production.later[MINE] = 135
    c.use.now[COKE_AT_STEEL] = c.use.later[COKE_AT_STEEL] = 100
    c.flow.now[:] = c.flow.later[:] = [135, 100]
    forecast = Forecast(structure, c, forecast_grid(40 * 24))
    forecast.run()
    return forecast


@pytest.mark.parametrize(("coke", "steel"), [(12, 8), (5, 20), (30, 3), (0.3, 0.45), (3.01, 7.77)])
def test_serial_chain_breaks_one_cover_after_the_other(coke: float, steel: float) -> None:
    forecast = serial(coke, steel)
    assert forecast.outlook(COAL_AT_COKE).hours_to_zero == pytest.approx(24 * coke)
    assert forecast.outlook(COKE_AT_STEEL).hours_to_zero == pytest.approx(24 * (coke + steel), abs=6)
    trail = trace(forecast, COKE_AT_STEEL)[0]
    assert trail.accounts == (MINE, COAL_AT_COKE, COKE_AT_COKE, COKE_AT_STEEL)
    assert trail.origin is Origin.PRODUCTION


@pytest.mark.parametrize(("coke", "steel"), [(12, 8), (5, 20), (30, 3)])
def test_reference_times_hold_to_the_hour(coke: float, steel: float) -> None:
    forecast = serial(coke, steel)
    assert forecast.outlook(COKE_AT_STEEL).hours_to_zero == pytest.approx(24 * (coke + steel), abs=1e-6)


def test_goods_under_way_prolong_survival() -> None:
    without, forecast = serial(5, 5), serial(5, 5, lead_h=48)
    forecast.conditions.past_flow[:] = [135, 100]
    forecast.run()
    later = forecast.outlook(COKE_AT_STEEL).hours_to_zero - without.outlook(COKE_AT_STEEL).hours_to_zero
    assert later == pytest.approx(96, abs=1e-6)


def test_full_tank_is_seen_before_it_is_full() -> None:
    c = Conditions.empty(1, 0)
    c.stock[0], c.maximum[0] = 100, 200
    c.production.now[0], c.use.now[0] = 12, 2
    forecast = Forecast(Structure(1, []), c)
    forecast.run()
    assert forecast.outlook(0).hours_to_maximum == pytest.approx(10)
    assert forecast.outlook(0).hours_to_minimum == math.inf


def test_the_scarcest_of_two_short_inputs_rules_and_the_other_waits() -> None:
    """A is empty for two days and then comes back; B alone would last five days, so it lasts seven."""
    c = Conditions.empty(3, 0)
    structure = Structure(3, [], [Converter(2, ((0, 1.0), (1, 1.0)))])
    c.production.now[2] = c.production.later[2] = 1
    c.production.later[0], c.production.until_h[0] = 1, 48
    c.stock[1] = 5 * 24
    forecast = Forecast(structure, c)
    forecast.run()
    assert forecast.outlook(1).hours_to_zero == pytest.approx(7 * 24)
    assert forecast.made[2][-1] == pytest.approx(5 * 24)


def test_a_loop_is_opened_at_its_weak_link() -> None:
    structure = Structure(3, [Link(0, 1, 0), Link(1, 2, 0), Link(2, 0, 0, is_weak=True)])
    assert structure.feedback == {2}
    c = Conditions.empty(3, 3)
    Forecast(structure, c).run()


@pytest.mark.parametrize(
    ("links", "converters", "words"),
    [
        ([Link(0, 9, 1)], [], "do not exist"),
        ([Link(0, 1, -1)], [], "lead time"),
        ([Link(0, 1, math.inf)], [], "lead time"),
        ([], [Converter(0, ((0, 1.0),))], "two converters"),
        ([], [Converter(0, ((7, 1.0),))], "does not exist"),
    ],
)
def test_senseless_structures_are_refused(links: list[Link], converters: list[Converter], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Structure(2, links, converters)


@st.composite
def random_forecast(draw: st.DrawFn) -> Forecast:
    """A small random network in steady flow with random stocks and random cuts."""
    n = draw(st.integers(2, 8))
    seed = draw(st.integers(0, 2**31))
    rng = np.random.default_rng(seed)
    links = [Link(i, j, float(rng.choice([0, 3, 30]))) for i in range(n) for j in range(i + 1, n) if rng.random() < 0.4]
    converters = [Converter(n, ((0, 1.0), (1, 2.0)))] if rng.random() < 0.5 else []
    c = Conditions.empty(n + 1, len(links))
    c.stock[:] = rng.uniform(0, 500, n + 1) * (rng.random(n + 1) < 0.7)
    c.minimum[:] = rng.uniform(0, 100, n + 1)
    c.use.now[:] = rng.uniform(0, 5, n + 1)
    c.production.now[:] = rng.uniform(0, 5, n + 1) * (rng.random(n + 1) < 0.6)
    c.flow.now[:] = rng.uniform(0, 4, len(links))
    c.past_flow[:] = rng.uniform(0, 4, len(links))
    forecast = Forecast(Structure(n + 1, links, converters), c, forecast_grid(240))
    forecast.run()
    return forecast


@settings(max_examples=100, deadline=None)
@given(random_forecast(), st.integers(0, 2**31))
def test_kept_equals_fresh_after_any_change(forecast: Forecast, seed: int) -> None:
    rng = np.random.default_rng(seed)
    account = int(rng.integers(forecast.structure.account_count))
    forecast.conditions.stock[account] = rng.uniform(0, 300)
    links = [int(rng.integers(len(forecast.structure.links)))] if forecast.structure.links else []
    for link in links:
        forecast.conditions.flow.now[link] = rng.uniform(0, 4)
    forecast.update([account], links)
    fresh = Forecast(forecast.structure, forecast.conditions, forecast.hours)
    fresh.run()
    assert np.array_equal(fresh.served, forecast.served)
    assert np.array_equal(fresh.supply, forecast.supply)
    assert np.array_equal(fresh.wish, forecast.wish)


@settings(max_examples=100, deadline=None)
@given(random_forecast(), st.integers(0, 7), st.floats(0, 400))
def test_more_stock_never_breaks_earlier_and_nothing_is_negative(forecast: Forecast, index: int, extra: float) -> None:
    n = forecast.structure.account_count
    assert (forecast.supply - forecast.served >= -1e-6).all()
    assert (np.diff(forecast.served, axis=1) >= -1e-6).all()
    before = [forecast.outlook(a).hours_to_zero for a in range(n)]
    forecast.conditions.stock[index % n] += extra
    forecast.run()
    after = [forecast.outlook(a).hours_to_zero for a in range(n)]
    target = index % n
    assert after[target] >= before[target] - 6.0
    assert (forecast.supply - forecast.served >= -1e-6).all()
