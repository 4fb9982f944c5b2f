"""Series as one provider would send them: a yard with receipts and burn that balance, and daily rows of any values."""

from collections.abc import Callable

import numpy as np
import pytest

from detectors.series.detector import Floats
from detectors.series.quality.kinds import Nature
from detectors.series.quality.ledger import Finding
from detectors.series.quality.reports import Reports
from services.cli.bench.quality.judged import findings_of
from services.cli.bench.quality.track import DAY_US, HOUR_US, Track

DAYS = 80
Noise = Callable[..., Floats]
Daily = Callable[..., Track]
Yard = tuple[Floats, Floats, Floats]


def told(*tracks: Track, comes: int = -1) -> list[Finding]:
    """What is said of tracks that are delivered together; ``comes`` of them are receipts of the place they make."""
    return findings_of([tracks], [comes])[0]


def told_of_yard(daily: Daily, stock: Floats, comes: Floats, burns: Floats) -> list[Finding]:
    """What is said of a yard."""
    return told(
        daily(stock, Nature.STOCK, 10.0),
        daily(comes, Nature.RATE, lag_h=3.0),
        daily(burns, Nature.RATE, lag_h=4.0),
        comes=1,
    )


@pytest.fixture
def noise() -> Callable[..., Floats]:
    """Around a level, by so many per cent."""
    dice = np.random.default_rng(7)
    return lambda level, spread: level * np.exp(spread * dice.standard_normal(DAYS))


@pytest.fixture
def yard(noise: Callable[..., Floats]) -> tuple[Floats, Floats, Floats]:
    """Stock, receipts and burn of a yard of twenty days that balance."""
    comes, burns = noise(10.0, 0.25), noise(10.0, 0.05)
    return 200.0 + np.cumsum(comes - burns), comes, burns


@pytest.fixture
def daily() -> Callable[..., Track]:
    """A track with a row a day, known some two hours later."""
    return _daily


def _daily(values: Floats, nature: Nature, through: float = float("nan"), lag_h: float = 2.0) -> Track:
    observed = np.arange(1, len(values) + 1, dtype=np.int64) * DAY_US
    jitter = np.random.default_rng(3).integers(0, HOUR_US // 2, len(values))
    return Track("series", "test", nature, observed, observed + round(lag_h * HOUR_US) + jitter, values, through)


@pytest.fixture
def rows() -> Callable[..., Reports]:
    """Rows of several columns of daily values as one batch, slot by slot, in the order they arrive."""
    return _rows


def _rows(*columns: Floats) -> Reports:
    tracks = [_daily(values, Nature.RATE, lag_h=2.0 + i) for i, values in enumerate(columns)]
    slots = np.repeat(np.arange(len(tracks)), [len(t) for t in tracks])
    observed, known, told = (
        np.concatenate([getattr(t, n) for t in tracks]) for n in ("observed_us", "known_us", "values")
    )
    order = np.argsort(known, kind="stable")
    return Reports(slots[order], observed[order], known[order], told[order])
