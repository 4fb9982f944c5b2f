"""Disruptions over time: the factor each one puts on places, ways and users, hour by hour."""

import math
from collections.abc import Sequence
from fnmatch import fnmatchcase

import numpy as np

from services.intake.scenario.layout import Floats, Layout
from services.intake.scenario.scenario import Disruption, Effect, Recovery

_WINDOW_OPENS = 9  # maintenance windows open at 09:00 in China


def remaining_effect(progress: float, shape: Recovery) -> float:
    """Share of the effect that is left at ``progress`` (0 to 1) of the recovery.

    >>> remaining_effect(0.5, Recovery.LINEAR)
    0.5
    """
    if progress >= 1.0:
        return 0.0
    if shape is Recovery.LINEAR:
        return 1.0 - progress
    if shape is Recovery.EXPONENTIAL:
        return (math.exp(-4.0 * progress) - math.exp(-4.0)) / (1.0 - math.exp(-4.0))
    if shape is Recovery.LATE:
        return 1.0 - progress**3
    if shape is Recovery.S_CURVE:
        return 0.5 * (1.0 + math.cos(math.pi * progress))
    if shape is Recovery.RELAPSE:
        return max(0.0, 1.0 - 1.6 * progress) if progress < 0.5 else (0.6 if progress < 0.7 else 2.0 * (1.0 - progress))
    return 0.0


def profile(disruption: Disruption, hour: float) -> float:
    """Factor of the disruption at ``hour``: 1 before and after, 1 − depth in the middle; a rebound follows the reopening."""
    since = hour - disruption.start_h
    if since < 0:
        return 1.0
    if disruption.daily_h > 0 and not 0 <= (hour - _WINDOW_OPENS) % 24 < disruption.daily_h:
        return 1.0
    if since < disruption.ramp_h:
        return 1.0 - disruption.depth * since / disruption.ramp_h
    held = since - disruption.ramp_h
    if held < disruption.hold_h:
        return 1.0 - disruption.depth
    after = held - disruption.hold_h
    if after < disruption.recovery_h:
        left = remaining_effect(after / disruption.recovery_h, disruption.recovery)
        return (1.0 - disruption.depth * left) * _rebound(disruption, after)
    return _rebound(disruption, after)


def _rebound(disruption: Disruption, after: float) -> float:
    rebound = disruption.rebound
    if rebound is None:
        return 1.0
    if after < rebound.jam_h:
        return rebound.jam_factor
    return rebound.surge_factor if after < rebound.jam_h + rebound.surge_h else 1.0


def effect_ends(disruption: Disruption) -> float:
    """Hour at which nothing of the disruption, its recovery or rebound is left."""
    tail = disruption.recovery_h
    if disruption.rebound is not None:
        tail = max(tail, disruption.rebound.jam_h + disruption.rebound.surge_h)
    return disruption.start_h + disruption.ramp_h + disruption.hold_h + tail


class Course:
    """The factors of all disruptions of a scenario together; where several meet they multiply."""

    def __init__(self, layout: Layout, disruptions: Sequence[Disruption]) -> None:
        self._sizes = layout.sizes
        self._parts = [
            (d, d.start_h, effect_ends(d), _nodes(layout, d.nodes), _links(layout, d.links)) for d in disruptions
        ]

    def at(self, hour: float) -> tuple[Floats, Floats, Floats]:
        """Factors at ``hour``: of node capacity, of link capacity, of use (per node)."""
        nodes, _, links = self._sizes
        node_factor, link_factor, use_factor = np.ones(nodes), np.ones(links), np.ones(nodes)
        for disruption, start, end, node_at, link_at in self._parts:
            if not start <= hour < end:
                continue
            factor = profile(disruption, hour)
            if disruption.effect is Effect.USE:
                use_factor[node_at] *= factor
            else:
                node_factor[node_at] *= factor
                link_factor[link_at] *= factor
        return node_factor, link_factor, use_factor


def _nodes(layout: Layout, patterns: Sequence[str]) -> list[int]:
    return [i for name, i in layout.node_index.items() if any(fnmatchcase(name, p) for p in patterns)]


def _links(layout: Layout, links: Sequence[tuple[str, str, str]]) -> list[int]:
    return [layout.link_index[key] for key in links if key in layout.link_index]
