"""What must hold on any network: rest stays rest, mass is kept, limits hold, and more harm never does less harm.

The comparisons of harm use the rigid habits: where people re-order, a loss may bring help from elsewhere. They look at final users fed by
the harm, for a plant that lacks one input asks for less of the others, and what one user cannot fetch another gets.
"""

from collections.abc import Iterator

import numpy as np
import pytest

from detectors.network.course import Courses, Disruption, Target
from detectors.network.flow_network import FlowNetwork
from detectors.network.generated import disturbed, generate_network
from detectors.network.grid import Floats, forecast_grid
from detectors.network.habits import Habits, Mode, Rationing
from detectors.network.simulation import Engine
from detectors.network.state import State
from detectors.network.trajectories import Trajectories

SHORT, LONG = 200, 2000
SEEDS = [pytest.param(range(SHORT), id="200"), pytest.param(range(SHORT, LONG), id="2000", marks=pytest.mark.full)]
GRID = forecast_grid(480.0, fine_until_h=36.0)
CLOSE = 1e-9


def _network(seed: int) -> FlowNetwork:
    dice = np.random.default_rng(seed)
    nodes = int(dice.integers(7, 22))
    return generate_network(nodes, nodes + int(dice.integers(0, 2 * nodes)), seed)


def _habits(seed: int) -> Habits:
    kinds = (
        Habits(),
        Habits.rigid(),
        Habits.adaptive(),
        Habits(rationing=Rationing.PRIORITY),
        Habits(rationing=Rationing.CONTRACT, mode=Mode.THROTTLE, psi=0.5),
    )
    return kinds[seed % len(kinds)]


def _harm(network: FlowNetwork, dice: np.random.Generator) -> Disruption:
    target = list(Target)[int(dice.integers(4))]
    count = {
        Target.NODE: network.node_count,
        Target.MAKER: len(network.makers),
        Target.LINK: network.link_count,
        Target.DEMAND: network.account_count,
    }[target]
    begin = float(dice.uniform(0, 100))
    end = begin + float(dice.uniform(10, 300))
    factor = float(dice.choice([0.0, 0.0, 0.5, 1.4]))
    return Disruption(target, int(dice.integers(count)), begin, end, factor, float(dice.uniform(0, 60)))


def _wild(seed: int) -> tuple[Engine, State, Trajectories]:
    """A run from a disturbed state under three random harms, with everything recorded at every step."""
    network = _network(seed)
    engine = Engine(network, GRID, _habits(seed))
    dice = np.random.default_rng([seed, 1])
    courses = Courses.of([[_harm(network, dice) for _ in range(3)]], GRID)
    state = disturbed(network, engine.rest, seed)
    return engine, state, engine.run(state, courses, marks=GRID[1:], with_links=True)


@pytest.mark.parametrize("seeds", SEEDS)
def test_without_a_shock_rest_stays_rest(seeds: range) -> None:
    for seed in seeds:
        network = _network(seed)
        engine = Engine(network, GRID, _habits(seed))
        found = engine.run(State.at_rest(network, engine.rest), Courses.quiet(), marks=GRID[1:])
        scale = max(1.0, float(network.target.max()))
        assert np.abs(found.stock[0] - network.target).max() < CLOSE * scale, f"seed {seed}"
        assert found.unserved.max() == 0.0, f"seed {seed}"
        assert np.isinf([found.to_zero, found.to_minimum, found.to_maximum, found.to_short]).all(), f"seed {seed}"


@pytest.mark.parametrize("seeds", SEEDS)
def test_mass_is_kept_and_stocks_stay_within_their_limits(seeds: range) -> None:
    for seed in seeds:
        engine, state, found = _wild(seed)
        network = engine.network
        highest = np.maximum(network.maximum, state.stock)
        assert (found.stock[0] >= 0).all(), f"seed {seed}"
        assert (found.stock[0] <= highest * (1 + CLOSE) + CLOSE).all(), f"seed {seed}"
        for name in ("stock", "unserved", "made", "sent", "held", "moving"):
            assert np.isfinite(getattr(found, name)).all(), f"seed {seed}: {name}"
        missing = _missing(engine, state, found, seed)
        optional = [p.account for m in network.makers for p in m.inputs if not p.is_essential]
        assert (missing[:, optional] > -1e-8).all(), (
            f"seed {seed}: an input that is not essential is used at most by recipe"
        )
        assert np.abs(np.delete(missing, optional, axis=1)).max() < 1e-8, f"seed {seed}"


