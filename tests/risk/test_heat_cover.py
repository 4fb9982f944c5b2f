"""Days of cover of a coal user are days of heat: what its coal is worth decides how long it lasts and when it is warned of."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from msgspec.structs import replace

from schemas.assessment import Assessment
from schemas.chain import Chain, Series
from schemas.level import Level
from tests.risk.conftest import START, Line

PLANT = "E_TKT"
NEIGHBOURS = {PLANT, "W_ZN", "H_RW", "M_CZG", "U_TKT"}
HEAT = f"heat_value.{PLANT}.steam_coal"
STOCK = f"stock.{PLANT}.steam_coal"
USE = f"use.{PLANT}.steam_coal"
ROAD = "capacity_factor.H_RW"
FLOW = f"flow.W_ZN.{PLANT}.steam_coal"
DAYS_BEFORE = 12


@pytest.fixture(scope="module")
def station(ordos: Chain) -> Chain:
    """A power plant with its suppliers: a washery of 5,100 coal, a mine of 4,000 coal by road; it may report its heat value."""
    own = [s for s in ordos.series if s.node in NEIGHBOURS and s.link_target in NEIGHBOURS | {""}]
    like = next(s for s in own if s.id == STOCK)
    told = Series(
        id=HEAT,
        feed=like.feed,
        group=like.group,
        name_zh="托克托电厂存煤热值",
        name_en="Tuoketuo power plant: heat value of its coal",
        indicator="heat_value",
        unit="kcal/kg",
        cadence_h=24,
        lateness_h=72,
        silence_h=96,
        plausible_low=2500,
        plausible_high=7500,
        provider=like.provider,
        node=PLANT,
        product="steam_coal",
        link_target="",
        is_essential=False,
    )
    return replace(
        ordos,
        nodes=[n for n in ordos.nodes if n.id in NEIGHBOURS],
        links=[k for k in ordos.links if {k.source, k.target} <= NEIGHBOURS],
        recipes=[r for r in ordos.recipes if r.node in NEIGHBOURS],
        stocks=[s for s in ordos.stocks if s.node in NEIGHBOURS],
        qualities=[
            replace(q, heat_low=4000, heat_high=4000) if q.node == "M_CZG" else q
            for q in ordos.qualities
            if q.node in NEIGHBOURS
        ],
        series=[*own, told],
    )


def lived(chain: Chain, change: Callable[[int], dict[str, float]], left: frozenset[str] = frozenset()) -> Assessment:
    """The last word on the plant after days that went as ``change`` says by day (0 is today); ``left`` reports nothing."""
    line = Line(chain)
    for day in range(-DAYS_BEFORE, 1):
        values = {s: v for s, v in (line.quiet() | change(day)).items() if s not in left}
        line.send(values, START + timedelta(days=day))
    line.tick(START + timedelta(minutes=1))
    line.turn()
    return line.newest(PLANT)


def reported(heat: Callable[[int], float], days: float = 20.0) -> Callable[[int], dict[str, float]]:
    """The plant tells its heat value; on the last day ``days`` of coal are left and its road is closed."""
    return lambda day: {HEAT: heat(day)} | ({STOCK: tonnes(days), ROAD: 0.0} if day == 0 and days < 20 else {})


def tonnes(days: float) -> float:
    """So many days of normal use."""
    return days * 0.45 * 111.36e3


def test_usual_coal_lasts_as_long_as_its_tonnes(station: Chain) -> None:
    usual = lived(station, reported(lambda _: 5500.0))
    assert usual.level is Level.NORMAL
    assert usual.cover_days == pytest.approx(usual.cover_days_physical)
    assert usual.heat_kcal_per_kg == 5500.0
    assert usual.stock_t5500 == pytest.approx(usual.stock)


def test_poorer_coal_shows_fewer_days_at_the_same_tonnes_and_warns_earlier(station: Chain) -> None:
    def turned_poor(day: int) -> float:
        return 4000.0 if day == 0 else 5500.0

    rich, poor = lived(station, reported(lambda _: 5500.0, 10.0)), lived(station, reported(turned_poor, 10.0))
    assert poor.stock == pytest.approx(rich.stock)
    assert poor.cover_days_physical == pytest.approx(rich.cover_days_physical)
    assert poor.cover_days is not None
    assert rich.cover_days is not None
    assert poor.cover_days == pytest.approx(rich.cover_days * 4000 / 5500, rel=0.01)
    assert poor.stock_t5500 == pytest.approx(tonnes(10.0) * 4000 / 5500, rel=0.01)
    assert (rich.level, poor.level) == (Level.NORMAL, Level.RED)
    assert rich.hours_to_minimum_p50 is None
    assert poor.hours_to_minimum_p50 is not None
    assert "热值口径，4,000 kcal/kg，0 小时前报" in poor.reason_zh
    assert "实物 9.7 天" in poor.reason_zh
    assert "（推导）" in poor.reason_zh
    assert "(derived)" in poor.reason_en


def test_burn_that_followed_poorer_coal_is_not_counted_twice(station: Chain) -> None:
    quiet = Line(station).quiet()[USE]

    def followed(day: int) -> dict[str, float]:
        is_poor = day >= -1
        return {HEAT: 4800.0 if is_poor else 5500.0, USE: quiet * (5500 / 4800 if is_poor else 1.0)}

    poor = lived(station, followed)
    assert poor.cover_days is not None
    assert poor.cover_days == pytest.approx(poor.cover_days_physical, rel=0.02)
    assert poor.cover_days == pytest.approx(20.0 * 4800 / 5500, rel=0.03)


def test_without_a_report_the_blend_that_lately_arrived_counts(station: Chain) -> None:
    def washery_away(day: int) -> dict[str, float]:
        return {FLOW: 0.0} if day > -7 else {}

    silent = frozenset({HEAT})
    usual, less = lived(station, lambda _: {}, silent), lived(station, washery_away, silent)
    assert usual.heat_kcal_per_kg == pytest.approx(0.66 * 5100 + 0.34 * 4000, abs=15)
    assert usual.cover_days == pytest.approx(usual.cover_days_physical, rel=0.01)
    assert less.heat_kcal_per_kg is not None
    assert 4000 < less.heat_kcal_per_kg < 4680, "a yard of twenty days still holds some of the coal before"
    assert less.cover_days is not None
    assert less.cover_days_physical is not None
    assert less.cover_days < 0.985 * less.cover_days_physical
    assert "小时前的到货推算" in less.reason_zh


def test_where_nobody_knows_the_heat_tonnes_count_and_it_says_so(station: Chain) -> None:
    plain = lived(replace(station, qualities=[]), lambda _: {}, frozenset({HEAT}))
    assert plain.cover_days == plain.cover_days_physical
    assert plain.heat_kcal_per_kg is None
    assert plain.stock_t5500 is None
    assert "实物口径，热值不明" in plain.reason_zh
    assert "heat value unknown" in plain.reason_en
