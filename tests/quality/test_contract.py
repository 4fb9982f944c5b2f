"""What the watch promises whatever comes in: bounded memory, any cut into batches, restart in mid-stream, no trouble with odd numbers."""

from collections.abc import Callable

import numpy as np
import pytest

from detectors.series.detector import Floats
from detectors.series.quality.balance import BalanceSettings
from detectors.series.quality.kinds import Nature
from detectors.series.quality.places import Place
from detectors.series.quality.repeat import RepeatSettings
from detectors.series.quality.reports import Reports
from detectors.series.quality.scale import ScaleSettings
from detectors.series.quality.timing import TimingSettings
from detectors.series.quality.watch import Watch, Watched
from services.cli.bench.quality.track import DAY_US

Noise = Callable[..., Floats]
Rows = Callable[..., Reports]
PLACE = (Place(0, (1,), (2,)),)
NATURES = np.array([Nature.STOCK, Nature.RATE, Nature.RATE], np.int8)


def watch() -> Watch:
    return Watch(NATURES, np.array([10.0, np.nan, np.nan]), PLACE)


@pytest.fixture
def spoilt(rows: Rows, yard: tuple[Floats, Floats, Floats]) -> Reports:
    """A yard with something wrong everywhere."""
    stock, comes, burns = yard
    stock[30] *= 10.0
    comes[40:] *= 1000.0
    burns[50:62] = burns[50]
    stock[60:] -= 30.0
    return rows(stock, comes, burns)


def part(rows: Reports, first: int, last: int) -> Reports:
    return Reports(
        rows.slots[first:last], rows.observed_us[first:last], rows.known_us[first:last], rows.values[first:last]
    )


def said(watched: Watched) -> np.ndarray:
    tables = (watched.timing, watched.scale, watched.balance, watched.repeat)
    return np.stack(
        [np.nan_to_num(getattr(t, n).astype(float)) for t in tables for n in ("kind", "event", "since_us", "evidence")]
    )


def test_any_cut_into_batches_gives_the_same_verdicts(spoilt: Reports) -> None:
    whole, pieces = watch(), watch()
    at_once = said(whole.take(spoilt))
    one_by_one = np.concatenate([said(pieces.take(part(spoilt, i, i + 1))) for i in range(len(spoilt))], axis=1)
    assert np.array_equal(at_once, one_by_one)
    assert at_once.any()


def test_a_restart_in_mid_stream_goes_on_to_the_last_bit(spoilt: Reports) -> None:
    first, second = watch(), watch()
    first.take(part(spoilt, 0, 130))
    second.restore(first.snapshot())
    assert np.array_equal(said(first.take(part(spoilt, 130, 240))), said(second.take(part(spoilt, 130, 240))))
    assert all(np.array_equal(table, second.snapshot()[name]) for name, table in first.snapshot().items())


def test_a_snapshot_of_other_settings_is_refused() -> None:
    with pytest.raises(ValueError, match="is right"):
        watch().restore({"scale 0-abc": np.zeros(3)})


def test_memory_is_at_most_500_bytes_a_series_and_detector_and_never_grows(spoilt: Reports) -> None:
    it = watch()
    detectors = (it.timing, it.scale, it.repeat, it.balance)
    before = [d.state.nbytes for d in detectors]
    it.take(spoilt)
    assert [d.state.nbytes for d in detectors] == before
    assert all(d.bytes_per_series <= 500 for d in detectors)


def test_one_series_never_speaks_for_another(spoilt: Reports) -> None:
    alone = spoilt.slots == 1
    of_its_own = Watch(NATURES[1:2], np.array([np.nan]))
    rows = Reports(spoilt.slots[alone] - 1, spoilt.observed_us[alone], spoilt.known_us[alone], spoilt.values[alone])
    assert np.array_equal(of_its_own.take(rows).scale.kind, watch().take(spoilt).scale.kind[alone])


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf, 1e308, -1e308, 1e-320, 0.0])
def test_odd_numbers_neither_raise_nor_blind(rows: Rows, noise: Noise, odd: float) -> None:
    values = noise(500.0, 0.03)
    values[20:23] = odd
    values[50:] *= 100.0
    it = Watch(np.array([Nature.RATE], np.int8), np.array([np.nan]))
    watched = it.take(rows(values))
    assert watched.scale.kind[55] != 0
    assert not watched.is_trusted[20] or abs(odd) < 1.0


@pytest.mark.parametrize("scale", [1e-12, 1e12])
@pytest.mark.parametrize("start_year", [1900, 2200])
def test_huge_and_tiny_scales_and_far_dates(rows: Rows, noise: Noise, scale: float, start_year: int) -> None:
    values = noise(scale, 0.03)
    values[50:] *= 100.0
    told = rows(values)
    away = (start_year - 1970) * 365 * DAY_US
    it = Watch(np.array([Nature.RATE], np.int8), np.array([np.nan]))
    watched = it.take(Reports(told.slots, told.observed_us + away, told.known_us + away, told.values))
    assert np.flatnonzero(watched.scale.kind)[0] == 50


def test_a_constant_series_is_left_alone(rows: Rows) -> None:
    it = Watch(np.array([Nature.RATE], np.int8), np.array([np.nan]))
    assert not it.take(rows(np.full(80, 7.0))).repeat.kind.any()


def test_a_slot_that_was_forgotten_knows_nothing(spoilt: Reports) -> None:
    it = watch()
    it.take(spoilt)
    it.forget(np.array([0, 1, 2]))
    fresh = watch()
    assert all(
        np.array_equal(d.state, f.state)
        for d, f in ((it.scale, fresh.scale), (it.repeat, fresh.repeat), (it.timing, fresh.timing))
    )


def test_senseless_settings_and_rows_are_refused_with_what_would_be_right() -> None:
    for made in (
        lambda: ScaleSettings(odds=0.0),
        lambda: ScaleSettings(warm_up=500),
        lambda: RepeatSettings(stuck_chance=0.5),
        lambda: TimingSettings(silent_cadences=0.1),
        lambda: BalanceSettings(gross=-1.0),
        lambda: Place(0, (), ()),
        lambda: Place(0, (0,), (1,)),
        lambda: Watch(np.array([99], np.int8), np.array([np.nan])),
        lambda: Watch(NATURES, np.array([1.0])),
        lambda: Watch(NATURES, np.full(3, np.nan), (Place(0, (7,), ()),)),
    ):
        with pytest.raises(ValueError, match=r"right|between|above|at least|once"):
            made()
    with pytest.raises(IndexError, match="0 to 2 are right"):
        watch().take(Reports(np.array([5]), np.array([1]), np.array([1]), np.array([1.0])))
