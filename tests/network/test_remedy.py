"""Plans for a deficit: the cheapest that arrives in time, inside every limit; what stays open and why, when there is none."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.network.remedy import Blend, Case, Donor, Offer
from detectors.network.remedy_plan import plan_remedy
from detectors.network.remedy_rows import Bound

DAY_H = 24.0
PLANT, WORKS = 7, 9


def _near(expected: object) -> object:
    """Within the rounding of the solver: a hundredth of a tonne or a ten-thousandth."""
    return pytest.approx(expected, rel=1e-4, abs=0.01)


def _case(offers: list[Offer], deficit: list[list[float]] | None = None, days: int = 5, **more: object) -> Case:
    """100 t/d lacking at the plant from day 3 on, unless said otherwise; 1,000 CNY are lost per tonne."""
    lacking = np.array(deficit or [[0.0, 0.0, *[100.0] * (days - 2)]])
    return Case(
        edges_h=np.arange(days + 1, dtype=np.float64) * DAY_H,
        accounts=np.array([PLANT, WORKS][: len(lacking)]),
        deficit=lacking,
        value_cny=np.array([1000.0, 100.0][: len(lacking)]),
        offers=tuple(offers),
        **more,  # type: ignore[arg-type]
    )


def _offer(per_day: float, cost: float, lead_h: float = 0.0, **more: object) -> Offer:
    return Offer(
        **{  # type: ignore[arg-type]
            "account": PLANT,
            "capacity_per_h": per_day / DAY_H,
            "cost_cny_per_unit": cost,
            "lead_h": lead_h,
            **more,
        }
    )


def test_the_cheaper_offer_is_taken_first() -> None:
    plan = plan_remedy(_case([_offer(200.0, 500.0), _offer(40.0, 300.0)]))
    assert plan.is_covered
    assert plan.is_proven
    assert plan.dispatched.sum(axis=1) == _near([100.0, 200.0])
    assert plan.cost_cny == _near([50_000.0, 60_000.0])
    assert plan.bindings == ()
    assert plan.without_alternative == ()


def test_a_start_cost_can_make_the_dearer_tonne_the_cheaper_plan() -> None:
    offers = [_offer(200.0, 300.0, start_cost_cny=40_000.0), _offer(200.0, 400.0)]
    assert plan_remedy(_case(offers)).dispatched.sum(axis=1) == _near([0.0, 300.0])
    longer = plan_remedy(_case(offers, days=8))
    assert longer.dispatched.sum(axis=1) == _near([600.0, 0.0])
    assert longer.cost_cny == _near([220_000.0, 0.0])


def test_a_least_amount_is_taken_whole_or_not_at_all() -> None:
    offers = [_offer(400.0, 300.0, least_amount=350.0), _offer(200.0, 400.0)]
    assert plan_remedy(_case(offers)).dispatched.sum(axis=1) == _near([350.0, 0.0])
    assert plan_remedy(_case(offers, room=np.full((1, 5), 20.0))).dispatched.sum(axis=1) == _near([0.0, 300.0])


def test_what_comes_too_late_is_not_counted() -> None:
    plan = plan_remedy(_case([_offer(200.0, 300.0, lead_h=60.0), _offer(200.0, 900.0)]))
    assert plan.is_covered
    arrived = np.cumsum(plan.arriving.sum(axis=0))
    assert np.all(arrived >= [0.0, 0.0, 100.0 - 1e-6, 200.0 - 1e-6, 300.0 - 1e-6])
    assert plan.dispatched[0].sum() == _near(300.0)
    late = plan_remedy(_case([_offer(200.0, 300.0, lead_h=84.0)]))
    assert late.open_deficit == _near(np.array([[0, 0, 100, 0, 0]]))
    assert [(b.bound, b.relief_cny) for b in late.bindings] == [(Bound.LEAD_TIME, _near(100_000.0))]


def test_an_expired_offer_is_not_used() -> None:
    plan = plan_remedy(_case([_offer(200.0, 300.0, until_h=0.0), _offer(200.0, 900.0)]))
    assert plan.dispatched.sum(axis=1) == _near([0.0, 300.0])
    half = plan_remedy(_case([_offer(200.0, 300.0, from_h=12.0, until_h=24.0), _offer(200.0, 900.0)]))
    assert half.dispatched.sum(axis=1) == _near([100.0, 200.0])


def test_a_route_is_shared_and_named_when_it_binds() -> None:
    offers = [_offer(200.0, 300.0, limits=(0, 1)), _offer(200.0, 310.0, limits=(0,))]
    route = np.array([np.full(5, 50.0), np.full(5, 10.0)]) / DAY_H
    plan = plan_remedy(_case(offers, limit_per_h=route))
    assert plan.dispatched.sum(axis=0) == _near([50.0] * 5)
    assert plan.dispatched[0] == _near([10.0] * 5)
    assert plan.open_deficit.sum() == _near(50.0)
    assert plan.loss_cny == _near(50_000.0)
    assert (plan.bindings[0].bound, plan.bindings[0].number) == (Bound.SHARED, 0)
    assert plan.bindings[0].relief_cny == _near(1000.0)


def test_the_blend_keeps_ash_and_heat() -> None:
    """Half the need arrives anyway at 5,200 kcal and 18 % ash; accepted are 5,000 kcal at least and 20 % ash at most."""
    blend = Blend(
        account=PLANT,
        low=(5000.0, 0.0, 0.0),
        high=(np.inf, 20.0, 1.0),
        base_amount=np.full(5, 100.0),
        base_properties=(5200.0, 18.0, 0.5),
    )
    poor, rich = (4700.0, 24.0, 0.8), (5600.0, 12.0, 0.6)
    offers = [_offer(100.0, 200.0, properties=poor), _offer(100.0, 700.0, properties=rich)]
    plan = plan_remedy(_case(offers, deficit=[[100.0] * 5], blends=(blend,)))
    assert plan.is_covered
    amounts = np.vstack([blend.base_amount, plan.arriving])
    mean = np.array([blend.base_properties, poor, rich]).T @ amounts / amounts.sum(axis=0)
    assert np.all(mean[0] >= 5000.0 - 1e-3)
    assert mean[1] == _near([20.0] * 5)
    assert np.all(mean[2] <= 1.0)
    alone = plan_remedy(_case(offers[:1], deficit=[[100.0] * 5], blends=(blend,)))
    assert alone.dispatched.sum() == _near(5 * 50.0)
    assert (alone.bindings[0].bound, alone.bindings[0].side) == (Bound.BLEND, 1)


def test_a_base_outside_the_range_is_not_made_worse() -> None:
    blend = Blend(PLANT, low=(5000.0,), high=(np.inf,), base_amount=np.full(5, 100.0), base_properties=(4800.0,))
    worse = _offer(200.0, 100.0, properties=(4900.0,))
    better = _offer(200.0, 700.0, properties=(5100.0,))
    plan = plan_remedy(_case([worse, better], blends=(blend,)))
    assert plan.is_covered
    assert plan.dispatched.sum(axis=1) == _near([150.0, 150.0])


def test_poorer_coal_counts_by_its_heat() -> None:
    plan = plan_remedy(_case([_offer(200.0, 300.0, worth=4400 / 5500)]))
    assert plan.dispatched.sum() == _near(300.0 * 5500 / 4400)


def test_who_gives_is_named_with_his_cover_and_keeps_his_minimum() -> None:
    offers = [_offer(500.0, 50.0, donor=0), _offer(500.0, 60.0, donor=1), _offer(500.0, 900.0)]
    donors = (Donor(21, 120.0, 10.0), Donor(22, 60.0, 0.0))
    plan = plan_remedy(_case(offers, donors=donors))
    assert [(t.donor, t.account) for t in plan.takings] == [(0, 21), (1, 22)]
    assert [t.amount for t in plan.takings] == _near([120.0, 60.0])
    assert [t.hours_of_cover for t in plan.takings] == _near([12.0, np.inf])
    short = plan_remedy(_case(offers[:2], donors=donors))
    assert {(b.bound, b.number) for b in short.bindings} >= {(Bound.DONOR, 0), (Bound.DONOR, 1)}


def test_room_keeps_deliveries_from_coming_early() -> None:
    plan = plan_remedy(_case([_offer(200.0, 300.0)], room=np.full((1, 5), 30.0)))
    ahead = np.cumsum(plan.arriving.sum(axis=0)) - np.cumsum([0, 0, 100, 100, 100])
    assert plan.is_covered
    assert np.all(ahead <= 30.0 + 1e-6)


def test_the_load_is_reduced_where_it_costs_least() -> None:
    offers = [_offer(200.0, 300.0, limits=(0,)), _offer(200.0, 1.0, account=WORKS, limits=(0,))]
    deficit = [[0.0, 100.0, 100.0], [0.0, 100.0, 100.0]]
    plan = plan_remedy(_case(offers, deficit=deficit, days=3, limit_per_h=np.full((1, 3), 100.0 / DAY_H)))
    assert plan.open_deficit.sum(axis=1) == _near([0.0, 100.0])
    assert plan.loss_cny == _near(10_000.0)
    assert plan.without_alternative == ()


@pytest.mark.parametrize(
    ("offers", "more"),
    [
        ([], {}),
        ([_offer(200.0, 300.0, lead_h=120.0)], {}),
        ([_offer(200.0, 300.0, limits=(0,))], {"limit_per_h": np.zeros((1, 5))}),
        ([_offer(200.0, 300.0, donor=0)], {"donors": (Donor(21, 0.0, 1.0),)}),
    ],
    ids=["none", "too late", "closed", "nothing to spare"],
)
def test_without_alternative_the_whole_load_is_reduced(offers: list[Offer], more: dict[str, Any]) -> None:
    plan = plan_remedy(_case(offers, **more))
    assert plan.without_alternative == (PLANT,)
    assert plan.open_deficit.sum() == _near(300.0)
    assert plan.loss_cny == _near(300_000.0)
    assert not plan.dispatched.any()


def test_a_least_amount_that_cannot_be_taken_is_named() -> None:
    plan = plan_remedy(_case([_offer(400.0, 300.0, least_amount=350.0)], room=np.full((1, 5), 20.0)))
    assert plan.open_deficit.sum() == _near(300.0)
    assert [b.bound for b in plan.bindings] == [Bound.START]


def test_no_deficit_needs_no_plan() -> None:
    plan = plan_remedy(_case([_offer(200.0, 300.0)], deficit=[[0.0] * 5]))
    assert plan.is_covered
    assert not plan.dispatched.any()


@st.composite
def _cases(draw: st.DrawFn) -> Case:
    windows, offers = draw(st.integers(1, 6)), draw(st.integers(0, 6))
    seed = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    made = [
        Offer(
            account=[PLANT, WORKS][seed.integers(2)],
            capacity_per_h=float(seed.uniform(0, 9)),
            cost_cny_per_unit=float(seed.uniform(0, 900)),
            lead_h=float(seed.uniform(0, 60)),
            start_cost_cny=float(seed.choice([0.0, 20_000.0])),
            least_amount=float(seed.choice([0.0, 40.0])),
            worth=float(seed.uniform(0.7, 1.1)),
            properties=(float(seed.uniform(4000, 6000)),),
            limits=(0,) if seed.random() < 0.5 else (),
            donor=0 if seed.random() < 0.3 else None,
        )
        for _ in range(offers)
    ]
    return Case(
        edges_h=np.cumsum(np.concatenate([[0.0], seed.uniform(6, 30, windows)])),
        accounts=np.array([PLANT, WORKS]),
        deficit=seed.uniform(0, 200, (2, windows)),
        value_cny=seed.uniform(100, 5000, 2),
        offers=tuple(made),
        limit_per_h=seed.uniform(0, 9, (1, windows)),
        blends=(Blend(PLANT, (5000.0,), (5500.0,), seed.uniform(0, 90, windows), (5200.0,)),),
        donors=(Donor(3, 80.0, 2.0),),
    )


@settings(max_examples=20, deadline=None)
@given(case=_cases(), factor=st.floats(1.0, 3.0))
def test_every_limit_is_kept_and_more_to_offer_loses_no_more(case: Case, factor: float) -> None:
    plan = plan_remedy(case)
    hours, slack = np.diff(case.edges_h), 1e-3
    capacity = np.array([offer.capacity_per_h for offer in case.offers]).reshape(-1, 1) * hours
    assert np.all(plan.dispatched <= capacity + slack)
    on_route = [number for number, offer in enumerate(case.offers) if offer.limits]
    assert np.all(plan.dispatched[on_route].sum(axis=0) <= case.limit_per_h[0] * hours + slack)
    assert sum(taking.amount for taking in plan.takings) <= 80.0 + slack
    for row, account in enumerate(case.accounts):
        worth = np.array([offer.worth * (offer.account == account) for offer in case.offers])
        covered = np.cumsum(worth @ plan.arriving + plan.open_deficit[row])
        assert np.all(covered >= np.cumsum(case.deficit[row]) - slack)
    for offer, amounts in zip(case.offers, plan.dispatched, strict=True):
        assert not amounts.any() or amounts.sum() >= offer.least_amount - slack
    more = tuple(replace(offer, capacity_per_h=offer.capacity_per_h * factor) for offer in case.offers)
    better = plan_remedy(replace(case, offers=more, limit_per_h=case.limit_per_h * factor))
    assert better.loss_cny <= plan.loss_cny * (1 + 2e-3) + 1.0
    assert plan_remedy(case).dispatched.tolist() == plan.dispatched.tolist()


BLEND = Blend(PLANT, (1.0,), (2.0,), np.zeros(5), (1.5,))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"edges_h": np.array([0.0, 0.0, 1.0, 2.0, 3.0, 4.0])}, "rising hours"),
        ({"edges_h": np.array([0.0])}, "edges_h has the shape"),
        ({"accounts": np.array([PLANT, PLANT])}, "each once"),
        ({"deficit": np.full((1, 5), np.nan)}, "deficit holds"),
        ({"deficit": np.zeros((1, 4))}, "deficit has the shape"),
        ({"value_cny": np.zeros(1)}, "value_cny is"),
        ({"limit_per_h": np.full((1, 5), -1.0)}, "limit_per_h holds"),
        ({"room": np.full((1, 5), np.nan)}, "room holds"),
        ({"offers": (_offer(1.0, 1.0, account=99),)}, "serves account 99"),
        ({"offers": (_offer(np.nan, 1.0),)}, "capacity_per_h of offer 0"),
        ({"offers": (_offer(1.0, 1.0, worth=0.0),)}, "is worth 0.0"),
        ({"offers": (_offer(1.0, 1.0, until_h=np.nan),)}, "until_h"),
        ({"offers": (_offer(1.0, 1.0, limits=(0,)),)}, "uses the limits"),
        ({"offers": (_offer(1.0, 1.0, donor=0),)}, "takes from donor 0"),
        ({"donors": (Donor(1, -1.0, 0.0),)}, "free_amount of donor 0"),
        ({"blends": (replace(BLEND, account=99),)}, "blend 0 is of account 99"),
        ({"blends": (BLEND,), "offers": (_offer(1.0, 1.0),)}, "bounds 1 properties"),
        ({"blends": (BLEND,), "offers": (_offer(1.0, 1.0, properties=(np.nan,)),)}, "not finite"),
        ({"blends": (replace(BLEND, low=(3.0,)),), "offers": ()}, "low at most high"),
    ],
)
def test_bad_input_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(_case([_offer(1.0, 1.0)]), **change)  # type: ignore[arg-type]
