"""Who will break on a flow network, and when.

Comes in: stocks, rates and links as arrays. Goes out: hours to minimum, zero and maximum per account, and the way a shortage came.
Always holds: pure, no I/O, no product names; the same input gives the same output; a kept forecast equals a fresh one.
"""

from detectors.network.conditions import Conditions, Rates
from detectors.network.forecast import Forecast, Outlook
from detectors.network.grid import forecast_grid
from detectors.network.structure import Converter, Link, Structure
from detectors.network.trace import Origin, Trail, trace

__all__ = [
    "Conditions",
    "Converter",
    "Forecast",
    "Link",
    "Origin",
    "Outlook",
    "Rates",
    "Structure",
    "Trail",
    "forecast_grid",
    "trace",
]
