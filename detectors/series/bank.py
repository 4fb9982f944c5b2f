"""The standard bank: detectors that look at every series side by side, all after one cut of the rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.series.cover_trend import CoverTrend
from detectors.series.cusum import Cusum
from detectors.series.detector import Detector, Floats, Integers, Scored, State, Truths
from detectors.series.ewma import Ewma
from detectors.series.page_hinkley import PageHinkley
from detectors.series.robust_level import RobustLevel
from detectors.series.rounds import Rounds, judge_cut
from detectors.series.seasonal import Seasonal


def level_detectors() -> list[Detector]:
    """Those that watch the level of a series, fresh and with usual settings."""
    return [RobustLevel(), Ewma(), Cusum(), PageHinkley()]


def standard_detectors() -> list[Detector]:
    """Those every series is watched by, fresh and with usual settings."""
    return [*level_detectors(), Seasonal(), CoverTrend()]


@dataclass(frozen=True)
class BankJudged:
    """What each detector said, by its name; entries mean nothing where ``is_taken`` is false. One entry per row, in the order given. ``is_late``: the
    row came out of order, or corrects another; only a bank that can be revised takes such."""

    is_taken: Truths
    previous_us: Integers
    scored: dict[str, Scored]
    is_late: Truths


class Bank:
    """Detectors over the same slots, under their own names or, of one kind with several settings, under those given. Names differ; raises ValueError
    otherwise."""

    def __init__(self, detectors: Sequence[Detector] | Mapping[str, Detector] | None = None) -> None:
        if isinstance(detectors, Mapping):
            self._named = dict(detectors)
        else:
            given = list(detectors) if detectors is not None else standard_detectors()
            self._named = {d.name: d for d in given}
            if len(self._named) < len(given):
                raise ValueError(f"detectors {[d.name for d in given]} were given; different names are right")
        self.detectors = list(self._named.values())
        self._rounds = Rounds()

    @property
    def bytes_per_series(self) -> int:
        """Bytes kept per series by all together."""
        return self._rounds.bytes_per_series + sum(d.bytes_per_series for d in self.detectors)

    def __len__(self) -> int:
        """Number of slots."""
        return len(self._rounds)

    def grow(self, slots: int) -> None:
        """Have at least this many slots; new ones know nothing."""
        self._rounds.grow(slots)
        for detector in self.detectors:
            detector.grow(slots)

    def forget(self, slots: Integers) -> None:
        """Make these slots know nothing."""
        self._rounds.forget(slots)
        for detector in self.detectors:
            detector.forget(slots)

    def judge(self, slots: Integers, times_us: Integers, values: Floats) -> BankJudged:
        """Refuse, ignore, score, learn. Raises IndexError for an unknown slot and ValueError for arrays of different lengths."""
        cut = self._rounds.cut(slots, times_us, values)
        scored = {name: judge_cut(d, cut) for name, d in self._named.items()}
        return BankJudged(cut.is_taken, cut.previous_us, scored, np.zeros(len(cut), np.bool_))

    @property
    def names(self) -> list[str]:
        """Of the detectors."""
        return list(self._named)

    @property
    def newest_us(self) -> Integers:
        """A copy of the newest time per slot, NEVER_US where nothing was taken."""
        return self._rounds.newest_us

    def of(self, slots: Integers) -> dict[str, NDArray[np.generic]]:
        """A copy of the state of these slots, for ``put``."""
        return _gathered(self._rounds.of(slots), {name: d.of(slots) for name, d in self._named.items()})

    def put(self, slots: Integers, state: State) -> None:
        """These slots know what ``of`` told, of this bank or of another of the same detectors."""
        for name, detector in self._named.items():
            detector.put(slots, _part(state, name))
        self._rounds.put(slots, _part(state, "rounds"))

    def snapshot(self) -> dict[str, NDArray[np.generic]]:
        """A copy of all state, each array under ``detector.array``."""
        return _gathered(self._rounds.snapshot(), {name: d.snapshot() for name, d in self._named.items()})

    def restore(self, state: State) -> None:
        """Take over a snapshot. Raises ValueError when one of its detectors had other settings; the bank is of no use then."""
        for name, detector in self._named.items():
            detector.restore(_part(state, name))
        self._rounds.restore(_part(state, "rounds"))


def _gathered(rounds: State, named: Mapping[str, State]) -> dict[str, NDArray[np.generic]]:
    return {f"{name}.{key}": array for name, part in {"rounds": rounds, **named}.items() for key, array in part.items()}


def _part(state: State, name: str) -> dict[str, NDArray[np.generic]]:
    return {key.removeprefix(f"{name}."): array for key, array in state.items() if key.startswith(f"{name}.")}
