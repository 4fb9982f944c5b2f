"""Rows that come late or are corrected: judged as if they had come in their place, and learnt so that nothing later can tell."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.series.bank import Bank, BankJudged, level_detectors, standard_detectors
from detectors.series.detector import Detector, Floats, Integers
from detectors.series.revisable import Reach, RevisableBank
from tests.series.conftest import HOUR, START_US, noise

REACH = 4
Rows = tuple[Integers, Integers, Integers, Floats]


def level_bank(reach: int = REACH) -> RevisableBank:
    return _with_slots(RevisableBank(lambda: {d.name: d for d in level_detectors()}, Reach(reach)))


def standard() -> dict[str, Detector]:
    return {d.name: d for d in standard_detectors()}


def _with_slots(bank: RevisableBank) -> RevisableBank:
    bank.grow(3)
    return bank


def told(order: Any, values: Any, *, slot: int = 0, issue: int = 0) -> Rows:
    """Hourly rows of one slot that come in this order of hours."""
    hours = np.asarray(order, np.int64)
    issued = np.full(len(hours), issue, np.int64)
    return np.full(len(hours), slot, np.int64), START_US + hours * HOUR, issued, np.asarray(values, np.float64)[hours]


def joined(*parts: Rows) -> Rows:
    return tuple(np.concatenate(columns) for columns in zip(*parts, strict=True))  # type: ignore[return-value]  # as many columns as the parts have, which is Rows


def head(bank: RevisableBank) -> dict[str, bytes]:
    """What the detectors know now."""
    return {k: a.tobytes() for k, a in bank.snapshot().items() if k.startswith("head.")}


def same(one: BankJudged, other: BankJudged) -> bool:
    return (
        np.array_equal(one.is_taken, other.is_taken)
        and np.array_equal(one.previous_us[one.is_taken], other.previous_us[one.is_taken])
        and all(
            np.array_equal(a[one.is_taken], b[one.is_taken], equal_nan=True)
            for name in one.scored
            for a, b in zip(vars(one.scored[name]).values(), vars(other.scored[name]).values(), strict=True)
        )
    )


def picked(judged: BankJudged, row: int) -> list[float]:
    return [float(c[row]) for s in judged.scored.values() for c in vars(s).values()]


def in_order(rows: Rows) -> Bank:
    """A plain bank that is told the newest issue of each time, in order."""
    newest: dict[tuple[int, int], tuple[int, float]] = {}
    for slot, t, issued, value in zip(*(c.tolist() for c in rows), strict=True):
        if (slot, t) not in newest or issued > newest[slot, t][0]:
            newest[slot, t] = issued, value
    bank = Bank(level_detectors())
    bank.grow(3)
    at = sorted(newest)
    slots, times = (np.array([k[i] for k in at], np.int64) for i in (0, 1))
    bank.judge(slots, times, np.array([newest[k][1] for k in at]))
    return bank


def test_a_late_row_is_judged_by_what_lay_before_it_and_later_rows_know_it() -> None:
    values = noise(60)
    values[50] = 180.0
    bank = level_bank(8)
    bank.judge(*told([*range(50), 51, 52], values))
    late = bank.judge(*told([50], values))
    plain = Bank(level_detectors())
    plain.grow(3)
    slots, times, _, told_values = told(range(60), values)
    expected = plain.judge(slots, times, told_values)
    assert late.is_taken[0]
    assert late.is_late[0]
    assert late.scored["robust_level"].p_value[0] < 1e-6
    assert picked(late, 0) == picked(expected, 50)
    rest = bank.judge(*told(range(53, 60), values))
    assert picked(rest, 6) == picked(expected, 59)


def test_a_correction_takes_the_place_of_what_it_corrects() -> None:
    values, wrong = noise(60), noise(60)
    wrong[50] = 1000.0
    bank = level_bank(8)
    assert bank.judge(*told(range(53), wrong)).scored["robust_level"].p_value[50] < 1e-6
    again = bank.judge(*told([50], values, issue=1))
    assert again.is_taken[0]
    assert again.scored["robust_level"].p_value[0] > 0.01
    assert head(bank) == {f"head.{k}": a.tobytes() for k, a in in_order(told(range(53), values)).snapshot().items()}


@pytest.mark.parametrize(("issue", "value"), [(0, 100.0), (-1, 100.0), (1, None)])
def test_an_older_issue_and_the_same_value_again_say_nothing(issue: int, value: float | None) -> None:
    values = noise(40)
    bank = level_bank()
    bank.judge(*told(range(40), values))
    before = head(bank)
    repeat = values.copy() if value is None else np.full(40, value)
    assert not bank.judge(*told([38], repeat, issue=issue)).is_taken.any()
    assert head(bank) == before


def test_what_lies_beyond_reach_is_not_taken() -> None:
    values = noise(60)
    bank = level_bank()
    bank.judge(*told(range(1, 60), values))
    before = head(bank)
    assert not bank.judge(*told([0], values)).is_taken.any()
    assert head(bank) == before
    assert bank.judge(*told([59 - REACH], values + 1, issue=1)).is_taken.all(), (
        "the newest rows can always be corrected"
    )


@st.composite
def disorder(draw: Any) -> Rows:
    """Rows of three series, each displaced by no more than the reach, with corrections of some, and nonsense."""
    parts = []
    for slot in range(3):
        n = draw(st.integers(0, 30))
        values = noise(n or 1, draw(st.integers(0, 9)))
        behind = draw(st.lists(st.integers(0, REACH - 1), min_size=n, max_size=n))
        order = np.argsort(np.arange(n) + np.array(behind, np.int64), kind="stable")
        rows = told(order, values, slot=slot)
        mended = [int(order[k]) for k in draw(st.lists(st.integers(0, max(n - 1, 0)), max_size=3)) if n]
        for k, hour in enumerate(mended):
            at = int(np.flatnonzero(order == hour)[0]) + 1
            parts_of = (tuple(c[:at] for c in rows), told([hour], values + 3 + k, slot=slot, issue=k + 1))
            rows = joined(*parts_of, tuple(c[at:] for c in rows))  # type: ignore[arg-type]  # four columns, as rows has
            order = np.insert(order, at, -1)
        parts.append(rows)
    whole = joined(*parts)
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    turns = rng.permutation(np.repeat(np.arange(3), [len(p[0]) for p in parts]))
    mixed = np.argsort(np.argsort(turns, kind="stable"), kind="stable")
    return tuple(c[mixed] for c in whole)  # type: ignore[return-value]  # four columns, as whole has


@settings(max_examples=60, deadline=None)
@given(disorder())
def test_after_any_disorder_within_reach_all_is_known_as_in_order(rows: Rows) -> None:
    bank = level_bank()
    judged = bank.judge(*rows)
    _, first = np.unique(np.stack(rows[:2]), axis=1, return_index=True)
    assert judged.is_taken[first].all()
    assert head(bank) == {f"head.{k}": a.tobytes() for k, a in in_order(rows).snapshot().items()}


@settings(max_examples=40, deadline=None)
@given(disorder(), st.lists(st.integers(0, 90), max_size=6))
def test_any_cut_and_a_restart_at_each_say_the_same(rows: Rows, cuts: list[int]) -> None:
    whole, parts = level_bank(), level_bank()
    expected = whole.judge(*rows)
    edges = [0, *sorted(min(c, len(rows[0])) for c in cuts), len(rows[0])]
    row = 0
    for begin, end in pairwise(edges):
        again = level_bank()
        again.restore(parts.snapshot())
        parts = again
        slots, times, issued, values = rows
        judged = parts.judge(slots[begin:end], times[begin:end], issued[begin:end], values[begin:end])
        for i in range(end - begin):
            assert picked(judged, i) == pytest.approx(picked(expected, row), abs=0, nan_ok=True)
            row += 1
    assert head(parts) == head(whole)


def test_without_disorder_it_says_what_a_plain_bank_says() -> None:
    rng = np.random.default_rng(5)
    slots = rng.integers(0, 3, 600)
    hours = np.array([np.count_nonzero(slots[:i] == s) for i, s in enumerate(slots)])
    values = noise(600)
    values[::97] = np.nan
    plain, bank = Bank(), _with_slots(RevisableBank(standard))
    plain.grow(3)
    times = START_US + hours * HOUR
    expected = plain.judge(slots, times, values)
    judged = bank.judge(slots, times, times, values)
    assert same(judged, expected)
    assert not judged.is_late.any()


def test_memory_is_bounded_and_as_stated() -> None:
    bank = RevisableBank(standard)
    bank.grow(100)
    room_to_count = 3 * 4 * 100
    assert sum(a.nbytes for a in bank.snapshot().values()) + room_to_count == 100 * bank.bytes_per_series
    assert bank.bytes_per_series <= 3 * Bank().bytes_per_series + 1200


def test_forgotten_slots_know_nothing() -> None:
    values = noise(40)
    bank, fresh = level_bank(), level_bank()
    bank.judge(*told([*range(38), 39, 38], values))
    bank.forget(np.arange(3))
    assert {k: a.tobytes() for k, a in bank.snapshot().items()} == {k: a.tobytes() for k, a in fresh.snapshot().items()}


@pytest.mark.parametrize("rows", [0, -3, 100_000])
def test_a_senseless_reach_is_refused(rows: int) -> None:
    with pytest.raises(ValueError, match=f"rows {rows} is not between"):
        Reach(rows)


def test_unknown_slots_and_uneven_columns_are_refused() -> None:
    bank = level_bank()
    with pytest.raises(IndexError, match="0 to 2 are known"):
        bank.judge(*told([0], noise(1), slot=3))
    with pytest.raises(ValueError, match="equal lengths"):
        bank.judge(np.zeros(2, np.int64), *told([0], noise(1))[1:])
