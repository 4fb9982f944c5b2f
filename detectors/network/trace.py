"""Where a shortage comes from: back along the links, from the account that is short to what was reduced."""

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from detectors.network.forecast import Forecast

MATERIAL_SHARE = 0.03
"""A loss below this share of the normal amount is noise, not a cause."""

_LONGEST = 24


class Origin(StrEnum):
    """What is reduced (or raised) at the origin of a shortage."""

    FLOW = "flow"
    PRODUCTION = "production"
    USE = "use"


@dataclass(frozen=True, slots=True)
class Trail:
    """``accounts`` from the origin to the account asked for; ``link`` is the reduced link when the origin is a flow, else None.

    ``remains`` is what remains of the normal rate at the origin (above 1 for a use that grew); ``loss`` the amount lost by it over the
    horizon, all ways from the same origin together.
    """

    accounts: tuple[int, ...]
    origin: Origin
    link: int | None
    remains: float
    loss: float = 0.0


def trace(forecast: Forecast, account: int) -> list[Trail]:
    """Origins of the shortage of an account, largest loss first, each with its widest way; empty when the stock is simply low.

    Losses are followed upstream until a rate is found that is reduced by itself. Normal rates are the ``later`` rates of the conditions.
    """
    found: dict[tuple[Origin, int], list[Trail]] = {}
    for trail in _trails(forecast, account, ()):
        start = trail.accounts[0] if trail.link is None else forecast.structure.links[trail.link].source
        found.setdefault((trail.origin, start), []).append(trail)
    whole = max(float(forecast.wish[account][-1]), 1e-12)
    causes = [replace(max(t, key=lambda x: x.loss), loss=sum(x.loss for x in t)) for t in found.values()]
    return sorted((c for c in causes if c.loss > MATERIAL_SHARE * whole), key=lambda c: -c.loss)


def _trails(forecast: Forecast, account: int, after: tuple[int, ...]) -> list[Trail]:
    """Every way from an origin to ``account`` and on over ``after``, with the loss it brings to ``account``."""
    path = (account, *after)
    if account in after or len(path) > _LONGEST:
        return []
    found = _own_trails(forecast, account, path)
    for link in forecast.structure.in_links[account]:
        found += _over(forecast, link, path)
    inputs = dict(forecast.structure.units[forecast.structure.unit_of[account]].inputs)
    if account not in inputs:
        for source, per_unit in inputs.items():
            short = float(forecast.wish[source][-1] - forecast.served[source][-1])
            if short > MATERIAL_SHARE * max(float(forecast.wish[source][-1]), 1e-12):
                found += _shared(_trails(forecast, source, path), short / max(per_unit, 1e-12))
    return found


def _own_trails(forecast: Forecast, account: int, path: tuple[int, ...]) -> list[Trail]:
    c, span = forecast.conditions, float(forecast.hours[-1])
    made, normal_made = float(c.production.now[account]), float(c.production.later[account])
    used, normal_used = float(c.use.now[account]), float(c.use.later[account])
    found = []
    if normal_made > made:
        found.append(Trail(path, Origin.PRODUCTION, None, _part(made, normal_made), (normal_made - made) * span))
    if used > normal_used:
        found.append(Trail(path, Origin.USE, None, _part(used, normal_used), (used - normal_used) * span))
    return found


def _over(forecast: Forecast, link: int, path: tuple[int, ...]) -> list[Trail]:
    """Ways over one link: its own reduction, and what its source lacks."""
    c, source = forecast.conditions, forecast.structure.links[link].source
    span = float(forecast.hours[-1])
    now, normal = float(c.flow.now[link]), float(c.flow.later[link])
    cut, short = (normal - now) * span, now * span - float(forecast.sent[link][-1])
    if cut + short <= MATERIAL_SHARE * max(normal * span, 1e-12):
        return []
    if _is_passing_on(forecast, source, link):
        return _shared(_trails(forecast, source, path), cut + short)
    found = [Trail(path, Origin.FLOW, link, _part(now, normal), cut)] if cut > 0 else []
    return found + (_shared(_trails(forecast, source, path), short) if short > 0 else [])


def _shared(trails: list[Trail], loss: float) -> list[Trail]:
    """The trails with their losses scaled to what arrives here."""
    total = sum(t.loss for t in trails)
    return [replace(t, loss=loss * t.loss / total) for t in trails] if total > 0 else []


def _part(now: float, normal: float) -> float:
    return now / normal if normal > 0 else 1.0


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