def _missing(engine: Engine, state: State, found: Trajectories, seed: int) -> Floats:
    """Per account and step what is there but should not be, as a part of what passed through; from the books of links, makers and users."""
    network = engine.network
    assert found.sent is not None
    assert found.held is not None
    assert found.moving is not None
    sent, made = found.sent[0], found.made[0]
    landed = state.transit + sent - found.held[0] - found.moving[0]
    should = np.tile(state.stock, (len(GRID) - 1, 1)).astype(np.float64)
    through = np.ones(network.account_count)
    for link in range(network.link_count):
        should[:, network.end[link]] += network.gain[link] * landed[:, link]
        should[:, network.source[link]] -= sent[:, link]
        through[network.source[link]] += sent[-1, link]
        through[network.end[link]] += landed[-1, link]
    for number, maker in enumerate(network.makers):
        should[:, maker.output] += made[:, number]
        for part in maker.inputs:
            should[:, part.account] -= part.per_unit * made[:, number]
    should -= _needed(network, seed) - found.unserved[0]
    return np.asarray((found.stock[0] - should) / (through + network.target))


def _needed(network: FlowNetwork, seed: int) -> Floats:
    dice = np.random.default_rng([seed, 1])
    rows = Courses.of([[_harm(network, dice) for _ in range(3)]], GRID).rows
    need = np.outer(np.diff(GRID), network.demand)
    for (target, index), factors in rows.items():
        if target is Target.DEMAND:
            need[:, index] *= factors[:, 0]
    return np.asarray(np.cumsum(need, axis=0))


def _fed_by(network: FlowNetwork, start: set[int]) -> list[int]:
    """Accounts that the start accounts feed, themselves included."""
    after: dict[int, list[int]] = {}
    for source, end in zip(network.source, network.end, strict=True):
        after.setdefault(int(source), []).append(int(end))
    for maker in network.makers:
        for part in maker.inputs:
            after.setdefault(part.account, []).append(maker.output)
    found, waiting = set(start), list(start)
    while waiting:
        for account in after.get(waiting.pop(), ()):
            if account not in found:
                found.add(account)
                waiting.append(account)
    return sorted(found)


def _rigid(seeds: range) -> Iterator[tuple[int, Engine, State, np.random.Generator]]:
    for seed in seeds:
        network = _network(seed)
        engine = Engine(network, GRID, Habits.rigid())
        yield seed, engine, State.at_rest(network, engine.rest), np.random.default_rng([seed, 2])


@pytest.mark.parametrize("seeds", SEEDS)
def test_more_stock_never_breaks_earlier(seeds: range) -> None:
    for seed, engine, state, dice in _rigid(seeds):
        network = engine.network
        account = int(dice.integers(network.account_count))
        more = np.tile(state.stock, (2, 1))
        more[1, account] *= 1.25
        harm = Disruption(Target.MAKER, int(dice.integers(len(network.makers))))
        found = engine.run(State(more, state.transit), Courses.of([[harm], [harm]], GRID))
        users = [a for a in _fed_by(network, {account}) if network.demand[a] > 0]
        assert (found.to_zero[1, users] >= found.to_zero[0, users] - 1e-6).all(), f"seed {seed}"


@pytest.mark.parametrize("seeds", SEEDS)
def test_losing_two_links_is_never_milder_than_losing_one(seeds: range) -> None:
    for seed, engine, state, dice in _rigid(seeds):
        first, second = dice.choice(engine.network.link_count, 2, replace=False)
        lost = [Disruption(Target.LINK, int(first)), Disruption(Target.LINK, int(second))]
        found = engine.run(state, Courses.of([lost[:1], lost[1:], lost], GRID))
        for alone, other in ((0, second), (1, first)):
            users = [
                a for a in _fed_by(engine.network, {int(engine.network.end[other])}) if engine.network.demand[a] > 0
            ]
            assert (found.to_zero[2, users] <= found.to_zero[alone, users] + 1e-6).all(), f"seed {seed}"
            more, less = found.unserved[2, -1, users].sum(), found.unserved[alone, -1, users].sum()
            assert more >= less * (1 - 1e-7), f"seed {seed}"


@pytest.mark.parametrize("seeds", SEEDS)
def test_a_longer_outage_never_loses_less(seeds: range) -> None:
    for seed, engine, state, dice in _rigid(seeds):
        node = int(dice.integers(engine.network.node_count))
        ends = np.sort(dice.uniform(5, 400, 4))
        courses = Courses.of([[Disruption(Target.NODE, node, 0.0, float(end))] for end in ends], GRID)
        found = engine.run(state, courses)
        lost = found.unserved[:, -1].sum(axis=1)
        assert (np.diff(lost) >= -1e-7 * (1 + lost[-1])).all(), f"seed {seed}: {lost}"


@pytest.mark.parametrize("seeds", SEEDS)
def test_loss_per_day_does_not_fall_while_the_outage_lasts(seeds: range) -> None:
    for seed, engine, state, dice in _rigid(seeds):
        maker = int(dice.integers(len(engine.network.makers)))
        found = engine.run(state, Courses.of([[Disruption(Target.MAKER, maker)]], GRID), marks=GRID[1:])
        total = np.concatenate([[0.0], found.unserved[0].sum(axis=1)])
        rate = np.diff(total) / np.diff(GRID)
        assert (np.diff(rate) >= -1e-7 * (1 + rate.max())).all(), f"seed {seed}"
