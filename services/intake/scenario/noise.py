"""Everyday unrest: use and output wander a little, and machines stop for some hours."""

import numpy as np

from services.intake.scenario.layout import Floats, Layout
from services.intake.scenario.seeds import Stream, generator

_USE_SPREAD = 0.012
_OUTPUT_SPREAD = 0.012
_MEMORY_H = 18.0
_STOPPING_KINDS = frozenset({"mine", "washery"})
_STOPS_PER_HOUR = 1.0 / (24.0 * 20.0)
_STOP_DEPTH = 0.4
_STOP_HOURS = 6


class Noise:
    """Factors of use and output per node, hour by hour, in order; one day is drawn at a time so that a longer run begins the same."""

    def __init__(self, layout: Layout, seed: int) -> None:
        self._seed = seed
        self._count = len(layout.node_out)
        self._stops = np.array([n.kind in _STOPPING_KINDS for n in layout.chain.nodes])
        self._use = np.zeros(self._count)
        self._output = np.zeros(self._count)
        self._left = np.zeros(self._count)
        self._day = -1
        self._draws: Floats = np.zeros((24, 3, self._count))

    def next_hour(self, index: int) -> tuple[Floats, Floats]:
        """Factors (use, output) of hour ``index`` since the very start; called once per hour, in order."""
        day, hour = divmod(index, 24)
        if day != self._day:
            source = generator(self._seed, Stream.NOISE, day)
            self._draws = source.normal(size=(24, 3, self._count))
            self._draws[:, 2] = source.random(size=(24, self._count))
            self._day = day
        keep = np.exp(-1.0 / _MEMORY_H)
        fresh = np.sqrt(1.0 - keep * keep)
        self._use = keep * self._use + fresh * self._draws[hour, 0]
        self._output = keep * self._output + fresh * self._draws[hour, 1]
        begins = self._stops & (self._draws[hour, 2] < _STOPS_PER_HOUR)
        self._left = np.where(begins, _STOP_HOURS, np.maximum(0.0, self._left - 1.0))
        stopped = 1.0 - _STOP_DEPTH * (self._left > 0)
        return np.exp(_USE_SPREAD * self._use), np.exp(_OUTPUT_SPREAD * self._output) * stopped
