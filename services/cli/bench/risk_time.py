"""Time of a piece of work: by the wall clock, and processor time beside it, which other work on the machine disturbs less."""

import os
import statistics
import time
from collections.abc import Callable, Sequence

from services.cli.bench.figures import Figures

Times = tuple[float, float]
"""Seconds by the wall clock and of the processor."""


class Clock:
    """Times work, and remembers what processor time stands behind each figure."""

    def __init__(self) -> None:
        self._cpu: dict[float, float] = {}
        self._load = [os.getloadavg()[0]]

    def time(self, work: Callable[[], object]) -> Times:
        """Times of one piece of work, all threads together."""
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        self._load.append(os.getloadavg()[0])
        return time.perf_counter() - wall, time.process_time() - cpu

    def figure(self, wall: float, cpu: float) -> float:
        """A figure in seconds by the wall clock, remembered with its processor time."""
        self._cpu[wall] = cpu
        return wall

    def median(self, times: Sequence[Times]) -> float:
        """The median by the wall clock."""
        return self.figure(statistics.median(t[0] for t in times), statistics.median(t[1] for t in times))

    def said(self, figures: Figures) -> list[str]:
        """A line with the processor time of each figure, and one with the load of the machine meanwhile."""
        cpu = ", ".join(f"{name} {self._cpu[value]:.2f}" for name, value in figures.items() if value in self._cpu)
        return [f"CPU seconds: {cpu}", f"load while measuring: {min(self._load):.1f} to {max(self._load):.1f}"]
