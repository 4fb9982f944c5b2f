"""A forecast brought up to date message by message equals a full one to the last bit, and a sweep equals full runs with the part lost."""

from dataclasses import replace

import numpy as np
import pytest

from detectors.network.course import Courses, Disruption, Part, Target
from detectors.network.flow_network import FlowNetwork
from detectors.network.generated import disturbed, generate_network
from detectors.network.grid import Floats, forecast_grid
from detectors.network.habits import Habits, Mode, Rationing
from detectors.network.kept import Kept
from detectors.network.simulation import Engine
from detectors.network.state import State
from detectors.network.sweep import each_loss, sweep
from detectors.network.trajectories import Trajectories

GRID = forecast_grid(480.0, fine_until_h=36.0)
SCENARIOS = 5
HABITS = (
    Habits(),
    Habits.rigid(),
    Habits.adaptive(),
    Habits(rationing=Rationing.PRIORITY),
    Habits(rationing=Rationing.CONTRACT, mode=Mode.THROTTLE, psi=0.5),
)


class _Message:
    """Random news: a stock, what is under way, or what happens to a part."""

    def __init__(self, network: FlowNetwork, grid: Floats, seed: int) -> None:
        self.network, self.grid, self.dice = network, grid, np.random.default_rng([seed, 5])

    def after(self, state: State, courses: Courses) -> tuple[State, Courses]:
        dice, network, kind = self.dice, self.network, int(self.dice.integers(4))
        if kind == 0:
            stock = state.stock.copy()
            stock[int(dice.integers(network.account_count))] *= dice.uniform(0.0, 1.3)
            return State(stock, state.transit), courses
        if kind == 1:
            transit = state.transit.copy()
            transit[int(dice.integers(network.link_count))] *= dice.uniform(0.0, 1.3)
            return State(state.stock, transit), courses
        if kind == 2 and len(courses.rows) > 3:
            over = list(courses.rows)[int(dice.integers(len(courses.rows)))]
            return state, Courses(SCENARIOS, {p: row for p, row in courses.rows.items() if p != over})
        begin = float(dice.uniform(0, 200))
        new = Disruption(
            *self._part(), begin, begin + float(dice.uniform(10, 300)), float(dice.choice([0.0, 0.5, 1.2]))
        )
        lanes = [[new] if dice.random() < 0.7 else [] for _ in range(SCENARIOS)]
        return state, Courses(SCENARIOS, {**courses.rows, **Courses.of(lanes, self.grid).rows})

    def _part(self) -> Part:
        target = list(Target)[int(self.dice.integers(4))]
        count = {
            Target.NODE: self.network.node_count,
            Target.MAKER: len(self.network.makers),
            Target.LINK: self.network.link_count,
            Target.DEMAND: self.network.account_count,
        }[target]
        return target, int(self.dice.integers(count))


def _with_pools(network: FlowNetwork, seed: int) -> FlowNetwork:
    """Every other network has places whose suppliers stand in for each other."""
    pooled = np.random.default_rng([seed, 9]).random(network.account_count) < 0.4 * (seed % 2)
    return replace(network, pooled=pooled.astype(np.float64))


def _assert_same(one: Trajectories, other: Trajectories, said: str) -> None:
    for name in (
        "to_minimum",
        "to_zero",
        "to_maximum",
        "to_short",
        "stock",
        "unserved",
        "made",
        "sent",
        "held",
        "moving",
    ):
        assert np.array_equal(getattr(one, name), getattr(other, name)), f"{said}: {name}"


def _walk(nodes: int, links: int, seed: int, messages: int) -> list[int]:
    """Follow random messages, each compared with a full run; gives how many accounts each reached."""
    network = _with_pools(generate_network(nodes, links, seed), seed)
    engine = Engine(network, GRID, HABITS[seed % len(HABITS)])
    users, dice = np.flatnonzero(network.demand > 0), np.random.default_rng(seed)
    factors = {(Target.DEMAND, int(a)): dice.uniform(0.9, 1.1, SCENARIOS) for a in users}
    state, courses = disturbed(network, engine.rest, seed), Courses.from_factors(SCENARIOS, GRID, factors)
    kept, message, reached = Kept(engine, state, courses, with_links=True), _Message(network, GRID, seed), []
    for number in range(messages):
        state, courses = message.after(state, courses)
        full = engine.run(state, courses, with_links=True)
        _assert_same(kept.update(state, courses), full, f"seed {seed}, message {number}")
        reached.append(kept.reached)
    return reached


def test_200_messages_one_by_one_give_what_full_runs_give() -> None:
    reached = [count for seed in range(20) for count in _walk(12 + seed, 30 + 2 * seed, seed, 10)]
    assert len(reached) == 200
    assert min(reached) < 10


@pytest.mark.full
def test_200_messages_on_a_large_network_give_what_full_runs_give() -> None:
    reached = _walk(2000, 8000, 5, 200)
    assert np.median(reached) < 2000


def test_nothing_new_is_not_simulated_again_and_other_counts_are_refused() -> None:
    network = generate_network(10, 20, 1)
    engine = Engine(network, GRID)
    state, courses = disturbed(network, engine.rest, 1), Courses.quiet(3)
    kept = Kept(engine, state, courses)
    before = kept.trajectories
    assert np.array_equal(kept.update(state, courses).stock, before.stock)
    assert kept.reached == 0
    with pytest.raises(ValueError, match="as kept"):
        kept.update(state, Courses.quiet(4))


@pytest.mark.parametrize("seed", range(5))
def test_each_loss_of_a_sweep_is_what_a_full_run_with_that_loss_gives(seed: int) -> None:
    network = _with_pools(generate_network(14, 34, seed), seed)
    engine, dice = Engine(network, GRID, HABITS[(seed + 1) % len(HABITS)]), np.random.default_rng(seed)
    user = (Target.DEMAND, int(np.flatnonzero(network.demand > 0)[0]))
    courses = Courses.from_factors(SCENARIOS, GRID, {user: dice.uniform(0.8, 1.2, SCENARIOS)})
    state = disturbed(network, engine.rest, seed)
    losses = each_loss(network, 24.0, 200.0)
    found = {result.loss: result for result in sweep(engine, state, courses, losses, workers=2)}
    assert sorted(found) == list(range(len(losses)))
    for number in (0, 5, 13, 14, 20, len(losses) - 1):
        lost = courses.times(Courses.of([losses[number]] * SCENARIOS, GRID))
        full = engine.run(state, lost, marks=GRID[-1:])
        for name in ("to_minimum", "to_zero", "to_maximum"):
            assert np.array_equal(getattr(found[number], name), getattr(full, name)), (number, name)
        assert np.array_equal(found[number].unserved, full.unserved[:, -1]), number
        assert np.array_equal(found[number].made, full.made[:, -1]), number
