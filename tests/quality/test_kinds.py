"""Each kind of defect is told under its name, since the right day, with the correction that mends it; in words of both languages."""

from dataclasses import replace

import numpy as np
import pytest

from detectors.series.quality.kinds import Kind, Nature
from detectors.series.quality.ledger import Finding, Standing
from detectors.series.quality.wording import sentences
from services.cli.bench.quality.track import DAY_US, HOUR_US, Track
from tests.quality.conftest import Daily, Noise, Yard, told, told_of_yard


def only(said: list[Finding]) -> Finding:
    assert len(said) == 1, [(f.kind.name, f.standing.value) for f in said]
    return said[0]


def day(n: int) -> int:
    return n * DAY_US


def with_again(track: Track, first: int, last: int, later_h: float, times: float) -> Track:
    """The track with rows told once more some hours later, multiplied."""
    again = track.cut(first, last)
    return track.with_rows(
        np.concatenate([track.observed_us, again.observed_us]),
        np.concatenate([track.known_us, again.known_us + round(later_h * HOUR_US)]),
        np.concatenate([track.values, again.values * times]),
    )


@pytest.mark.parametrize("factor", [10.0, 100.0, 1000.0, 1e4, 1e-2, 1e-3, 1e-4])
def test_another_unit_is_found_on_its_first_day_and_mended(daily: Daily, noise: Noise, factor: float) -> None:
    output = noise(500.0, 0.03)
    output[50:] *= factor
    found = only(told(daily(output, Nature.RATE)))
    assert found.kind is Kind.UNIT_SWITCH
    assert found.since_us == day(51)
    assert found.found_us < day(52)
    assert found.factor == pytest.approx(1 / factor)


def test_a_fraction_told_as_per_cent_is_a_unit_on_its_first_day(daily: Daily, noise: Noise) -> None:
    share = np.round(noise(0.8, 0.05), 2)
    share[50:] = np.round(share[50:] * 70)
    found = only(told(daily(share, Nature.SHARE).cut(0, 51)))
    assert found.kind is Kind.UNIT_SWITCH
    assert found.factor == pytest.approx(0.01)


@pytest.mark.parametrize("factor", [10.0, 0.1, 100.0])
def test_a_lone_slip_of_the_point_is_over_the_next_day(daily: Daily, noise: Noise, factor: float) -> None:
    output = noise(500.0, 0.03)
    output[50] *= factor
    found = only(told(daily(output, Nature.RATE)))
    assert (found.kind, found.standing, found.since_us) == (Kind.DECIMAL_SLIP, Standing.OVER, day(51))
    assert found.factor == pytest.approx(1 / factor)


def test_a_stock_that_cannot_move_so_fast_jumped(daily: Daily, yard: Yard) -> None:
    stock, comes, burns = yard
    stock[50] *= 3.7
    found = told_of_yard(daily, stock, comes, burns)
    assert [f.kind for f in found] == [Kind.IMPOSSIBLE_JUMP]


def test_a_gauge_that_is_stuck_and_a_quote_that_is_frozen(daily: Daily, noise: Noise) -> None:
    level, price = noise(500.0, 0.03), noise(800.0, 0.01)
    level[50:60], price[50:60] = level[50], price[50]
    said = told(daily(level, Nature.RATE), daily(price, Nature.PRICE))
    assert [(f.kind, f.since_us) for f in said] == [(Kind.STUCK, day(51)), (Kind.FROZEN_QUOTE, day(51))]


def test_an_earlier_fortnight_sent_again_is_a_copy(daily: Daily, noise: Noise) -> None:
    output = noise(500.0, 0.03)
    output[50:60] = output[30:40]
    found = only(told(daily(output, Nature.RATE)))
    assert (found.kind, found.since_us, found.evidence) == (Kind.STALE_COPY, day(51), 20)


def test_a_copy_explains_the_jumps_at_its_ends(daily: Daily, yard: Yard) -> None:
    stock, _, _ = yard
    stock = stock * np.linspace(1.0, 0.1, 80)
    stock[55:65] = stock[5:15]
    said = told(daily(stock, Nature.STOCK, 1.0))
    assert Kind.STALE_COPY in {f.kind for f in said}
    assert Kind.IMPOSSIBLE_JUMP not in {f.kind for f in said}


def test_rows_sent_twice_are_told(daily: Daily, noise: Noise) -> None:
    said = told(with_again(daily(noise(500.0, 0.03), Nature.RATE), 40, 44, 5.0, 1.0))
    assert {f.kind for f in said} == {Kind.DUPLICATE}


def test_a_revision_is_no_duplicate(daily: Daily, noise: Noise) -> None:
    assert told(with_again(daily(noise(500.0, 0.03), Nature.RATE), 40, 41, 7.0, 1.02)) == []


@pytest.mark.parametrize("hours", [8.0, -8.0, 20.0, -24.0])
def test_a_clock_that_is_wrong_is_told_with_the_hours(daily: Daily, noise: Noise, hours: float) -> None:
    right = daily(noise(500.0, 0.03), Nature.RATE)
    observed = right.observed_us.copy()
    observed[50:] += round(hours * HOUR_US)
    found = only(told(replace(right, observed_us=observed)))
    assert found.kind is Kind.CLOCK_SKEW
    assert found.shift_us / HOUR_US == pytest.approx(-hours, abs=0.6)


def test_reports_that_merely_come_late_have_a_right_clock(daily: Daily, noise: Noise) -> None:
    right = daily(noise(500.0, 0.03), Nature.RATE)
    known = right.known_us.copy()
    known[50:60] += 10 * HOUR_US
    assert Kind.CLOCK_SKEW not in {f.kind for f in told(replace(right, known_us=known))}


def test_a_series_that_stays_away_is_silent_until_it_comes_back(daily: Daily, noise: Noise) -> None:
    right = daily(noise(500.0, 0.03), Nature.RATE)
    there = (right.observed_us < day(50)) | (right.observed_us > day(58))
    found = only(told(right.with_rows(right.observed_us[there], right.known_us[there], right.values[there])))
    assert (found.kind, found.standing, found.since_us) == (Kind.SILENCE, Standing.OVER, day(50))
    assert found.found_us < day(53)


@pytest.mark.parametrize("what", ["receipts halved", "stock written down"])
def test_a_place_that_does_not_balance_is_told(daily: Daily, yard: Yard, what: str) -> None:
    stock, comes, burns = yard
    if what == "receipts halved":
        comes[50:64] *= 0.5
    else:
        stock[50:] -= 22.0
    said = told_of_yard(daily, stock, comes, burns)
    assert {(f.kind, f.slot) for f in said} == {(Kind.MASS_IMBALANCE, 0)}


def test_a_finding_speaks_both_languages(daily: Daily, noise: Noise) -> None:
    output = noise(500.0, 0.03)
    output[50:] *= 1e4
    zh, en = sentences(only(told(daily(output, Nature.RATE))), "原煤产量", "raw coal output")
    assert "原煤产量：单位改变，自 1970-02-21" in zh
    assert "建议数值除以 10,000" in zh
    assert "raw coal output: unit switch since 1970-02-21" in en
    assert "divide values by 10,000" in en
