"""The plan carried out in the simulator, which knows nothing of the forecast: the true break comes later, or never."""

import math
from datetime import datetime

import pytest
from msgspec.structs import replace

from schemas.chain import Chain
from services.cli.outlook import outlook_after
from services.intake.scenario.feeds.library import load_scenario
from services.intake.scenario.scenario import Delivery, Disruption, Effect, Kind, Scenario
from services.intake.scenario.season import CHINA
from services.intake.scenario.simulation import Simulation
from services.intake.scenario.truth import Break, breaks_of
from services.risk.analysis.ahead import avoider_of
from services.risk.analysis.scene import Scene
from services.risk.remedy.relief import Relief, relief_of
from services.risk.rules import RuleSet

DAY_H = 24.0
COAL = "steam_coal"


def _road_closed() -> Scenario:
    closed = Disruption(
        id="road", name_zh="封路", name_en="road closed", nodes=["H_BM"], start_h=24, hold_h=336, depth=1
    )
    return Scenario(
        id="road-closed",
        name_zh="封路",
        name_en="Road closed",
        kind=Kind.STYLISED,
        start=datetime(2026, 3, 2, tzinfo=CHINA),
        days=16,
        lead_in_days=10,
        disruptions=[closed],
    )


def _relief(scene: Scene, node: str) -> Relief:
    return relief_of(avoider_of(scene), scene.blueprint.account[node, COAL])


def _deliveries(relief: Relief, from_day: float) -> list[Delivery]:
    """What the plan brings, day by day, as help in the scenario's own terms."""
    return [
        Delivery(
            id=f"help-{relief.place[0]}-{day}",
            name_zh="补链",
            name_en="help",
            node=relief.place[0],
            product=relief.place[1],
            quantity=amount,
            start_h=DAY_H * (from_day + day),
            over_h=DAY_H,
        )
        for day, amount in enumerate(relief.brought())
        if amount > 0
    ]


def _cuts(relief: Relief, use_per_day: float, from_day: float) -> list[Disruption]:
    """The load that the plan reduces."""
    return [
        Disruption(
            id=f"cut-{day}",
            name_zh="压减",
            name_en="load reduced",
            nodes=[relief.place[0]],
            effect=Effect.USE,
            depth=amount / use_per_day,
            start_h=DAY_H * (from_day + day),
            hold_h=DAY_H,
            is_fixed=True,
        )
        for day, amount in enumerate(relief.reduction)
        if amount > 0
    ]


def _broken_on(chain: Chain, scenario: Scenario, seed: int) -> dict[str, float]:
    """Day of the first true shortage of steam coal by node."""
    life = Simulation(chain, scenario, seed)
    found = breaks_of(life.world, life.advance(scenario.last_hour))
    return {e.node: e.hour / DAY_H for e in reversed(found) if e.product == COAL and e.kind is Break.STARVED}


@pytest.mark.parametrize(
    ("seed", "nodes"),
    [
        (2, ["C_XN"]),
        *(pytest.param(s, ["C_XN", "C_RX", "C_YD", "C_YTH"], marks=pytest.mark.full) for s in range(3, 13)),
    ],
)
def test_plants_whose_road_is_closed_break_later_or_never_with_what_is_brought(
    operating: Chain, rules: RuleSet, seed: int, nodes: list[str]
) -> None:
    scenario, day = _road_closed(), 2.0
    scene = outlook_after(operating, rules, scenario, day, seed).scene
    before = _broken_on(operating, scenario, seed)
    gained = []
    for node in (n for n in nodes if n in before):
        helped = replace(scenario, deliveries=_deliveries(_relief(scene, node), day))
        gained.append(_broken_on(operating, helped, seed).get(node, math.inf) - before[node])
    assert min(gained) > 0
    assert max(gained) >= 2.0


def test_the_coast_breaks_days_later_with_the_plan_of_daqin_stylised(operating: Chain, rules: RuleSet) -> None:
    scenario, day = load_scenario("daqin-stylised"), 4.0
    scene = outlook_after(operating, rules, scenario, day, 1).scene
    relief = _relief(scene, "D_CST")
    assert relief.before.chance >= relief.limit > relief.with_reduction.chance
    account = scene.blueprint.account["D_CST", COAL]
    use = DAY_H * float(scene.world.living.rest.through[account])
    assert max(relief.reduction) < 0.1 * use
    changed = replace(
        scenario,
        deliveries=_deliveries(relief, day),
        disruptions=[*scenario.disruptions, *_cuts(relief, use, day)],
    )
    before, after = (_broken_on(operating, s, 1).get("D_CST", math.inf) for s in (scenario, changed))
    assert 11.0 < before < 14.0
    assert after >= before + 1.5
