"""The rule of onsets and warnings, by cases made by hand."""

import numpy as np
import pytest

from detectors.series.onsets import (
    Days,
    Flags,
    OnsetRule,
    below,
    carried_forward,
    judged,
    onsets_of,
    together,
    trend_reaches,
    warning_days,
    wilson,
)

RULE = OnsetRule()
NAN = float("nan")


def _ratio(*runs: tuple[float, int]) -> Days:
    return np.array([value for value, days in runs for _ in range(days)], dtype=np.float64)


def _on(length: int, *days: int) -> Flags:
    flags = np.zeros(length, dtype=np.bool_)
    flags[list(days)] = True
    return flags


@pytest.mark.parametrize(
    ("ratio", "onsets", "jumps"),
    [
        (_ratio((0.4, 14), (0.2, 3)), [14], []),
        (_ratio((0.4, 13), (0.2, 3)), [], []),  # only 13 days are known before
        (_ratio((0.25, 14), (0.2499, 1)), [14], []),  # 0.25 itself is not critical
        (_ratio((0.4, 14), (0.2, 1), (0.4, 13), (0.2, 1)), [14], []),  # 13 calm days between
        (_ratio((0.4, 14), (0.2, 1), (0.4, 14), (0.2, 1)), [14, 29], []),
        (_ratio((0.4, 10), (NAN, 1), (0.4, 13), (0.2, 1)), [], []),  # an unknown day is not calm
        (_ratio((0.4, 10), (NAN, 1), (0.4, 14), (0.2, 1)), [25], []),
        (_ratio((0.8, 14), (0.2, 1)), [], [14]),  # a jump of the data
        (_ratio((0.8, 13), (0.5, 1), (0.2, 1)), [], [14]),
        (_ratio((0.8, 13), (0.49, 1), (0.2, 1)), [14], []),
        (_ratio((0.2, 20)), [], []),
    ],
)
def test_onsets(ratio: Days, onsets: list[int], jumps: list[int]) -> None:
    assert onsets_of(ratio, RULE) == (onsets, jumps)


def test_gaps_of_three_days_are_carried_and_longer_ones_stay_open() -> None:
    ratio = np.array([NAN, 0.4, NAN, NAN, NAN, 0.5, NAN, NAN, NAN, NAN, 0.6])
    carried = carried_forward(ratio, 3)
    assert carried[1:5].tolist() == [0.4] * 4
    assert carried[5:9].tolist() == [0.5] * 4
    assert np.isnan(carried[[0, 9]]).all()
    assert carried[10] == 0.6


def test_warnings_are_silent_for_fourteen_days_and_on_critical_or_unknown_days() -> None:
    ratio = _ratio((0.4, 40))
    assert warning_days(np.ones(40, dtype=np.bool_), ratio, RULE) == [0, 15, 30]
    ratio[0], ratio[1] = 0.2, NAN
    assert warning_days(_on(40, 0, 1, 2, 16, 17), ratio, RULE) == [2, 17]


@pytest.mark.parametrize(
    ("warned", "foretold", "hits", "lead"),
    [
        ([29], 1, 1, 1),
        ([16], 1, 1, 14),
        ([15], 0, 0, None),  # too early
        ([30], 0, 0, None),  # on the day itself: critical already
        ([14, 29], 1, 1, 1),
    ],
)
def test_hits(warned: list[int], foretold: int, hits: int, lead: int | None) -> None:
    ratio = _ratio((0.4, 30), (0.2, 5))
    outcome = judged(ratio, _on(35, *warned), RULE)
    assert (outcome.onsets, outcome.foretold, outcome.hits) == (1, foretold, hits)
    assert outcome.leads == (() if lead is None else (lead,))


def test_a_jump_is_no_onset_and_a_warning_before_it_no_hit() -> None:
    outcome = judged(_ratio((0.9, 20), (0.1, 2)), _on(22, 18), RULE)
    assert (outcome.onsets, outcome.jumps, outcome.warnings, outcome.hits) == (0, 1, 1, 0)
    assert np.isnan(outcome.recall)
    assert outcome.precision == 0


def test_totals() -> None:
    ratio = _ratio((0.4, 30), (0.2, 5))
    total = together([judged(ratio, _on(35, 27), RULE), judged(ratio, _on(35, 1), RULE)])
    assert (total.recall, total.precision, total.median_lead_days) == (0.5, 0.5, 3)
    assert total.false_per_year == pytest.approx(365.25 / 70)
    assert total.known_days == 70
    assert np.isnan(together([]).false_per_year)


def test_plain_rules() -> None:
    falling: Days = 0.605 - 0.02 * np.arange(18, dtype=np.float64)
    assert below(falling, 0.30).tolist() == [False] * 16 + [True] * 2
    flags = trend_reaches(falling, RULE, trend_days=7, within_days=5, ceiling=0.4)
    assert flags.tolist() == [ratio <= 0.35 for ratio in falling]
    assert not trend_reaches(_ratio((0.3, 20)), RULE, trend_days=7, within_days=5, ceiling=0.4).any()
    assert not trend_reaches(_ratio((0.3, 3)), RULE, trend_days=7, within_days=5, ceiling=0.4).any()


def test_wilson() -> None:
    low, high = wilson(0, 10)
    assert low == 0
    assert high == pytest.approx(0.2775, abs=1e-4)
    assert np.isnan(wilson(0, 0)[0])
