"""Where a simulation starts: stocks, goods under way and waiting, and the rates by which places order."""

from dataclasses import dataclass

import numpy as np

from detectors.network.equilibrium import Rest
from detectors.network.flow_network import FlowNetwork
from detectors.network.grid import Floats


@dataclass(frozen=True, eq=False)
class State:
    """One state for all scenarios, or one each: ``stock`` (A) or (S, A); ``transit`` (L) or (S, L), what is under way, spread evenly over
    the lead time; ``held`` (L) or (S, L), what waits at the end of a link, none if left out; ``expected`` (A) or (S, A), the rates places
    order by, those of rest if left out; ``profile`` (L, P), relative amounts arriving in P equal parts of the lead time, the first part
    first, even if left out.
    """

    stock: Floats
    transit: Floats
    held: Floats | None = None
    expected: Floats | None = None
    profile: Floats | None = None

    @classmethod
    def at_rest(cls, network: FlowNetwork, rest: Rest) -> "State":
        """Stocks at target, links filled with the flow of rest."""
        return cls(stock=network.target.copy(), transit=rest.transit.copy())


def laid_out(name: str, values: Floats | None, count: int, scenarios: int, default: Floats) -> Floats:
    """Values of one state or of S states as (count, S). Raises ValueError for other shapes, NaN, infinite or negative numbers."""
    given = np.asarray(default if values is None else values, dtype=np.float64)
    if given.shape not in ((count,), (scenarios, count)):
        raise ValueError(f"{name} has shape {given.shape}; ({count},) or ({scenarios}, {count}) is right")
    if not np.isfinite(given).all() or (given < 0).any():
        raise ValueError(f"{name} holds {given[~(np.isfinite(given) & (given >= 0))].flat[0]}; 0 or more is right")
    return np.ascontiguousarray(np.broadcast_to(given, (scenarios, count)).T)
