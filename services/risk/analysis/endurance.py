"""Time to survive without a part against the time its kind takes to recover."""

import numpy as np
from msgspec import Struct

from detectors.network.course import Target
from detectors.network.programme import Loss
from detectors.network.programme_survival import survival
from services.risk.analysis.part import Part
from services.risk.blueprint import Blueprint
from services.risk.state.priors import Priors
from services.risk.state.world import World
from services.risk.survival import HORIZON_H, ChainProgramme

_LEVELS = np.array([0.5, 0.9])


class Endurance(Struct, frozen=True):
    """Hours until users reach their minimum and zero without the part, by the best sharing (None: beyond 180 d), and hours to recover, median and
    90th percentile of the prior of its kind."""

    to_minimum_h: float | None
    to_zero_h: float | None
    recover_p50_h: float
    recover_p90_h: float

    @property
    def is_exposed(self) -> bool:
        """True when users reach their minimum before the part is usually back."""
        return self.to_minimum_h is not None and self.to_minimum_h < self.recover_p50_h


class Patience:
    """Endurance of the parts of one chain on the stocks of one world; of all users, or of one node's alone."""

    def __init__(self, blueprint: Blueprint, world: World, priors: Priors, of: str = "") -> None:
        stocks = {
            b: float(world.stock.value[account])
            for b, account in blueprint.account.items()
            if account in blueprint.stocks
        }
        self._programme = ChainProgramme(blueprint.chain, stocks)
        self._priors = priors
        self._links = {(k.source, k.target, k.product): n for n, k in enumerate(blueprint.chain.links)}
        demands = self._programme.demands()
        self._demands = [demands[of]] if of in demands else None

    def of(self, part: Part) -> Endurance:
        """Endurance without a part."""
        p50, p90 = recovery_h(self._priors, part.kind)
        to_minimum = self._hours(part, is_to_minimum=True)
        to_zero = None if to_minimum is None else self._hours(part, is_to_minimum=False)
        return Endurance(to_minimum, to_zero, p50, p90)

    def _hours(self, part: Part, *, is_to_minimum: bool) -> float | None:
        is_node = part.target is Target.NODE
        link = () if is_node else (self._links[part.node, part.end, part.product],)
        gone = self._programme.loss_of([part.node]) if is_node else Loss(links=link)
        found = survival(
            self._programme.programme,
            gone,
            horizon_h=HORIZON_H,
            demands=self._demands,
            is_to_minimum=is_to_minimum,
        )
        return None if found.is_beyond_horizon else found.hours


def recovery_h(priors: Priors, kind: str) -> tuple[float, float]:
    """Median and 90th percentile of how long a loss of this kind of place lasts, by the priors."""
    middle, long = priors.duration_of(kind).remaining(_LEVELS, 0.0)
    return float(middle), float(long)
