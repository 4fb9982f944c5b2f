"""The plan carried out in the simulator, which knows nothing of the forecast: the true break comes later, or never."""

import json
import math
from datetime import datetime
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from schemas.chain import Chain
from services.cli.backtest.proof.carried import carried_out
from services.cli.backtest.proof.picture import picture_of
from services.cli.backtest.proof.proof import Proof, figures_of, lines_of, proof_of
from services.cli.main import lianjing
from services.cli.outlook import outlook_after
from services.intake.scenario.feeds.library import load_scenario
from services.intake.scenario.scenario import Disruption, Kind, Scenario
from services.intake.scenario.season import CHINA
from services.intake.scenario.simulation import Simulation
from services.intake.scenario.truth import Break, breaks_of
from services.risk.analysis.ahead import avoider_of
from services.risk.analysis.plan import Plan, plan_of
from services.risk.analysis.scene import Scene
from services.risk.rules import RuleSet
from services.runtime.errors import InputError

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


def _plan(scene: Scene, node: str) -> Plan:
    return plan_of(avoider_of(scene), scene.blueprint.account[node, COAL])


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
        helped = carried_out(scenario, _plan(scene, node), day, with_reduction=False)
        gained.append(_broken_on(operating, helped, seed).get(node, math.inf) - before[node])
    assert min(gained) > 0
    assert max(gained) >= 2.0


@pytest.fixture(scope="module")
def proof(operating: Chain, rules: RuleSet) -> Proof:
    """The coast with Daqin cut for two weeks, a plan made on the fourth day."""
    return proof_of(operating, rules, load_scenario("daqin-stylised"), ("D_CST", COAL), 4.0)


def test_the_coast_breaks_days_later_with_the_plan_of_daqin_stylised(proof: Proof) -> None:
    plan = proof.plan
    assert plan.before.chance >= plan.limit > plan.with_reduction.chance
    assert max(plan.reduction) < 0.1 * plan.use
    assert proof.without.broke_h is not None
    assert 11.0 < proof.without.broke_h / DAY_H < 14.0
    assert proof.is_prevented or (proof.gained_h or 0.0) >= 1.5 * DAY_H
    assert proof.lowest(proof.helped) > proof.lowest(proof.without) + 0.1


def test_the_proof_is_told_in_words_figures_and_a_picture_that_stands_alone(proof: Proof) -> None:
    words, figures = "\n".join(lines_of(proof)), figures_of(proof)
    assert json.loads(json.dumps(figures)) == figures
    assert f"{figures['lowest_with']:.2f}" in words
    picture = picture_of(proof)
    assert ElementTree.fromstring(picture).tag.endswith("svg")
    for word in ("沿海电厂", "无方案断供", "最低库存", "压减用量", "D4 定方案", "大秦"):
        assert word in picture
    assert "href" not in picture
    assert len(picture) < 60_000


def test_a_place_without_a_minimum_cannot_be_proven(operating: Chain, rules: RuleSet) -> None:
    with pytest.raises(InputError, match="no such place"):
        proof_of(operating, rules, _road_closed(), ("NOBODY", COAL), 1.0)


def test_help_of_the_proof_shows_an_example() -> None:
    done = CliRunner().invoke(lianjing, ["backtest", "proof", "--help"])
    assert done.exit_code == 0
    assert "Example:" in done.output
