"""T7b and T7c of the reference checks: every node of the delivered chain lost in turn, simulated beside the linear programme."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from detectors.network.course import Courses, Disruption, Target
from detectors.network.generated import disturbed
from detectors.network.grid import Floats, forecast_grid
from detectors.network.habits import Habits
from detectors.network.programme_survival import survival
from detectors.network.simulation import Engine
from detectors.network.state import State
from services.risk.blueprint import Blueprint
from services.risk.configured import configured_network
from services.risk.state.network import HABITS
from services.risk.survival import ChainProgramme
from services.runtime.chain import load_chain

FOLDER = Path(__file__).parents[2] / "deploy" / "config" / "chains" / "reference"
GRID = forecast_grid(180 * 24.0, fine_until_h=72.0)
SLACK_D = 0.051
"""The oracle is given to a tenth of a day."""


@pytest.fixture(scope="module")
def blueprint() -> Blueprint:
    return Blueprint(load_chain(FOLDER))


def _broken(blueprint: Blueprint, *, with_leads: bool) -> tuple[list[str], Floats, Floats]:
    """Nodes, and per lost node the days to zero of each demand, with the days its own stock lasts."""
    living = configured_network(blueprint)
    network = living.network if with_leads else replace(living.network, lead_h=np.zeros(living.network.link_count))
    engine = Engine(network, GRID, Habits.rigid())
    lost = [n for n, node in blueprint.nodes.items() if node.kind != "demand"]
    ends = [a for a, (n, _) in enumerate(blueprint.places) if blueprint.nodes[n].kind == "demand"]
    stock = np.tile(network.target, (len(lost), 1))
    transit = np.tile(engine.rest.transit, (len(lost), 1))
    for row, node in enumerate(lost):
        gone = [a for a, (n, _) in enumerate(blueprint.places) if n == node]
        stock[row, gone] = 0.0
        transit[row, np.isin(network.end, gone)] = 0.0
    courses = Courses.of([[Disruption(Target.NODE, living.node_index[n])] for n in lost], GRID)
    found = engine.run(State(stock, transit), courses)
    cover = np.divide(network.target, network.demand, out=np.zeros(len(stock[0])), where=network.demand > 0)
    return lost, found.to_zero[:, ends] / 24, cover[ends] / 24


def test_without_lead_times_the_simulation_breaks_between_own_cover_and_the_programme(blueprint: Blueprint) -> None:
    rows = csv.DictReader((FOLDER / "tts_oracle.csv").read_text(encoding="utf-8").splitlines())
    oracle = {row["node_down"]: row["tts_days_to_zero"] for row in rows}
    lost, days, cover = _broken(blueprint, with_leads=False)
    for row, node in enumerate(lost):
        if oracle[node]:
            assert days[row].min() <= float(oracle[node]) + SLACK_D, node
        broken = np.isfinite(days[row])
        assert (days[row, broken] >= cover[broken] - 1e-6).all(), node


def test_with_goods_in_transit_the_simulation_does_not_outlive_the_programme(blueprint: Blueprint) -> None:
    lost, days, _ = _broken(blueprint, with_leads=True)
    network = ChainProgramme(blueprint.chain)
    for row, node in enumerate(lost):
        stock = network.programme.stock.copy()
        for link in blueprint.chain.links:
            if link.target != node:
                stock[network.entry(link.target, link.product)] += link.normal_flow / 24 * link.lead_time_h
        programme = replace(network.programme, stock=stock)
        best = survival(programme, network.loss_of([node]), horizon_h=GRID[-1])
        if not best.is_beyond_horizon:
            assert days[row].min() <= best.hours / 24 + 1e-3, node


def test_a_scenario_of_the_operating_chain_does_not_depend_on_its_company_to_the_last_bit() -> None:
    network = configured_network(Blueprint(load_chain(FOLDER.parent / "ordos"))).network
    engine, dice = Engine(network, forecast_grid(), HABITS), np.random.default_rng(1)
    users = np.flatnonzero(network.demand > 0)
    noise = {(Target.DEMAND, int(a)): dice.uniform(0.9, 1.1, 32) for a in users}
    courses = Courses.from_factors(32, engine.grid, noise)
    state = disturbed(network, engine.rest, 1)
    together = engine.run(state, courses)
    for n in (0, 11, 31):
        alone = engine.run(state, Courses(1, {part: row[:, n : n + 1] for part, row in courses.rows.items()}))
        for name in ("stock", "unserved", "made", "to_zero", "to_short"):
            assert np.array_equal(getattr(alone, name)[0], getattr(together, name)[n]), (n, name)
