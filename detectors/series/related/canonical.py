"""Canonical variate analysis: a state from the rows before, what it foretells, and what it leaves unexplained.

Sources: W. Larimore, *Canonical variate analysis in identification, filtering and adaptive control*, CDC 1990; E. Russell, L. Chiang, R. Braatz,
*Fault detection in industrial processes using canonical variate analysis and dynamic principal component analysis*, Chemometrics Intell. Lab. Syst.
51 (2000) 81-93; B. Juricek, D. Seborg, W. Larimore, *Fault detection using canonical variate analysis*, Ind. Eng. Chem. Res. 43 (2004) 458-474
(T² of the state and of the error of the forecast). With hundreds of rows for hundreds of correlations, the covariances of past and future get a
ridge (H. Vinod, *Canonical ridge and econometrics of joint production*, J. Econometrics 4 (1976) 147-166). Lags, ridge and number of states are those
under which held-out blocks are most likely.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import cholesky, solve_triangular

from detectors.series.detector import Floats, Integers
from detectors.series.related.evidence import LinearModel, PartName
from detectors.series.related.spread import shrunk_covariance, whitener
from detectors.series.related.table import Fold, Scale, scale_of, windows

_PARTS = (
    PartName("residual", "预测残差", "error of the forecast", is_fresh=True),
    PartName("state", "运行状态", "operating state", is_fresh=False),
)


@dataclass(frozen=True)
class CanonicalVariates:
    """``lags``, ``ridges``, ``rank_shares``: what may be chosen (states as a share of the number of variables); one each is taken as it is.

    Raises ValueError for a senseless setting.
    """

    lags: tuple[int, ...] = (1, 2, 3)
    ridges: tuple[float, ...] = (0.01, 0.03, 0.1, 0.3)
    rank_shares: tuple[float, ...] = (0.1, 0.2, 0.4, 0.6, 1.0)
    name: str = "canonical_variates"

    def __post_init__(self) -> None:
        if not self.lags or not all(1 <= n <= 50 for n in self.lags):
            raise ValueError(f"lags {self.lags} are not between 1 and 50 rows")
        if not self.ridges or not all(0 < r <= 10 for r in self.ridges):
            raise ValueError(f"ridges {self.ridges} are not above 0 and up to 10")
        if not self.rank_shares or not all(0 < s <= max(self.lags) for s in self.rank_shares):
            raise ValueError(f"rank_shares {self.rank_shares} are not above 0 and up to the lags")

    def settled(self, table: Floats, names: Sequence[str], folds: Sequence[Fold]) -> "CanonicalVariates":
        """With the lags, ridge and share under which held-out blocks are most likely."""
        if len(self.lags) == len(self.ridges) == len(self.rank_shares) == 1:
            return self
        total: dict[tuple[int, float, float], float] = {}
        for fold in folds:
            standard = scale_of(table[fold.learnt], names).standard(table)
            for choice, likelihood in self._likelihoods(standard, fold):
                total[choice] = total.get(choice, 0.0) + likelihood
        lags, ridge, share = max(total, key=lambda choice: total[choice])
        return replace(self, lags=(lags,), ridges=(ridge,), rank_shares=(share,))

    def fit(self, standard: Floats, scale: Scale, allowed: Fold) -> LinearModel:
        """Learn from the rows allowed."""
        del scale
        lags, variables = self.lags[0], standard.shape[1]
        rows = allowed.whole(lags)
        past = windows(standard, rows - 1, lags - 1)
        states = _canonical(standard, rows, lags, self.ridges[0])[:, : _rank(self.rank_shares[0], variables)]
        seen = past @ states
        foretell = _regression(seen, standard[rows])
        white = whitener(shrunk_covariance(standard[rows] - seen @ foretell))
        steady = states @ whitener(np.atleast_2d(seen.T @ seen / len(seen)))
        blank = np.zeros((variables, variables))
        forecast = np.concatenate([blank, states @ foretell])
        residual = np.concatenate([np.eye(variables), -forecast[variables:]]) @ white
        state = np.concatenate([steady, np.zeros((variables, steady.shape[1]))])
        return LinearModel(_PARTS, [residual.T, state.T], forecast, variables)

    def _likelihoods(self, standard: Floats, fold: Fold) -> Iterator[tuple[tuple[int, float, float], float]]:
        for lags in self.lags:
            rows, held = fold.whole(lags), fold.held[fold.held >= max(self.lags)]
            before, after = (windows(standard, which - 1, lags - 1) for which in (rows, held))
            for ridge in self.ridges:
                states = _canonical(standard, rows, lags, ridge)
                seen, told = before @ states, after @ states
                for share in self.rank_shares:
                    rank = _rank(share, standard.shape[1])
                    foretell = _regression(seen[:, :rank], standard[rows])
                    errors = standard[rows] - seen[:, :rank] @ foretell
                    missed = standard[held] - told[:, :rank] @ foretell
                    yield (lags, ridge, share), _likelihood(errors, missed)


def _rank(share: float, variables: int) -> int:
    return max(1, int(share * variables))


def _canonical(standard: Floats, rows: Integers, lags: int, ridge: float) -> Floats:
    """From past to canonical variates, the most telling first: shape (lags * variables, lags * variables)."""
    is_next = np.zeros(len(standard) + lags, np.bool_)
    is_next[rows] = True
    begun = rows[np.all([is_next[rows + ahead] for ahead in range(lags)], axis=0)]
    past = windows(standard, begun - 1, lags - 1)
    future = np.concatenate([standard[begun + ahead] for ahead in range(lags)], axis=1)
    n, unity = len(begun), np.eye(past.shape[1])
    of_past = cholesky(past.T @ past / n + ridge * unity, lower=True)
    of_future = cholesky(future.T @ future / n + ridge * unity, lower=True)
    whitened: Floats = solve_triangular(of_future, future.T @ past / n, lower=True)
    _, _, axes = np.linalg.svd(solve_triangular(of_past, whitened.T, lower=True).T)
    made: Floats = solve_triangular(of_past, axes.T, lower=True, trans="T")
    return made


def _regression(seen: Floats, told: Floats) -> Floats:
    return np.asarray(
        np.linalg.solve(seen.T @ seen + 1e-6 * len(seen) * np.eye(seen.shape[1]), seen.T @ told), np.float64
    )


def _likelihood(errors: Floats, missed: Floats) -> float:
    """Sum of the Gaussian log-likelihood of what was missed, under the covariance of the errors."""
    size, axes = np.linalg.eigh(shrunk_covariance(errors))
    real = np.clip(size, 1e-12 * max(float(size[-1]), 1e-300), None)
    return float(-0.5 * (((missed @ axes) ** 2 / real).sum() + len(missed) * np.log(real).sum()))
