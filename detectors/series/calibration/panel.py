"""From the scores of several detectors to alarms: calibrated one by one, put to the vote, the vote calibrated again, and paid from the budget."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from detectors.series.calibration.budget import AlarmBudget, BudgetSettings, Decisions
from detectors.series.calibration.calibrator import Calibrator, PoolReport
from detectors.series.calibration.layout import Floats, Integers
from detectors.series.calibration.settings import CalibrationSettings
from detectors.series.calibration.vote import OTHER_WEIGHT, USUAL_WEIGHTS, Vote, vote

State = Mapping[str, NDArray[np.generic]]
VOTE = "vote"
_LEAST_P = 1e-300
_PRIOR_ROWS = 5_000.0
"""What is combined is calibrated already, and Cauchy's way is right in the far tail. A pool of fewer effective rows has hardly
seen any as rare as 1e-4 and knows nothing better there; one of many times more stands alone."""


@dataclass(frozen=True)
class Verdict:
    """``p_value``: rows by detectors, calibrated, NaN where a detector says nothing. ``vote``: the combined p-value before its own calibration, and
    the shares. ``p``: one per row, calibrated; NaN where no detector spoke. ``decisions``: which rows are alarms."""

    p_value: Floats
    vote: Vote
    p: Floats
    decisions: Decisions


class Panel:
    """Calibration, vote and budget of a fixed list of detectors over the same series.

    However the p-values hang together, the p-value of the vote is true in the end: -log10 of the combined p-value is itself a statistic with a
    pool of its own. ``judge`` takes rows in log order; any cut into batches gives the same. ``weights``: shares of the detectors in the false
    alarms of the vote, by name; USUAL_WEIGHTS for those not named.

    Raises ValueError for names that are not different, an unknown way, or weights that are not positive or of no detector here.
    """

    def __init__(
        self,
        names: Sequence[str],
        calibration: CalibrationSettings | None = None,
        budget: BudgetSettings | None = None,
        way: str = "cauchy",
        weights: Mapping[str, float] | None = None,
    ) -> None:
        if not names or len(set(names)) < len(names) or VOTE in names:
            raise ValueError(f"detectors {list(names)} were given; different names, none of them {VOTE!r}, are right")
        unknown = [name for name in weights or {} if name not in names]
        if unknown:
            raise ValueError(f"weights of {', '.join(unknown)} were given; of {', '.join(names)} are right")
        asked = USUAL_WEIGHTS | dict(weights or {})
        self._weights = np.array([asked.get(name, OTHER_WEIGHT) for name in names])
        vote(np.ones((0, len(names))), self._weights, way)
        self.names = tuple(names)
        self._way = way
        usual = calibration or CalibrationSettings()
        self._calibrators = {name: Calibrator(usual) for name in names}
        of_vote = replace(usual, prior_rows=max(usual.prior_rows, _PRIOR_ROWS))
        self._calibrators[VOTE] = Calibrator(of_vote, is_combined=True)
        self._budget = AlarmBudget(budget)

    @property
    def bytes_per_series(self) -> int:
        """Bytes kept per series; never grows."""
        return Calibrator.bytes_per_series * len(self._calibrators) + AlarmBudget.bytes_per_series

    def __len__(self) -> int:
        """Number of slots."""
        return len(self._budget)

    def grow(self, slots: int, pools: int) -> None:
        """Have at least this many slots and pools; new ones know nothing."""
        for calibrator in self._calibrators.values():
            calibrator.grow(slots, pools)
        self._budget.grow(slots)

    def forget(self, slots: Integers) -> None:
        """Make these slots know nothing; their pools keep what they learnt."""
        for calibrator in self._calibrators.values():
            calibrator.forget(slots)
        self._budget.forget(slots)

    def judge(self, pool_of: Integers, slots: Integers, known_us: Integers, statistic: Floats, own: Floats) -> Verdict:
        """Judge rows in log order, then learn them. ``statistic`` and ``own`` are rows by detectors in the order of ``names``; a NaN statistic:
        the detector says nothing. Raises as ``Calibrator.judge`` and ``AlarmBudget.decide`` do."""
        if statistic.shape != (len(slots), len(self.names)) or own.shape != statistic.shape:
            raise ValueError(
                f"statistics of shape {statistic.shape} were given; {(len(slots), len(self.names))} is right"
            )
        p_value = np.full(statistic.shape, np.nan)
        for d, name in enumerate(self.names):
            column = np.ascontiguousarray(statistic[:, d])
            p = self._calibrators[name].judge(pool_of, slots, column, np.ascontiguousarray(own[:, d]))
            p_value[:, d] = np.where(np.isnan(column), np.nan, p)
        voted = vote(p_value, self._weights, self._way)
        is_heard = ~np.isnan(voted.p)
        strength = -np.log10(np.maximum(voted.p, _LEAST_P))
        p = self._calibrators[VOTE].judge(pool_of, slots, strength, np.where(is_heard, voted.p, 1.0))
        p = np.where(is_heard, p, np.nan)
        return Verdict(p_value, voted, p, self._budget.decide(slots, known_us, p))

    def report(self, name: str, pool: int) -> PoolReport:
        """What a pool of a detector, or of the vote, stands on."""
        return self._calibrators[name].report(pool)

    def snapshot(self) -> dict[str, NDArray[np.generic]]:
        """A copy of all state, for ``restore``."""
        state = {f"budget.{key}": part for key, part in self._budget.snapshot().items()}
        for name, calibrator in self._calibrators.items():
            state |= {f"{name}.{key}": part for key, part in calibrator.snapshot().items()}
        return state

    def restore(self, state: State) -> None:
        """Take over a snapshot. Raises ValueError when it was made for other detectors."""
        missing = [name for name in self._calibrators if f"{name}.pool_bins" not in state]
        if missing:
            raise ValueError(f"the snapshot has nothing of {', '.join(missing)}")
        self._budget.restore(_part(state, "budget"))
        for name, calibrator in self._calibrators.items():
            calibrator.restore(_part(state, name))


def _part(state: State, name: str) -> dict[str, NDArray[np.generic]]:
    return {key.removeprefix(f"{name}."): part for key, part in state.items() if key.startswith(f"{name}.")}
