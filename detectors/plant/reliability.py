"""Are the chances true? Mean chance beside the share that truly fell below the line, by horizon and by band of chance."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from detectors.series.onsets import Days

HORIZONS_DAYS = (1, 3, 7, 14)
BANDS = (0.0, 0.05, 0.2, 0.4, 0.6, 0.8, 1.0)


@dataclass(frozen=True)
class Band:
    """Plant-days whose chance lay in one band: how many, the mean chance, the share that fell below the line."""

    low: float
    high: float
    count: int
    mean_chance: float
    observed: float


@dataclass(frozen=True)
class Reliability:
    """One horizon. ``skill``: Brier skill over always saying the share that fell below (negative: worse than that)."""

    horizon_days: int
    brier: float
    skill: float
    bands: tuple[Band, ...]


def reliability(dailies: Sequence[Days], ratios: Sequence[Days], critical: float) -> list[Reliability]:
    """For 1, 3, 7 and 14 d, over the days at or above the line whose horizon was watched to its end or to the passage. Empty without such days."""
    return [r for r in (_of_horizon(dailies, ratios, critical, days) for days in HORIZONS_DAYS) if r is not None]


def _of_horizon(dailies: Sequence[Days], ratios: Sequence[Days], critical: float, days: int) -> Reliability | None:
    pairs = [_pairs(d, r, critical, days) for d, r in zip(dailies, ratios, strict=True)]
    chance = np.concatenate([p[0] for p in pairs]) if pairs else np.zeros(0)
    truth = np.concatenate([p[1] for p in pairs]) if pairs else np.zeros(0)
    if not len(chance):
        return None
    brier = float(np.mean((chance - truth) ** 2))
    base = float(truth.mean() * (1 - truth.mean()))
    bands = []
    for low, high in pairwise(BANDS):
        inside = (chance >= low) & ((chance < high) | (high == BANDS[-1]))
        if inside.any():
            count = int(inside.sum())
            bands.append(Band(low, high, count, float(chance[inside].mean()), float(truth[inside].mean())))
    return Reliability(days, brier, 1 - brier / base if base else float("nan"), tuple(bands))


def _pairs(daily: Days, ratio: Days, critical: float, days: int) -> tuple[Days, Days]:
    chances, truths = [], []
    for day in np.flatnonzero(ratio[: len(ratio) - 1] >= critical):
        ahead = ratio[day + 1 : day + 1 + days]
        gap = np.flatnonzero(np.isnan(ahead))
        known = ahead[: gap[0]] if len(gap) else ahead
        falls = bool(np.any(known < critical))
        if falls or len(known) == days:
            chances.append(float(daily[day, :days].sum()))
            truths.append(float(falls))
    return np.array(chances), np.array(truths)
