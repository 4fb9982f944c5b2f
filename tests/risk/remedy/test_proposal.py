"""Proposals on the operating chain: who helps, over which way, at which price; what is lost or expired is never used."""

from datetime import datetime, timedelta, timezone

import pytest
from msgspec.structs import replace

from schemas.chain import Chain
from services.risk.remedy import Lack, Question, propose
from services.risk.remedy.candidates import Kind
from services.runtime.assets import asset_path
from services.runtime.chain import load_chain

CHINA = timezone(timedelta(hours=8))
NOW = datetime(2026, 11, 24, 8, tzinfo=CHINA)
DAYS = 10
COAST = ("D_CST", "steam_coal")
PLANT = ("E_DLT", "steam_coal")


@pytest.fixture(scope="module")
def chain() -> Chain:
    return load_chain(asset_path("deploy/config/chains/ordos"))


def _lack(place: tuple[str, str], per_day: float, need: float, from_day: int = 5, value: float = 3000.0) -> Lack:
    amounts = [0.0] * from_day + [per_day] * (DAYS - from_day)
    return Lack(place=place, amounts=amounts, arriving=[need - a for a in amounts], value_cny=value)


def _question(chain: Chain, *lacks: Lack, **more: object) -> Question:
    values = {"chain": chain, "now": NOW, "edges_h": [24.0 * d for d in range(DAYS + 1)], "lacks": list(lacks)}
    return Question(**(values | more))  # type: ignore[arg-type]


def test_a_plant_cut_off_from_its_road_is_helped(chain: Chain) -> None:
    question = _question(chain, _lack(PLANT, 8_000.0, 23_500.0), lost_nodes=frozenset({"H_BM"}))
    proposal = propose(question)
    assert proposal.is_covered
    assert proposal.is_proven
    assert proposal.measures
    assert proposal.cost_cny == pytest.approx(sum(m.cost_cny for m in proposal.measures))
    used = {m.way.source for m in proposal.measures}
    assert used <= {"F_RAIL_BS", "F_TRD_DLT", "R_BS"}
    covered = sum(sum(m.arriving) * m.way.worth for m in proposal.measures)
    assert covered >= 5 * 8_000.0 * (1 - 1e-5)


def test_what_is_lost_is_not_used(chain: Chain) -> None:
    lacks = _lack(PLANT, 20_000.0, 23_500.0, from_day=3)
    ways = frozenset({("R_BS", "E_DLT", "steam_coal")})
    proposal = propose(_question(chain, lacks, lost_nodes=frozenset({"H_BM", "R_BS"}), lost_ways=ways))
    assert {m.way.source for m in proposal.measures} == {"F_TRD_DLT"}
    assert not proposal.is_covered
    assert proposal.reductions[0].place == PLANT
    assert not proposal.reductions[0].is_without_alternative
    assert proposal.loss_cny == pytest.approx(proposal.reductions[0].loss_cny)
    assert {h.of for h in proposal.hindrances} & {"register F_TRD_DLT", "offer F_TRD_DLT"}


def test_an_expired_entry_is_never_used(chain: Chain) -> None:
    lack, lost = _lack(PLANT, 6_000.0, 23_500.0, from_day=2), frozenset({"H_BM", "R_BS"})
    later = _question(chain, lack, now=datetime(2028, 1, 1, 8, tzinfo=CHINA), lost_nodes=lost)
    proposal = propose(later)
    assert proposal.measures == []
    assert proposal.reductions[0].is_without_alternative
    last_day = propose(replace(later, now=datetime(2027, 12, 31, 8, tzinfo=CHINA)))
    (measure,) = last_day.measures
    assert measure.amounts[0] == pytest.approx(6_400.0 * 16 / 24, rel=1e-4)
    assert measure.amounts[1:] == [0.0] * (DAYS - 1)


def test_the_coast_without_daqin_draws_on_what_is_left(chain: Chain) -> None:
    lack = _lack(COAST, 600_000.0, 2_130_000.0, from_day=6, value=2000.0)
    proposal = propose(_question(chain, lack, lost_nodes=frozenset({"R_DQ"})))
    by_kind = {kind: [m for m in proposal.measures if m.way.kind is kind] for kind in Kind}
    assert all("R_DQ" not in " ".join(m.way.free) for m in proposal.measures)
    assert by_kind[Kind.STOCK]
    assert "node P_HH" in {h.of for h in proposal.hindrances}
    assert "F_SXN_DT" not in {m.way.source for m in proposal.measures}
    assert all(s.amount > 0 and s.place[1] == "steam_coal" for s in proposal.sufferers)
    stock = {m.way.donor for m in by_kind[Kind.STOCK]}
    assert {s.place for s in proposal.sufferers} == stock


def test_nobody_is_brought_below_what_he_keeps(chain: Chain) -> None:
    lack = _lack(COAST, 400_000.0, 2_130_000.0, from_day=6, value=2000.0)
    held = {(s.node, s.product): s for s in chain.stocks}
    for sufferer in propose(_question(chain, lack)).sufferers:
        stock = held[sufferer.place]
        assert sufferer.amount <= (stock.days_normal - stock.days_min) * stock.daily_use * (1 + 1e-6)
        assert sufferer.hours_of_cover == pytest.approx(sufferer.amount / stock.daily_use * 24)
    kept = dict.fromkeys(held, 1e12)
    assert propose(_question(chain, lack, kept=kept)).sufferers == []


def test_the_blend_of_the_coast_is_kept(chain: Chain) -> None:
    """Only the Indonesian coal of 4,400 kcal is cheap; the coast burns 4,700 at least, so it comes as a part of the whole."""
    lack = _lack(COAST, 60_000.0, 2_130_000.0, from_day=8, value=2000.0)
    only = [offer for offer in chain.offers if offer.id == "F_SEA_ID"]
    poor = replace(chain, offers=[replace(only[0], lead_time_h=24.0, heat_kcal_per_kg=3800.0)])
    proposal = propose(_question(poor, lack, kept={(s.node, s.product): 1e12 for s in chain.stocks}))
    for window in range(DAYS):
        amounts = [(m.arriving[window], m.way.grade) for m in proposal.measures if m.way.grade]
        total = lack.arriving[window] + sum(amount for amount, _ in amounts)
        heat = lack.arriving[window] * 5158 + sum(amount * grade[0] for amount, grade in amounts)
        assert heat / total >= 4700 - 1


def test_without_any_way_the_load_is_reduced(chain: Chain) -> None:
    lack = Lack(place=("D_GAS", "sng"), amounts=[4_400.0] * DAYS, arriving=[0.0] * DAYS, value_cny=2_600.0)
    proposal = propose(_question(chain, lack, lost_nodes=frozenset({"C_HN"})))
    assert proposal.measures == []
    (reduction,) = proposal.reductions
    assert reduction.is_without_alternative
    assert reduction.amounts == pytest.approx([4_400.0] * DAYS)
    assert reduction.loss_cny == pytest.approx(4_400.0 * DAYS * 2_600.0)


def test_a_senseless_question_is_refused(chain: Chain) -> None:
    with pytest.raises(ValueError, match="deficit holds"):
        propose(_question(chain, _lack(PLANT, -1.0, 23_500.0)))
