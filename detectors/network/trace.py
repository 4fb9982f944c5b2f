"""Where a shortage comes from: back along the links, from the account that is short to what was reduced."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from detectors.network.forecast import Forecast

MATERIAL_SHARE = 0.03
"""A loss below this share of the normal amount is noise, not a cause."""


class Origin(StrEnum):
    """What is reduced (or raised) at the origin of a shortage."""

    FLOW = "flow"
    PRODUCTION = "production"
    USE = "use"
    STOCK = "stock"


@dataclass(frozen=True, slots=True)
class Trail:
    """``accounts`` from the origin to the account asked for; ``link`` is the reduced link when the origin is a flow, else None.

    ``share`` is what remains of the normal rate at the origin (above 1 for a use that grew).
    """

    accounts: tuple[int, ...]
    origin: Origin
    link: int | None
    share: float


def trace(forecast: Forecast, account: int) -> Trail:
    """Follow the largest loss upstream until a rate is found that is reduced by itself. Normal rates are the ``later`` rates of the conditions."""
    path = [account]
    while True:
        step = _step(forecast, path[-1])
        if isinstance(step, Trail):
            return Trail(tuple(reversed(path)), step.origin, step.link, step.share)
        if step in path:
            return Trail(tuple(reversed(path)), Origin.STOCK, None, 1.0)
        path.append(step)


def _step(forecast: Forecast, account: int) -> int | Trail:
    """The next account upstream, or the origin itself."""
    inputs = dict(forecast.structure.units[forecast.structure.unit_of[account]].inputs)
    losses: list[tuple[float, int | Trail]] = [
        _link_loss(forecast, link) for link in forecast.structure.in_links[account]
    ]
    if inputs and account not in inputs:
        losses += [(_short_amount(forecast, i) / max(p, 1e-12), i) for i, p in inputs.items()]
    c = forecast.conditions
    span = float(forecast.hours[-1])
    made, normal_made = float(c.production.now[account]), float(c.production.later[account])
    used, normal_used = float(c.use.now[account]), float(c.use.later[account])
    losses.append(((normal_made - made) * span, _own(made, normal_made, Origin.PRODUCTION)))
    losses.append(((used - normal_used) * span, _own(used, normal_used, Origin.USE)))
    amount, cause = max(losses, key=lambda pair: pair[0])
    normal = max(float(forecast.wish[account][-1]), 1e-12)
    return cause if amount > MATERIAL_SHARE * normal else Trail((), Origin.STOCK, None, 1.0)


def _own(now: float, normal: float, origin: Origin) -> Trail:
    return Trail((), origin, None, now / normal if normal > 0 else 1.0)


def _link_loss(forecast: Forecast, link: int) -> tuple[float, int | Trail]:
    c, source = forecast.conditions, forecast.structure.links[link].source
    span = float(forecast.hours[-1])
    normal = float(c.flow.later[link]) * span
    cut = normal - float(c.flow.now[link]) * span
    short = float(c.flow.now[link]) * span - float(forecast.sent[link][-1])
    if short >= cut or _is_passing_on(forecast, source, link):
        return cut + short, source
    return cut + short, Trail(
        (), Origin.FLOW, link, float(c.flow.now[link] / c.flow.later[link]) if normal > 0 else 1.0
    )


def _is_passing_on(forecast: Forecast, source: int, link: int) -> bool:
    """True when a place without stock sends less because it gets less by the same share."""
    c, links = forecast.conditions, forecast.structure.in_links[source]
    if not links or c.stock[source] > 0 or c.flow.later[link] <= 0:
        return False
    normal = float(np.sum(c.flow.later[links]))
    if normal <= 0:
        return False
    lost_here = 1.0 - float(c.flow.now[link] / c.flow.later[link])
    lost_before = 1.0 - float(np.sum(c.flow.now[links])) / normal
    return lost_before >= 0.8 * lost_here


def _short_amount(forecast: Forecast, account: int) -> float:
    return float(forecast.wish[account][-1] - forecast.served[account][-1])
