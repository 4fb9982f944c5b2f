"""The smallest change: enough and no more than enough, cheapest first, in words; and how far it reaches where it is not enough."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from schemas.assessment import Hazard
from schemas.level import Level
from services.risk.remedy.avoidance import Avoidance, Avoider, Bound, yellow_limit
from services.risk.remedy.trial import PART_H, PARTS_AHEAD, Trial
from services.risk.remedy.wording import smallest_change_in_words
from services.risk.rules import Colour, Rule

Without = Callable[..., Avoider]


def _avoid(avoider: Avoider, node: str, product: str, hazard: Hazard = Hazard.STARVED) -> Avoidance:
    found = avoider.avoid(avoider.blueprint.account[node, product], hazard)
    assert found is not None
    return found


def _words(avoider: Avoider, node: str, product: str, hazard: Hazard = Hazard.STARVED) -> tuple[str, str]:
    return smallest_change_in_words(avoider, avoider.blueprint.account[node, product], hazard)


@pytest.mark.parametrize(("lost", "place"), [("X_GRD", ("D_NCH", "steam_coal")), ("X_GRD", ("P_CFD", "steam_coal"))])
def test_the_amount_is_enough_and_a_little_less_is_not(without: Without, lost: str, place: tuple[str, str]) -> None:
    avoider = without(lost)
    account = avoider.blueprint.account[place]
    found = _avoid(avoider, *place)
    assert found.change.is_enough
    assert found.before >= found.limit > found.change.chance

    def chance(amount: float) -> float:
        trial = Trial(avoider.seer, avoider.prospect, avoider.rules, [account])
        parts = np.zeros(PARTS_AHEAD)
        parts[round(found.by_h / PART_H) - 1] = amount
        return trial.chance(trial.hours(trial.run({account: parts}), account, Hazard.STARVED))

    most = sum(w.room for w in found.ways)
    assert chance(found.change.amount) == found.change.chance
    assert chance(found.change.amount - 0.02 * most) >= found.limit


def test_it_goes_over_the_cheapest_links_within_their_room(without: Without) -> None:
    found = _avoid(without("X_GRD"), "D_NCH", "steam_coal")
    loads = {found.ways[k.link].price_cny: k.amount / found.ways[k.link].room for k in found.change.loads}
    assert sum(k.amount for k in found.change.loads) == pytest.approx(found.change.amount)
    assert all(share == pytest.approx(1.0) for share in [loads[price] for price in sorted(loads)][:-1])
    assert max(loads.values()) <= 1 + 1e-9
    assert all(w.lead_h < found.by_h for w in found.ways)
    assert found.change.money == pytest.approx(sum(k.amount * found.ways[k.link].price_cny for k in found.change.loads))


def test_it_is_said_what_to_do_by_when_at_what_cost(without: Without) -> None:
    zh, en = _words(without("X_GRD"), "D_NCH", "steam_coal")
    assert zh.startswith("建议")
    assert "万元" in zh
    assert "低于黄色限值 50%" in zh
    assert en.startswith("suggested: within 11.5 d")


def test_what_is_not_enough_says_how_far_it_reaches_and_what_binds(without: Without) -> None:
    avoider = without("H_BM")
    found = _avoid(avoider, "C_XN", "steam_coal")
    assert not found.change.is_enough
    assert found.change.amount == pytest.approx(sum(w.room for w in found.ways))
    assert 6.0 < found.change.delay_h < math.inf
    assert [(w.source, w.is_dormant, w.bound) for w in found.ways] == [("H_RW", True, Bound.LINK)]
    zh, _ = _words(avoider, "C_XN", "steam_coal")
    assert "备用" in zh
    assert "值班席" in zh
    assert "受限于荣乌高速-109国道东通道(线路能力)" in zh


def test_a_lost_railway_is_not_counted_on(without: Without) -> None:
    avoider = without("R_DQ")
    assert _avoid(avoider, "P_QHD", "steam_coal").ways == ()
    assert "均无法多到货" in _words(avoider, "P_QHD", "steam_coal")[0]
    assert {w.source for w in _avoid(avoider, "P_CFD", "steam_coal").ways} == {"R_TH", "R_SH"}


def test_a_full_yard_is_helped_by_making_less_and_a_full_input_by_taking_less(without: Without) -> None:
    avoider = without("R_SS")
    made = _avoid(avoider, "W_BET", "steam_coal", Hazard.BLOCKED)
    assert made.change.is_enough
    assert "少生产" in _words(avoider, "W_BET", "steam_coal", Hazard.BLOCKED)[0]
    assert "少进货" in _words(avoider, "W_BET", "raw_coal", Hazard.BLOCKED)[0]


def test_where_nothing_threatens_nothing_is_said(without: Without) -> None:
    assert _words(without("H_BM"), "D_CST", "steam_coal") == ("", "")


def test_the_same_prospect_gives_the_same_answer(without: Without) -> None:
    first = without("H_BM")
    again = Avoider(first.blueprint, first.seer, first.prospect, first.rules)
    assert _avoid(again, "C_XN", "steam_coal") == _avoid(first, "C_XN", "steam_coal")


@pytest.mark.parametrize(
    ("chance", "limit"),
    [({168: 0.4, 336: 0.3}, 0.3), ({72: 0.5, 168: 0.4}, 0.4), ({}, 0.5)],
    ids=["14 d", "least", "none"],
)
def test_the_yellow_limit_is_that_of_the_rule(chance: dict[int, float], limit: float) -> None:
    rule = Rule(name_zh="规", name_en="rule", origin="ours", colours={Level.YELLOW: Colour(chance=chance)})
    assert yellow_limit(rule) == limit
    assert yellow_limit(None) == 0.5
