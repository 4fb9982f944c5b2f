"""What every detector of single series must keep: restarts to the last bit, bounded memory as stated, slots, and settings that make sense."""

import pickle
from dataclasses import fields, is_dataclass, replace
from typing import Any, get_type_hints

import numpy as np
import pytest

from detectors.series.detector import Detector
from tests.series.conftest import DETECTORS, HOUR, START_US, Feed, Make, noise
from tests.series.test_every_input import mixture, same

MOST_BYTES = 500
# Detectors that may keep more than a level detector, and how much.
MORE_BYTES: dict[str, int] = {"ensemble": 8_000}


@pytest.mark.parametrize("at", [3, 12, 47, 300, 900])
def test_a_restart_in_mid_stream_goes_on_to_the_last_bit(make: Make, at: int) -> None:
    slots, times, values = mixture(at)
    first = Feed(make())
    first.rows(slots[:at], times[:at], values[:at])
    second = Feed(make())
    second.detector.restore(pickle.loads(pickle.dumps(first.detector.snapshot())))
    second.rounds.restore(first.rounds.snapshot())
    rest = slots[at:], times[at:], values[at:]
    assert same(first.rows(*rest).scored, second.rows(*rest).scored)
    assert second.has_state(first.state())


def test_a_snapshot_is_a_copy_both_ways(make: Make) -> None:
    feed = Feed(make())
    feed.hourly(noise(150))
    taken = feed.detector.snapshot()
    other = Feed(make())
    other.detector.restore(taken)
    feed.hourly(noise(50, 2), start=150)
    assert other.has_state(taken)
    other.hourly(noise(50, 3), start=150)
    again = Feed(make())
    again.detector.restore(taken)
    assert again.has_state(taken)
    assert not other.has_state(taken)


def test_memory_is_bounded_and_as_stated(make: Make) -> None:
    feed = Feed(make(), 1000)
    stated = 1000 * feed.detector.bytes_per_series
    assert sum(a.nbytes for a in feed.state().values()) == stated
    size = len(pickle.dumps(feed.detector))
    assert size - stated < 100_000, "memory beside what is stated per series"
    for start in range(0, 2500, 500):
        feed.hourly(noise(500, start), start=start)
    for hour in range(60):
        feed.rows(np.arange(1000), np.full(1000, START_US + (5000 + hour) * HOUR), noise(1000, hour))
    assert len(pickle.dumps(feed.detector)) - size < 2_000
    assert sum(a.nbytes for a in feed.state().values()) == stated


def test_memory_per_series_is_small(make: Make) -> None:
    detector = make()
    assert detector.bytes_per_series <= MORE_BYTES.get(detector.name, MOST_BYTES)


def test_forgotten_slots_are_as_new_and_the_others_stay(make: Make) -> None:
    feed, other = Feed(make()), Feed(make())
    for slot in range(4):
        feed.hourly(noise(150, slot), slot=slot)
    feed.detector.forget(np.array([1, 2]))
    feed.rounds.forget(np.array([1, 2]))
    for slot in (0, 3):
        other.hourly(noise(150, slot), slot=slot)
    assert feed.has_state(other.state())


def test_growing_changes_nothing_that_was_there(make: Make) -> None:
    feed = Feed(make(), 2)
    feed.hourly(noise(150), slot=1)
    feed.detector.grow(2)
    feed.detector.grow(9)
    feed.detector.grow(4)
    assert len(feed.detector) == 9
    wide = Feed(make(), 9)
    wide.hourly(noise(150), slot=1)
    assert feed.has_state(wide.state())


def test_has_a_name_and_a_version_that_tells_settings_apart(make: Make) -> None:
    detector = make()
    assert detector.name.isidentifier()
    assert detector.version == make().version
    assert altered(detector).version != detector.version


def test_a_snapshot_of_other_settings_is_refused_and_nothing_is_lost(make: Make) -> None:
    feed = Feed(make())
    feed.hourly(noise(150))
    before = feed.state()
    other = altered(feed.detector)
    other.grow(4)
    with pytest.raises(ValueError, match=feed.detector.name):
        feed.detector.restore(other.snapshot())
    assert feed.has_state(before)


def test_a_broken_snapshot_is_refused(make: Make) -> None:
    feed = Feed(make())
    with pytest.raises(ValueError, match="snapshot"):
        feed.detector.restore({})


SETTINGS = [
    pytest.param(cls, field.name, id=f"{cls.name}-{field.name}")
    for cls in DETECTORS
    for field in fields(cls().parameters)
    if get_type_hints(type(cls().parameters))[field.name] in (int, float)
]


@pytest.mark.parametrize(("cls", "name"), SETTINGS)
@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), float("-inf"), -1e18, 1e18])
def test_senseless_settings_are_refused_by_name(cls: type[Any], name: str, wrong: float) -> None:
    parameters = cls().parameters
    with pytest.raises(ValueError, match=name) as refusal:
        cls(replace(parameters, **{name: wrong}))
    assert str(wrong) in str(refusal.value), "the message says what was given"
    assert any(word in str(refusal.value) for word in ("between", "not", "right")), "and what would be right"


def altered(detector: Detector) -> Detector:
    """The same detector with another setting."""
    parameters = detector.parameters  # type: ignore[attr-defined]  # the suite asks it of every detector beside the contract
    assert is_dataclass(parameters)
    assert not isinstance(parameters, type)
    for field in fields(parameters):
        value = getattr(parameters, field.name)
        for other in (value + 1, value * 2, value / 2) if isinstance(value, int | float) else ():
            try:
                return type(detector)(replace(parameters, **{field.name: type(value)(other)}))  # type: ignore[call-arg]  # a detector is made of its settings
            except ValueError:
                continue
    raise AssertionError(f"{detector.name}: no setting can be changed")
