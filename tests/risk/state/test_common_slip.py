"""A feed told in the wrong unit all at once is read rightly and named; a crisis that strikes many places together is never taken for one."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from schemas.chain import Series
from services.risk.state.priors import Priors
from services.risk.state.world import Watchtower, World
from services.runtime.clock import from_us, to_us

if TYPE_CHECKING:
    Days = Any

Told = Callable[[Series, int], float | None]


def hours_after(days: "Days", moment: int, hours: int, told: Told) -> World:
    """Every hour each series is told so many times its usual value; None is silence."""
    for hour in range(1, hours + 1):
        for series in days.chain.series:
            factor = told(series, hour)
            if factor is not None:
                days.tell(series.id, factor * days.usual(series.id), from_us(moment) + timedelta(hours=hour))
    as_of_us = to_us(from_us(moment) + timedelta(hours=hours))
    return Watchtower(days.blueprint, days.evidence, Priors()).see(as_of_us)


@pytest.mark.parametrize("factor", [0.1, 0.7, 1.32, 1e4])
@pytest.mark.parametrize("pattern", ["stock.", "stock.P_"])
def test_stocks_that_leap_together_are_read_as_before_and_named(days: "Days", factor: float, pattern: str) -> None:
    moment = days.live(0, 8)
    world = hours_after(days, moment, 40, lambda s, hour: factor if hour >= 8 and s.id.startswith(pattern) else 1.0)
    for account in days.blueprint.stocks:
        series = days.blueprint.of_account[account].stock
        if series is not None and series.id.startswith(pattern):
            assert world.stock.value[account] == pytest.approx(days.usual(series.id) * world.worth[account], rel=0.03)
            assert series.id in world.slips
            assert world.stock.is_contradicted[account]
    assert world.disturbed == ()


def test_when_the_unit_is_right_again_nothing_is_named(days: "Days") -> None:
    moment = days.live(0, 8)
    world = hours_after(days, moment, 40, lambda s, hour: 0.1 if 8 <= hour < 30 and s.id.startswith("stock.") else 1.0)
    assert not world.slips
    assert not world.stock.is_contradicted.any()


@pytest.mark.parametrize("factor", [0.1, 1e-4, 10.0])
def test_rates_all_told_in_another_unit_disturb_nobody(days: "Days", factor: float) -> None:
    moment = days.live(0, 8)
    world = hours_after(days, moment, 30, lambda s, hour: factor if hour >= 4 and s.indicator == "use" else 1.0)
    assert world.disturbed == ()
    usual = world.living.rest.through
    stored = [a for a, s in days.blueprint.stocks.items() if s.days_normal > 2]
    assert world.burnt[stored] == pytest.approx(usual[stored], rel=0.1)


def test_mines_that_all_stop_together_are_seen_to_stop(days: "Days") -> None:
    """An inspection sweep: every mine falls to a tenth in the same hour."""
    moment = days.live(0, 8)
    mines = {n.id for n in days.chain.nodes if n.kind == "mine"}
    world = hours_after(
        days,
        moment,
        30,
        lambda s, hour: 0.1 if hour >= 4 and s.node in mines and s.indicator in ("output", "capacity_factor") else 1.0,
    )
    seen = {d.node for d in world.disturbed if d.factor < 0.5}
    told = {n for n in mines if days.blueprint.of_node[n].capacity_factor is not None}
    assert told
    assert told <= seen


def test_yards_that_run_down_together_are_seen_to_run_down(days: "Days") -> None:
    """Ports that lose in an hour no more than can be shipped in one keep the stocks that are told."""
    moment = days.live(0, 8)
    left = 0.96
    world = hours_after(days, moment, 24, lambda s, hour: left**hour if s.id.startswith("stock.P_") else 1.0)
    for account in days.blueprint.stocks:
        series = days.blueprint.of_account[account].stock
        if series is not None and series.id.startswith("stock.P_"):
            assert world.stock.value[account] == pytest.approx(left**24 * days.usual(series.id), rel=0.1)
    assert np.all([not s.startswith("stock.P_") for s in world.slips])
