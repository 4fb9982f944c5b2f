"""Who will break on a flow network, and when.

Comes in: a network, a state and courses of what happens, as arrays. Goes out: hours to minimum, zero and maximum per account and scenario, losses,
causes, remedies. Always holds: pure, no I/O, no product names; the same input gives the same output, whatever the number of workers.
"""

from detectors.network.grid import forecast_grid
from detectors.network.structure import Converter, Link, Structure

__all__ = ["Converter", "Link", "Structure", "forecast_grid"]
