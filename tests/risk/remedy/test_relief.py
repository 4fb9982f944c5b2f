"""The plan from a live prospect: proven on its futures, honest about who else suffers and what load must go."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import numpy as np
import pytest
from msgspec.structs import replace

from schemas.chain import Chain
from services.cli.outlook import outlook_at_rest
from services.risk.analysis.ahead import avoider_of
from services.risk.remedy.avoidance import Avoider
from services.risk.remedy.candidates import Kind
from services.risk.remedy.relief import Relief, relief_of
from services.risk.rules import RuleSet

AT = datetime(2026, 3, 2, tzinfo=UTC)

Without = Callable[..., Avoider]


def _relief(avoider: Avoider, node: str, product: str = "steam_coal") -> Relief:
    return relief_of(avoider, avoider.blueprint.account[node, product])


def test_the_register_and_a_dormant_road_carry_a_plant_whose_road_is_closed(without: Without) -> None:
    relief = _relief(without("H_BM"), "C_XN")
    assert relief.before.chance > 0.95
    assert relief.is_enough
    assert relief.with_plan == relief.with_reduction
    assert {(m.way.kind, m.way.source) for m in relief.proposal.measures} == {
        (Kind.REGISTER, "F_TRD_DLT"),
        (Kind.OUTPUT, "H_RW"),
    }
    assert relief.proposal.cost_cny > 0
    assert sum(relief.reduction) == 0
    covered = np.cumsum(relief.brought()) - np.cumsum(relief.lacking)
    assert covered.min() >= -1e-3 * sum(relief.lacking)


def test_what_cannot_be_brought_is_reduced_and_who_suffers_is_named(without: Without) -> None:
    relief = _relief(without("H_BM"), "C_YTH")
    assert not relief.is_enough
    assert relief.with_reduction.chance < relief.limit <= relief.with_plan.chance
    assert [h.place for h in relief.harmed] == [("C_YTH", "oil_products")]
    assert sum(relief.reduction) == pytest.approx(sum(relief.lacking) - sum(relief.brought()), rel=1e-3)
    days = [r for r in relief.reduction if r > 0]
    assert max(days) <= days[0] + 1e-6


def test_without_alternative_it_says_so(without: Without) -> None:
    relief = _relief(without("R_DQ"), "P_QHD")
    assert relief.proposal.measures == []
    assert relief.proposal.reductions[0].is_without_alternative


def test_expired_entries_help_nobody(operating: Chain, rules: RuleSet) -> None:
    expired = [replace(o, valid_until=date(2020, 1, 1)) for o in operating.offers]
    scene = outlook_at_rest(replace(operating, offers=expired), rules, AT).scene
    relief = _relief(avoider_of(scene.without(["H_BM"])), "C_XN")
    assert {m.way.kind for m in relief.proposal.measures} == {Kind.OUTPUT}
    assert not relief.is_enough


def test_where_nothing_lacks_nothing_is_planned(without: Without) -> None:
    relief = _relief(without("H_BM"), "D_CST")
    assert not relief.is_needed
    assert relief.proposal.measures == []


def test_a_place_without_stock_is_refused(without: Without) -> None:
    with pytest.raises(ValueError, match="keeps no stock"):
        _relief(without("H_BM"), "R_DQ")
