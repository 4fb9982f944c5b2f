"""Trailing windows over daily series. Every value at day t uses days up to t only; unknown days are NaN and left out."""

import numpy as np

from detectors.series.onsets import Days, Flags


def lagged(values: Days, days: int) -> Days:
    """The value ``days`` days ago; NaN before the first day."""
    return np.asarray(np.concatenate([np.full(min(days, len(values)), np.nan), values[: max(len(values) - days, 0)]]))


def mean(values: Days, days: int) -> Days:
    """Mean of the known values of the last ``days`` days; NaN without any."""
    is_known = ~np.isnan(values)
    sums = np.concatenate([[0.0], np.cumsum(np.where(is_known, values, 0.0))])
    counts = np.concatenate([[0], np.cumsum(is_known)])
    high = np.arange(1, len(values) + 1)
    low = np.maximum(high - days, 0)
    count = counts[high] - counts[low]
    return np.where(count > 0, (sums[high] - sums[low]) / np.maximum(count, 1), np.nan)


def deviation(values: Days, days: int) -> Days:
    """Standard deviation over the last ``days`` days."""
    return np.asarray(np.sqrt(np.maximum(mean(values**2, days) - mean(values, days) ** 2, 0.0)))


def lowest(values: Days, days: int) -> Days:
    """Lowest known value of the last ``days`` days."""
    return np.asarray(np.fmin.reduce(_windows(values, days), axis=1))


def highest(values: Days, days: int) -> Days:
    """Highest known value of the last ``days`` days."""
    return np.asarray(np.fmax.reduce(_windows(values, days), axis=1))


def slope(values: Days, days: int) -> Days:
    """Slope per day of the least-squares line through the known values of the last ``days`` days; NaN with fewer than three."""
    windows = _windows(values, days)
    is_known = ~np.isnan(windows)
    count = np.maximum(is_known.sum(axis=1), 1)
    offset = np.where(is_known, np.arange(days), 0.0)
    offset = np.where(is_known, offset - (offset.sum(axis=1) / count)[:, None], 0.0)
    filled = np.where(is_known, windows, 0.0)
    spread = (offset**2).sum(axis=1)
    return np.where(is_known.sum(axis=1) >= 3, (offset * filled).sum(axis=1) / np.maximum(spread, 1e-9), np.nan)


def run_length(flags: Flags) -> Days:
    """How many days in a row, today included, the flag stands."""
    places = np.arange(len(flags))
    last_off = np.maximum.accumulate(np.where(flags, -1, places)) if len(flags) else places
    return (places - last_off).astype(np.float64)


def _windows(values: Days, days: int) -> Days:
    padded = np.concatenate([np.full(days - 1, np.nan), values])
    return np.lib.stride_tricks.sliding_window_view(padded, days)
