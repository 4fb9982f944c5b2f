"""Finds every detector of single series by itself, so that a new one is checked by the suite without being named anywhere."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

import detectors.series
from detectors.series.detector import Detector, Floats, Integers
from detectors.series.rounds import Judged, Rounds, judge

CONTRACT = {
    *("name", "version", "bytes_per_series", "__len__", "grow", "forget", "score", "learn", "snapshot", "restore"),
}
HOUR = 3_600_000_000
START_US = 1_704_067_200_000_000  # 2024-01-01T00:00Z


def detector_classes() -> list[type[Any]]:
    """Public classes in ``detectors.series`` and below with every method of the contract and a name."""
    found: dict[str, type[Any]] = {}
    for info in pkgutil.walk_packages(detectors.series.__path__, "detectors.series."):
        module = importlib.import_module(info.name)
        for cls in vars(module).values():
            is_own = inspect.isclass(cls) and cls.__module__ == info.name and not cls.__name__.startswith("_")
            if is_own and cls is not Detector and set(dir(cls)) >= CONTRACT - {"version"} and hasattr(cls, "name"):
                assert cls.name not in found, f"two detectors are called {cls.name}"
                found[cls.name] = cls
    return [found[name] for name in sorted(found)]


DETECTORS = detector_classes()
Make = Callable[[], Detector]


@pytest.fixture(params=DETECTORS, ids=lambda cls: cls.name)
def make(request: pytest.FixtureRequest) -> Make:
    """Makes a fresh detector with usual settings."""
    return request.param  # type: ignore[no-any-return]  # pytest says Any


class Feed:
    """A detector behind its rounds, four slots at first."""

    def __init__(self, detector: Detector, slots: int = 4) -> None:
        self.detector = detector
        self.rounds = Rounds()
        self.rounds.grow(slots)
        detector.grow(slots)

    def rows(self, slots: Integers, times_us: Integers, values: Floats) -> Judged:
        return judge(self.detector, self.rounds, slots, times_us, values)

    def hourly(self, values: Any, *, slot: int = 0, start: int = 0) -> Judged:
        """Values of one slot, one an hour, from hour ``start``."""
        times = START_US + (start + np.arange(len(values), dtype=np.int64)) * HOUR
        return self.rows(np.full(len(values), slot), times, np.asarray(values, np.float64))

    def state(self) -> dict[str, Any]:
        """A snapshot."""
        return self.detector.snapshot()

    def has_state(self, state: Mapping[str, Any]) -> bool:
        """True when the state equals a snapshot to the last bit."""
        now = self.state()
        return now.keys() == state.keys() and all(now[key].tobytes() == state[key].tobytes() for key in now)


def noise(n: int, seed: int = 1) -> Floats:
    """Quiet values about 100."""
    return 100 + np.random.default_rng(seed).standard_normal(n)
