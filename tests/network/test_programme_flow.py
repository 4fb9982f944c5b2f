"""The programme of a flow network says what the direct one says, and the simulation never outlives it."""

import numpy as np
import pytest

from detectors.network.course import Courses, Disruption, Target
from detectors.network.equilibrium import equilibrium
from detectors.network.flow_network import FlowNetwork, Input, Maker
from detectors.network.grid import forecast_grid
from detectors.network.habits import Habits
from detectors.network.programme_flow import bounded_nodes, loss_of_node, programme_of
from detectors.network.programme_survival import survival
from detectors.network.simulation import simulate
from detectors.network.state import State

DAY_H = 24.0


def _network(**changes: object) -> FlowNetwork:
    """Nodes: mine A, mine B, a siding with a capacity of 130 t/d, a plant using 100 t/d, half from each mine; 700 t in stock."""
    values: dict[str, object] = {
        "target": np.array([0.0, 0.0, 0.0, 700.0]),
        "minimum": np.array([0.0, 0.0, 0.0, 200.0]),
        "maximum": np.full(4, np.inf),
        "demand": np.array([0.0, 0.0, 0.0, 100.0]) / DAY_H,
        "node": np.arange(4),
        "node_capacity": np.array([np.inf, np.inf, 130.0 / DAY_H, np.inf]),
        "source": np.array([0, 1, 2]),
        "end": np.array([2, 2, 3]),
        "capacity": np.array([100.0, 60.0, 140.0]) / DAY_H,
        "lead_h": np.zeros(3),
        "share": np.array([0.5, 0.5, 1.0]),
        "makers": (Maker(0, 100.0 / DAY_H), Maker(1, 50.0 / DAY_H)),
    }
    return FlowNetwork(**(values | changes))  # type: ignore[arg-type]


def test_a_lost_node_by_the_programme_of_the_network() -> None:
    network = _network()
    programme = programme_of(network)
    found = survival(programme, loss_of_node(network, 0), horizon_h=8760.0)
    assert found.hours / DAY_H == pytest.approx(14.0)
    assert bounded_nodes(network) == [2]
    assert survival(programme, loss_of_node(network, 2), horizon_h=8760.0).hours / DAY_H == pytest.approx(7.0)
    fuller = programme_of(network, np.array([0.0, 0.0, 0.0, 900.0]))
    assert survival(fuller, loss_of_node(network, 2), horizon_h=8760.0).hours / DAY_H == pytest.approx(9.0)


def test_gain_and_inputs_that_are_not_essential() -> None:
    poor = programme_of(_network(gain=np.array([1.0, 0.8, 1.0])))
    assert survival(poor, loss_of_node(_network(), 0), horizon_h=8760.0).hours / DAY_H == pytest.approx(700 / 60)
    makers = (Maker(0, 100.0 / DAY_H, (Input(1, 0.1, is_essential=False),)), Maker(1, 50.0 / DAY_H))
    assert programme_of(_network(makers=makers)).makers[0].inputs == ()


@pytest.mark.parametrize("node", [0, 1, 2])
def test_the_simulation_never_outlives_the_programme(node: int) -> None:
    network = _network()
    rest = equilibrium(network)
    grid = forecast_grid()
    courses = Courses.of([[Disruption(Target.NODE, node, 0.0, np.inf)]], grid)
    run = simulate(network, State.at_rest(network, rest), courses, grid=grid, habits=Habits.rigid())
    for times, is_to_minimum in ((run.to_zero, False), (run.to_minimum, True)):
        bound = survival(
            programme_of(network), loss_of_node(network, node), horizon_h=8760.0, is_to_minimum=is_to_minimum
        )
        assert times[0, 3] <= bound.hours + 1e-6


def test_a_node_that_does_not_exist_is_refused() -> None:
    with pytest.raises(IndexError):
        loss_of_node(_network(), 4)
