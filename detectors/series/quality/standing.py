"""The standing of series: trust from what was delivered of them and what was wrong with it. One sum for whoever judges by it and for its provider."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detectors.series.detector import Floats, Integers, Truths
from detectors.series.quality.ledger import Finding
from detectors.series.quality.trust import Deliveries, Trust, TrustSettings, trust

LOOK_BACK_D = 14.0
"""Reports that became known longer ago do not count, but for the last of them: what is missing since then is."""
_HOUR_US = 3_600_000_000
_BACK_US = round(LOOK_BACK_D * 24 * _HOUR_US)


@dataclass(frozen=True)
class Delivered:
    """Reports of one series in the order they became known: time observed, time known (µs), and whether one revises an earlier one; how often one is
    due, and how late it may come (hours)."""

    observed_us: Integers
    known_us: Integers
    is_revision: Truths
    cadence_h: float
    lateness_h: float


def standing(
    delivered: Sequence[Delivered], findings: Sequence[Finding], now_us: int, settings: TrustSettings | None = None
) -> Trust:
    """Trust of a series, or of several as one feed, as of the last full hour before ``now_us``, from the reports of 14 days."""
    at_us = now_us - now_us % _HOUR_US
    heard = [_heard(d, at_us) for d in delivered]
    observed, known, revises = (
        np.concatenate([getattr(d, name) for d in heard]) if heard else np.zeros(0, np.int64)
        for name in ("observed_us", "known_us", "is_revision")
    )
    slots = np.repeat(np.arange(len(heard)), [len(d.observed_us) for d in heard])
    cadence: Floats = np.array([d.cadence_h * _HOUR_US for d in heard], np.float64)
    lags: Floats = np.array([_usual_lag(d) for d in heard], np.float64)
    deliveries = Deliveries(slots, observed, known, revises.astype(np.bool_), cadence, lags)
    return trust(deliveries, findings, at_us, settings)


def _heard(delivered: Delivered, at_us: int) -> Delivered:
    known, d = delivered.known_us, delivered
    is_old, is_known = known <= at_us - _BACK_US, known <= at_us
    if is_known.all() and not is_old.any():
        return d
    before = np.flatnonzero(is_old)
    since = np.flatnonzero(is_known & ~is_old)
    rows = np.concatenate([before[np.argsort(known[before], kind="stable")][-1:], since])
    return Delivered(d.observed_us[rows], d.known_us[rows], d.is_revision[rows], d.cadence_h, d.lateness_h)


def _usual_lag(delivered: Delivered) -> float:
    """How long after its time a report usually comes, in µs; never more than the catalogue allows."""
    lags = np.sort((delivered.known_us - delivered.observed_us)[~delivered.is_revision])
    middle = len(lags) // 2
    usual = (float(lags[middle]) + float(lags[~middle])) / 2 if len(lags) else 0.0
    return min(usual, delivered.lateness_h * _HOUR_US)
