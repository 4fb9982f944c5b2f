"""Compiles the kernel, unless that was done: processes that start together later find it ready. ``python -m detectors.network.kernel``."""

import numpy as np

from detectors.network.course import Courses
from detectors.network.flow_network import FlowNetwork, Maker
from detectors.network.simulation import Engine
from detectors.network.state import State


def main() -> None:
    """Simulate a source and a user; the types of the arrays are those of every network."""
    network = FlowNetwork(
        target=np.array([1.0, 1.0]),
        minimum=np.zeros(2),
        maximum=np.full(2, np.inf),
        demand=np.array([0.0, 1.0]),
        node=np.array([0, 1]),
        node_capacity=np.full(2, np.inf),
        source=np.array([0]),
        end=np.array([1]),
        capacity=np.ones(1),
        lead_h=np.zeros(1),
        share=np.ones(1),
        makers=(Maker(0, 1.0),),
    )
    engine = Engine(network)
    engine.run(State.at_rest(network, engine.rest), Courses.of([[]], engine.grid))


if __name__ == "__main__":
    main()
