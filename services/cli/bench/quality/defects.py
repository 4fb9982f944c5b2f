"""Defects put into good series: one of each kind at a random place, with the truth beside it."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from detectors.series.quality.kinds import Kind, Nature
from services.cli.bench.quality.track import DAY_US, HOUR_US, Track, Yard

BEFORE, AFTER = 45, 12
"""Reports before the defect, and after it."""
_LONGEST = 16
_CLEARLY = 1.5
_MOVED = frozenset({Kind.STUCK, Kind.STALE_COPY, Kind.FROZEN_QUOTE})
_SCALED = frozenset({Kind.UNIT_SWITCH, Kind.DECIMAL_SLIP, Kind.IMPOSSIBLE_JUMP})
Dice = np.random.Generator


@dataclass(frozen=True)
class Case:
    """Series with one defect: of ``tracks[0]``, or of the place they make when ``is_yard``. ``plain`` are the same series without it. The defect
    lasts from ``start_us`` to ``end_us`` (times observed, as they truly were)."""

    kind: Kind
    tracks: tuple[Track, ...]
    plain: tuple[Track, ...]
    start_us: int
    end_us: int
    is_yard: bool = False
    comes: int = 0


@dataclass(frozen=True)
class Spot:
    """Rows of a track before, in and after the defect; the defect is rows [first, last) of ``track``."""

    track: Track
    first: int
    last: int


def cases_of(kind: Kind, tracks: list[Track], yards: list[Yard], count: int, dice: Dice) -> tuple[list[Case], int]:
    """So many cases of a kind, and at how many places it was not put in, because nobody could see it there (a gauge that stood still anyway,
    a comma moved in a zero). Fewer cases when the series do not hold so many places.
    """
    made: list[Case] = []
    skipped = 0
    for _ in range(count * 20):
        if len(made) == count:
            break
        case = _yard_case(yards, dice) if kind is Kind.MASS_IMBALANCE else _single(kind, tracks, yards, dice)
        if case is None:
            skipped += 1
        else:
            made.append(case)
    return made, skipped


def _single(kind: Kind, tracks: list[Track], yards: list[Yard], dice: Dice) -> Case | None:
    fitting = [
        t
        for t in tracks
        if (t.nature is Nature.PRICE) == (kind is Kind.FROZEN_QUOTE) or kind not in (Kind.STUCK, Kind.FROZEN_QUOTE)
    ]
    if not fitting:
        return None
    spot = _spot(fitting[int(dice.integers(len(fitting)))], kind, dice)
    if spot is None:
        return None
    worse = _MAKERS[kind](spot, dice)
    yard = next((y for y in yards if any(t.name == spot.track.name for t in y.tracks)), None)
    if worse is None or (kind in _SCALED and not _shows(spot, worse)):
        return None
    observed = spot.track.observed_us
    start, end = int(observed[spot.first]), int(observed[spot.last - 1])
    if yard is None:
        return Case(kind, (worse,), (spot.track,), start, end)
    # A series of a place comes with the others of its place, as it does in life.
    window = (int(observed[0]), int(observed[-1]) + 1)
    plain = tuple(spot.track if t.name == spot.track.name else _within(t, *window) for t in yard.tracks)
    told = tuple(worse if t.name == spot.track.name else t for t in plain)
    return Case(kind, told, plain, start, end, True, len(yard.comes))


def _spot(track: Track, kind: Kind, dice: Dice) -> Spot | None:
    """A random stretch; None where the series is too short or where the defect would change nothing."""
    if track.nature is Nature.CATEGORY or len(track) < BEFORE + _LONGEST + AFTER:
        return None
    at = int(dice.integers(BEFORE, len(track) - _LONGEST - AFTER + 1))
    cut = track.cut(at - BEFORE, at + _LONGEST + AFTER)
    length = _LENGTH[kind](dice)
    spot = Spot(cut, BEFORE, BEFORE + length)
    before, there = cut.values[:BEFORE], cut.values[BEFORE : BEFORE + length]
    if np.any(np.diff(cut.observed_us) <= 0):
        return None
    if kind in _MOVED and (
        np.count_nonzero(np.diff(cut.values)) < 0.7 * len(cut.values) or np.count_nonzero(there) < length
    ):
        return None
    if kind in _SCALED and (np.count_nonzero(before) < 0.7 * BEFORE or np.count_nonzero(there) < length):
        return None
    return spot


def _shows(spot: Spot, worse: Track) -> bool:
    """True when the first wrong value lies clearly outside everything the series told lately."""
    past, told = np.abs(spot.track.values[: spot.first]), worse.values[spot.first]
    return bool(told < 0 or told > _CLEARLY * past.max() or told * _CLEARLY < past[past > 0].min())


def _changed(spot: Spot, values: np.ndarray) -> Track:
    told = spot.track.values.copy()
    told[spot.first : spot.last] = values
    return replace(spot.track, values=told)


def _silence(spot: Spot, dice: Dice) -> Track:
    del dice
    keep = np.ones(len(spot.track), np.bool_)
    keep[spot.first : spot.last] = False
    t = spot.track
    return t.with_rows(t.observed_us[keep], t.known_us[keep], t.values[keep])


def _stuck(spot: Spot, dice: Dice) -> Track:
    del dice
    return _changed(spot, np.full(spot.last - spot.first, spot.track.values[spot.first]))


def _unit(spot: Spot, dice: Dice) -> Track:
    factor = float(dice.choice([10.0, 100.0, 1000.0, 10000.0])) ** int(dice.choice([-1, 1]))
    told = spot.track.values.copy()
    told[spot.first :] *= factor
    return replace(spot.track, values=told)


def _slip(spot: Spot, dice: Dice) -> Track:
    factor = float(dice.choice([10.0, 10.0, 10.0, 100.0])) ** int(dice.choice([-1, 1]))
    return _changed(spot, spot.track.values[spot.first : spot.last] * factor)


def _copy(spot: Spot, dice: Dice) -> Track | None:
    length = spot.last - spot.first
    back = int(dice.integers(length, BEFORE - 2))
    earlier = spot.track.values[spot.first - back : spot.last - back]
    is_same = np.mean(earlier == spot.track.values[spot.first : spot.last]) > 0.5
    return None if is_same or np.count_nonzero(np.diff(earlier)) < 0.7 * (length - 1) else _changed(spot, earlier)


def _twice(spot: Spot, dice: Dice) -> Track:
    t, again = spot.track, slice(spot.first, spot.last)
    later = int(dice.integers(60_000_000, 2 * t.cadence_us))
    known = np.maximum(t.known_us[again] + later, t.known_us[spot.last - 1] + 1)
    return t.with_rows(
        np.concatenate([t.observed_us, t.observed_us[again]]),
        np.concatenate([t.known_us, known]),
        np.concatenate([t.values, t.values[again]]),
    )


def _skew(spot: Spot, dice: Dice) -> Track:
    """A clock that is wrong by a part of a cadence, by whole hours (a time zone), or by a day."""
    cadence = spot.track.cadence_us
    choices = [0.4 * cadence, 0.8 * cadence, 8.0 * HOUR_US if cadence <= DAY_US else 2.0 * DAY_US, 1.0 * cadence]
    shift = round(float(dice.choice(choices))) * int(dice.choice([-1, 1]))
    observed = spot.track.observed_us.copy()
    observed[spot.first :] += shift
    return replace(spot.track, observed_us=observed)


def _jump(spot: Spot, dice: Dice) -> Track | None:
    """Beyond what can be, and no power of ten: three to eight times what ever was, or, of what cannot be negative, below zero."""
    t, there = spot.track, slice(spot.first, spot.last)
    high = float(np.max(np.abs(t.values[: spot.first])))
    told = np.full(spot.last - spot.first, high * float(dice.uniform(4.0, 8.0)))
    if t.nature is not Nature.OTHER and dice.random() < 0.2:
        return _changed(spot, -np.abs(t.values[there]))
    normal = np.abs(t.values[: spot.first])
    is_like_slip = any(normal.min() * 0.8 <= told[0] * 10.0**-k <= high * 1.25 for k in (1, 2))
    return None if is_like_slip else _changed(spot, told)


def _yard_case(yards: list[Yard], dice: Dice) -> Case | None:
    """Receipts or burn told by a half to twice what they were for two weeks, or a stock corrected without a word by weeks of burn."""
    if not yards:
        return None
    yard = yards[int(dice.integers(len(yards)))]
    lasts, begins = min(len(t) for t in yard.tracks), 0
    if lasts < BEFORE + 2 * _LONGEST:
        return None
    begins = int(dice.integers(BEFORE, lasts - _LONGEST - AFTER + 1))
    start = int(yard.stock.observed_us[begins])
    window = (start - BEFORE * yard.stock.cadence_us, start + (_LONGEST + AFTER) * yard.stock.cadence_us)
    plain = tuple(_within(t, *window) for t in yard.tracks)
    if min(len(t) for t in plain) < BEFORE:
        return None
    end = start + 14 * yard.stock.cadence_us
    which = int(dice.integers(len(plain)))
    worse = list(plain)
    told = plain[which]
    there = (told.observed_us >= start) & (told.observed_us < (end if which else window[1]))
    turnover = sum(float(np.mean(np.abs(t.values))) for t in plain[1:]) / 2
    if turnover <= 0 or np.count_nonzero(there) < 5:
        return None
    if which == 0:
        step = turnover * yard.stock.cadence_us / DAY_US * float(dice.uniform(2.0, 4.0)) * int(dice.choice([-1, 1]))
        values = np.where(there, told.values + step, told.values)
        if values.min() <= 0:
            return None
    else:
        if float(np.mean(told.values[there])) < 0.3 * turnover:
            return None
        values = np.where(there, told.values * float(dice.choice([0.35, 0.5, 1.6, 2.0])), told.values)
    worse[which] = replace(told, values=values)
    return Case(Kind.MASS_IMBALANCE, tuple(worse), plain, start, end, True, len(yard.comes))


def _within(track: Track, first_us: int, last_us: int) -> Track:
    there = (track.observed_us >= first_us) & (track.observed_us < last_us)
    return track.with_rows(track.observed_us[there], track.known_us[there], track.values[there])


_MAKERS: dict[Kind, Callable[[Spot, Dice], Track | None]] = {
    Kind.SILENCE: _silence,
    Kind.STUCK: _stuck,
    Kind.FROZEN_QUOTE: _stuck,
    Kind.UNIT_SWITCH: _unit,
    Kind.DECIMAL_SLIP: _slip,
    Kind.STALE_COPY: _copy,
    Kind.DUPLICATE: _twice,
    Kind.CLOCK_SKEW: _skew,
    Kind.IMPOSSIBLE_JUMP: _jump,
}
_LENGTH: dict[Kind, Callable[[Dice], int]] = {
    Kind.SILENCE: lambda dice: int(dice.integers(5, 13)),
    Kind.STUCK: lambda dice: int(dice.integers(10, _LONGEST + 1)),
    Kind.FROZEN_QUOTE: lambda dice: int(dice.integers(10, _LONGEST + 1)),
    Kind.UNIT_SWITCH: lambda dice: _LONGEST,
    Kind.DECIMAL_SLIP: lambda dice: 1,
    Kind.STALE_COPY: lambda dice: int(dice.integers(7, _LONGEST + 1)),
    Kind.DUPLICATE: lambda dice: int(dice.integers(1, 9)),
    Kind.CLOCK_SKEW: lambda dice: _LONGEST,
    Kind.IMPOSSIBLE_JUMP: lambda dice: int(dice.integers(1, 3)),
}
