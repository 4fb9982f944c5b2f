"""Time to survive by linear programme: the small cases of the reference, and what must hold on any network."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.network.programme import Loss, Maker, Programme, SharedLimit
from detectors.network.programme_impact import impact, least_delivery
from detectors.network.programme_survival import survival

DAY_H = 24.0
LONG_H = 365 * DAY_H


def _programme(
    stock: list[float],
    demand_per_day: list[float],
    links: list[tuple[int, int, float]],
    makers: tuple[Maker, ...] = (),
    minimum: list[float] | None = None,
    limits: tuple[SharedLimit, ...] = (),
) -> Programme:
    return Programme(
        stock=np.array(stock),
        minimum=np.array(minimum or [0.0] * len(stock)),
        demand_per_h=np.array(demand_per_day) / DAY_H,
        link_source=np.array([source for source, _, _ in links], dtype=np.int64),
        link_target=np.array([target for _, target, _ in links], dtype=np.int64),
        link_capacity_per_h=np.array([capacity for _, _, capacity in links]) / DAY_H,
        makers=makers,
        limits=limits,
    )


def _two_mines(railway_per_day: float = 60.0, stock: float = 700.0, minimum: float = 0.0) -> Programme:
    """Accounts: mine A, mine B, plant using 100 t/d."""
    return _programme(
        [0.0, 0.0, stock],
        [0.0, 0.0, 100.0],
        [(0, 2, 100.0), (1, 2, railway_per_day)],
        makers=(Maker(0, 100.0 / DAY_H), Maker(1, 50.0 / DAY_H)),
        minimum=[0.0, 0.0, minimum],
    )


def _methanol() -> Programme:
    """Accounts: coal at the plant, methanol at the plant, at the MTO, at the formaldehyde works; the coal has stopped."""
    return _programme(
        [15_000.0, 2_000.0, 4_000.0, 3_000.0],
        [0.0, 0.0, 800.0, 200.0],
        [(1, 2, np.inf), (1, 3, np.inf)],
        makers=(Maker(1, np.inf, ((0, 1.5),)),),
    )


def _days(programme: Programme, loss: Loss | None = None, demands: list[int] | None = None) -> float:
    return survival(programme, loss, horizon_h=LONG_H, demands=demands).hours / DAY_H


def test_t4_mine_b_gives_half() -> None:
    assert _days(_two_mines(), Loss(accounts=(0,))) == pytest.approx(14.0, abs=1e-9)


def test_t5_the_railway_from_b_binds() -> None:
    found = survival(_two_mines(railway_per_day=40.0), Loss(accounts=(0,)), horizon_h=LONG_H)
    assert found.hours / DAY_H == pytest.approx(11.6667, abs=1e-4)
    assert found.links.tolist() == [1]
    assert found.accounts.tolist() == [2]


def test_t6_with_sharing() -> None:
    assert _days(_methanol()) == pytest.approx(19.0, abs=1e-9)


def test_t6_without_sharing() -> None:
    apart = Loss(links=(0, 1))
    assert _days(_methanol(), apart, [2]) == pytest.approx(5.0, abs=1e-9)
    assert _days(_methanol(), apart, [3]) == pytest.approx(15.0, abs=1e-9)


def test_nothing_lost_lasts_beyond_the_horizon() -> None:
    found = survival(_two_mines(), horizon_h=LONG_H)
    assert found.is_beyond_horizon
    assert found.hours == LONG_H


def test_to_the_minimum_only_what_stands_above_it_counts() -> None:
    programme = _two_mines(minimum=200.0)
    found = survival(programme, Loss(accounts=(0,)), horizon_h=LONG_H, is_to_minimum=True)
    assert found.hours / DAY_H == pytest.approx(10.0)
    below = replace(programme, minimum=np.array([0.0, 0.0, 701.0]))
    assert survival(below, horizon_h=LONG_H, is_to_minimum=True).hours == 0.0


def test_a_shared_limit_and_a_lost_limit() -> None:
    programme = replace(_two_mines(), limits=(SharedLimit((0, 1), 65.0 / DAY_H),))
    found = survival(programme, horizon_h=LONG_H)
    assert found.hours / DAY_H == pytest.approx(20.0)
    assert found.limits.tolist() == [0]
    assert _days(programme, Loss(limits=(0,))) == pytest.approx(7.0)


def test_a_lost_maker_and_a_lost_demand() -> None:
    assert _days(_two_mines(), Loss(makers=(0, 1))) == pytest.approx(7.0)
    assert _days(_two_mines(), Loss(accounts=(2,))) == pytest.approx(365.0)


def test_impact_is_nothing_until_the_time_to_survive_and_cuts_the_cheapest_after() -> None:
    programme, value = _methanol(), np.array([0.0, 0.0, 5.0, 1.0])
    assert impact(programme, value, hours=19.0 * DAY_H).loss_cny == pytest.approx(0.0, abs=1e-6)
    later = impact(programme, value, hours=20.0 * DAY_H)
    assert later.unserved == pytest.approx([0.0, 0.0, 0.0, 1000.0])
    assert later.loss_cny == pytest.approx(1000.0)


def test_least_delivery_closes_the_gap() -> None:
    programme = _two_mines()
    lost = Loss(makers=(1,), links=(0,))
    mended = replace(programme, makers=(Maker(0, 100.0 / DAY_H), Maker(1, 60.0 / DAY_H)))
    assert least_delivery(mended, [1], hours=10 * DAY_H, loss=Loss(links=(0,))) == pytest.approx(300.0)
    assert least_delivery(mended, [1], hours=5 * DAY_H, loss=Loss(links=(0,))) == pytest.approx(0.0)
    assert least_delivery(programme, [1], hours=10 * DAY_H, loss=lost) is None


@st.composite
def _networks(draw: st.DrawFn) -> Programme:
    accounts, links = draw(st.integers(3, 8)), draw(st.integers(1, 14))
    seed = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    ends = np.array([seed.choice(accounts, 2, replace=False) for _ in range(links)])
    demand = np.where(seed.random(accounts) < 0.4, seed.uniform(1.0, 9.0, accounts), 0.0)
    demand[-1] = 5.0
    stock = seed.uniform(0.0, 500.0, accounts)
    makers = [Maker(0, float(seed.uniform(0.0, 20.0))), Maker(1, float(seed.uniform(0.0, 9.0)), ((2, 1.5),))]
    return Programme(
        stock=stock,
        minimum=stock * seed.uniform(0.0, 1.2, accounts),
        demand_per_h=demand,
        link_source=ends[:, 0],
        link_target=ends[:, 1],
        link_capacity_per_h=seed.uniform(0.0, 12.0, links),
        makers=tuple(makers),
        limits=(SharedLimit((0,), float(seed.uniform(0.0, 9.0))),),
    )


@settings(max_examples=30, deadline=None)
@given(programme=_networks(), data=st.data())
def test_more_is_never_worse(programme: Programme, data: st.DataObject) -> None:
    account = data.draw(st.integers(0, programme.account_count - 1))
    stock = programme.stock.copy()
    stock[account] += data.draw(st.floats(0.0, 400.0))
    base = survival(programme, horizon_h=LONG_H).hours
    tolerance = 1e-6 * max(base, 1.0)
    assert survival(replace(programme, stock=stock), horizon_h=LONG_H).hours >= base - tolerance
    wider = replace(programme, link_capacity_per_h=programme.link_capacity_per_h * 1.5)
    assert survival(wider, horizon_h=LONG_H).hours >= base - tolerance
    assert survival(programme, horizon_h=LONG_H, is_to_minimum=True).hours <= base + tolerance
    alone = [
        survival(programme, horizon_h=LONG_H, demands=[int(d)]).hours for d in np.flatnonzero(programme.demand_per_h)
    ]
    assert base <= min(alone) + tolerance


@settings(max_examples=30, deadline=None)
@given(programme=_networks(), data=st.data())
def test_losing_two_is_never_milder_than_losing_one(programme: Programme, data: st.DataObject) -> None:
    one, two = (data.draw(st.integers(0, programme.link_count - 1)) for _ in range(2))
    first, second, both = (
        survival(programme, Loss(links=lost), horizon_h=LONG_H).hours for lost in ((one,), (two,), (one, two))
    )
    assert both <= min(first, second) + 1e-6 * max(both, 1.0)
    value = np.ones(programme.account_count)
    costs = [impact(programme, value, hours=h, loss=Loss(links=(one,))).loss_cny for h in (20.0, 40.0, 80.0)]
    assert costs == sorted(costs)
    assert (costs[1] <= 1e-4) == (first >= 40.0 * (1 - 1e-6)) or abs(first - 40.0) < 1e-3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"stock": np.array([1.0, np.nan, 1.0])}, r"stock\[1\] is nan"),
        ({"stock": np.array([1.0, 1.0])}, "minimum has the shape"),
        ({"minimum": np.array([0.0, 0.0, -1.0])}, r"minimum\[2\]"),
        ({"demand_per_h": np.array([0.0, 0.0, np.inf])}, r"demand_per_h\[2\]"),
        ({"link_capacity_per_h": np.array([1.0, np.nan])}, r"link_capacity_per_h\[1\]"),
        ({"link_target": np.array([2, 3])}, "link_target names"),
        ({"link_source": np.array([0.0, 1.0])}, "link_source has the shape"),
        ({"makers": (Maker(0, -1.0),)}, "maker 0 has a capacity"),
        ({"makers": (Maker(5, 1.0),)}, "maker 0 names"),
        ({"makers": (Maker(0, 1.0, ((1, 0.0),)),)}, "maker 0 needs"),
        ({"limits": (SharedLimit((7,), 1.0),)}, "links of limit 0"),
        ({"limits": (SharedLimit((0,), np.nan),)}, "limit 0 has a capacity"),
    ],
)
def test_bad_input_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(_two_mines(), **change)  # type: ignore[arg-type]


@pytest.mark.parametrize("hours", [0.0, -1.0, np.inf, np.nan])
def test_bad_times_are_refused(hours: float) -> None:
    with pytest.raises(ValueError, match="hours"):
        survival(_two_mines(), horizon_h=hours)
    with pytest.raises(ValueError, match="hours"):
        impact(_two_mines(), np.ones(3), hours=hours)


def test_bad_values_are_refused() -> None:
    with pytest.raises(ValueError, match="value_cny"):
        impact(_two_mines(), np.array([1.0, np.nan, 1.0]), hours=1.0)
    with pytest.raises(IndexError):
        survival(_two_mines(), Loss(accounts=(9,)), horizon_h=1.0)
