"""A plant that has stood idle for weeks may start again; that alone is no break."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from schemas.assessment import Hazard
from schemas.chain import Series
from services.risk.prospect import Seer
from services.risk.rules import RuleSet, parse_rules
from services.runtime.assets import asset_path

if TYPE_CHECKING:
    Days = Any

RATES = ("use", "output", "inflow", "outflow", "flow")
INPUTS = ("water", "steam_coal", "electricity", "methanol")


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    """The shipped rules."""
    return parse_rules((asset_path("deploy/config/rules") / "default.yaml").read_text(encoding="utf-8"), "default")


@pytest.mark.parametrize("idle", [("C_ZTM", "C_ZTO"), ("C_JTM",), ("C_HN",)])
def test_plants_that_stood_idle_for_three_weeks_are_not_forecast_to_run_short_when_they_start(
    days: "Days", rules: RuleSet, idle: tuple[str, ...]
) -> None:
    def change(series: Series, at: datetime) -> float:
        del at
        return 0.0 if series.node in idle and series.indicator in RATES else -1.0

    seer = Seer(days.blueprint, days.evidence, rules)
    world = seer.see(days.live(0, 21, change))
    assert {d.node for d in world.disturbed} == set(idle)
    found = seer.look_ahead(world)
    b = days.blueprint
    for node in idle:
        made = found.trajectories.made[:, -1, world.living.maker_of[b.account[(node, b.nodes[node].product)]]]
        assert (made > 0.0).mean() > 0.5
        inputs = [b.account[(n, p)] for n, p in b.places if n == node and p in INPUTS and p != b.nodes[node].product]
        assert np.isinf(np.median(found.hours[Hazard.STARVED][:, inputs], axis=0)).all()
