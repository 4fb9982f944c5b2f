"""What the control charts share: a slow baseline per series, and sums of the distances from it."""

from typing import ClassVar

import numpy as np

from detectors.series.chart_kernel import COLUMNS, learn, look
from detectors.series.detector import LARGEST, Floats, Integers, Scored
from detectors.series.slots import Field, Slots


class Chart(Slots):
    """A chart by ``kind`` of the kernel. ``expected`` is the baseline, its band that of a single value; the first values are not judged."""

    kind: ClassVar[int]

    def __init__(
        self,
        parameters: object,
        *,
        rate: float,
        memory: float,
        clip: float,
        most: float,
        least_spread: float,
        ceiling: float = LARGEST,
        restart: float = LARGEST,
    ) -> None:
        super().__init__(parameters, state=Field(np.float64, (COLUMNS,)))
        self._rule = np.array([rate, memory, clip, most, ceiling, restart, least_spread])

    def score(self, slots: Integers, times_us: Integers, values: Floats) -> Scored:
        """Judge a round."""
        made = np.empty((6, len(slots)))
        look(self.kind, self._kept["state"], slots, values, self._rule, made)
        return Scored(*made)

    def learn(self, slots: Integers, times_us: Integers, values: Floats) -> None:
        """Take a round in."""
        learn(self.kind, self._kept["state"], slots, values, self._rule)
