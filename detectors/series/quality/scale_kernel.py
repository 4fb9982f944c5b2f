"""The loop over rows of :mod:`detectors.series.quality.scale`."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from detectors.series.compiled import compiled, part, stamp
from detectors.series.detector import NEVER_US
from detectors.series.quality import scale_odds
from detectors.series.quality.kinds import Event, Kind, Nature
from detectors.series.quality.scale_odds import (
    ADOPTS,
    CRISES,
    ODDS,
    OTHER,
    QUEUE,
    RATE,
    RING,
    SHARE,
    TEN,
    WARM,
    fits,
    of_crisis,
    of_normal,
    past,
    together,
    weigh,
)

_ADOPTED, _CLOSED, _OPENED = int(Event.ADOPTED), int(Event.CLOSED), int(Event.OPENED)
_REVISED, _WITHDRAWN = int(Event.REVISED), int(Event.WITHDRAWN)
_UNIT, _SLIP, _JUMP = int(Kind.UNIT_SWITCH), int(Kind.DECIMAL_SLIP), int(Kind.IMPOSSIBLE_JUMP)
_FADES, _FADES_BELOW = 0.995, 0.9995
"""Per row, the remembered high; hardly while a series lies low, for what it once was it may be again."""
_LASTS = 3
"""Rows at one wrong scale that make it a unit."""
_JUMPS_STAND = 4
_RETURNS, _LESS = 30.0, 0.35
"""Odds that what is over after a single report was an error; a word on what is over may be less sure."""
_DOUBTS = 3
"""Rows that may be left in doubt before they are believed."""
_CATEGORY = int(Nature.CATEGORY)


@part
def _kind_of(power: int, nature: int, rows: int) -> int:
    """What a scale error is called after so many rows: what lasts is a unit; at first its size tells (per cent, thousands, 万)."""
    if rows >= _LASTS or abs(power) >= 3 or (nature == SHARE and abs(power) == 2):
        return _UNIT
    return _SLIP


@part
def _learn(s: Any, x: float, t: int) -> None:
    """Take in a value in its right scale."""
    if s.last_us != NEVER_US:
        gap = float(t - s.last_us)
        s.cadence_us = gap if s.cadence_us <= 0 else s.cadence_us + 0.1 * (min(gap, 3.0 * s.cadence_us) - s.cadence_us)
    fades = 1.0 if x == 0 else _FADES if abs(x) > 0.5 * s.high else _FADES_BELOW
    s.high = max(fades * s.high, abs(x))
    s.zeros += 0.05 * ((1.0 if x == 0 else 0.0) - s.zeros)
    if x != 0:
        s.ring[s.seen % RING] = math.log(abs(x))
        s.seen = s.seen + 1 if s.seen < 1_000_000_000 else s.seen - 999_999_960
    if x < 0:
        s.is_signed = 1
    s.last = x
    s.last_us = t


@part
def _restart(s: Any, x: float, t: int) -> None:
    """Begin anew at a level that stands."""
    for i in range(RING):
        s.ring[i] = math.log(abs(x)) if x != 0 else 0.0
    s.seen = RING
    s.high = abs(x)
    s.last, s.last_us = x, t
    s.is_signed = 1 if x < 0 else s.is_signed


@part
def _settle(s: Any) -> None:
    """Forget the finding."""
    s.power, s.kind, s.rows, s.jump = 0, 0, 0, 0.0


@part
def _believe(s: Any) -> None:
    """Take in what was doubted."""
    for i in range(s.doubts):
        _learn(s, s.doubted[i], s.doubted_us[i])
    s.doubts = 0


@part
def _change_unit(s: Any) -> None:
    """The new unit is the right one from here on."""
    for i in range(RING):
        s.ring[i] += s.power * TEN
    s.high *= 10.0**s.power
    s.last *= 10.0**s.power


@part
def _go_on(s: Any, y: float, t: int, nature: int, adopts: float) -> int:
    """One more row at the wrong scale; the event it makes."""
    s.rows += 1
    _learn(s, y, t)
    kind = _kind_of(s.power, nature, s.rows)
    event = _REVISED if kind != s.kind else 0
    s.kind = kind
    # What became too small in a way the world could have made is believed in the end; another unit is told until it is mended.
    could_be_true = s.power < 0 and nature in (RATE, QUEUE, OTHER)
    return _ADOPTED if could_be_true and s.rows >= adopts else event


@part
def _scaled(s: Any, x: float, t: int, nature: int, waited: float, elapsed: float, through: float, numbers: Any) -> int:
    """A row while the scale is wrong: it goes on, it is over, or it never was. Returns the event, -1 when it goes on without one."""
    y = x * 10.0**-s.power
    if x == 0:
        if s.power != -1 or s.zeros > 0.02:
            return -1
        s.kind = _SLIP if s.rows < _LASTS else s.kind
        _learn(s, x, t)
        return _WITHDRAWN
    is_on, is_back = fits(s, y, nature, waited, elapsed, through), fits(s, x, nature, waited, elapsed, through)
    if not is_on and not is_back:
        last, middle, walk, level = past(s, waited)
        on = of_normal(math.log(abs(y)), last, middle, walk, level) + numbers[CRISES] * of_crisis(
            s, y, last, nature, waited, elapsed, through
        )
        back = of_normal(math.log(abs(x)), last, middle, walk, level)
        if s.power == -1 and max(on, back) < 1e-3 and abs(y) < abs(s.last):
            _learn(s, x, t)
            return _WITHDRAWN
        is_back = back > on
        is_on = not is_back
    if is_on:
        event = _go_on(s, y, t, nature, numbers[ADOPTS])
        return event if event else -1
    if s.rows < _LASTS:
        s.kind = _SLIP
    _learn(s, x, t)
    return _CLOSED


@part
def _jumped(s: Any, x: float, t: int, is_right: bool) -> int:
    """A row after a jump: back, still there, or there for good."""
    if is_right:
        _learn(s, x, t)
        return _CLOSED
    is_near = x * s.jump > 0 and abs(math.log(x / s.jump)) < 0.4
    s.rows = s.rows + 1 if is_near else 1
    s.jump = x
    if s.rows >= _JUMPS_STAND:
        _restart(s, x, t)
        return _ADOPTED
    return -1


@part
def _is_back(s: Any, x: float) -> bool:
    """True for a value nearer to what was before the doubt than to what is doubted."""
    if x == 0 or s.doubted[0] == 0:
        return False
    before = s.ring[(s.seen - 1) % RING]
    return bool(s.last != 0 and abs(math.log(abs(x)) - before) < abs(math.log(abs(x / s.doubted[0]))))


@part
def _returned(s: Any, x: float, t: int, numbers: Any) -> int:
    """Back at the usual level. What a doubt was about is over, as errors are sooner than crises: the event."""
    if (
        s.doubts > 0
        and _is_back(s, x)
        and together(s.against_normal, s.against_crisis * _RETURNS) >= _LESS * numbers[ODDS]
    ):
        s.kind = _SLIP if s.doubt_power != 0 else _JUMP
        s.power, s.since_us, s.jump = s.doubt_power, s.doubted_us[0], s.doubted[0]
        s.doubts = 0
        _learn(s, x, t)
        return _CLOSED
    _believe(s)
    _learn(s, x, t)
    return 0


@part
def _doubt(s: Any, x: float, t: int, power: int, against_normal: float, against_crisis: float) -> float:
    """Leave a value in doubt beside those before it; the odds of all together: normal values are drawn anew each time, a crisis goes on."""
    if s.doubts > 0 and (power != s.doubt_power or (power == 0 and abs(math.log(abs(x / s.doubted[0]))) > 0.4)):
        _believe(s)
    if s.doubts == 0:
        s.against_normal, s.against_crisis, s.doubt_power = against_normal, against_crisis, power
    else:
        s.against_normal *= against_normal
    s.doubted[s.doubts], s.doubted_us[s.doubts] = x, t
    s.doubts += 1
    return together(s.against_normal, s.against_crisis)


@part
def _open(s: Any, x: float, t: int, nature: int) -> int:
    """Begin the finding of what is in doubt."""
    s.since_us, s.power, s.rows = s.doubted_us[0], s.doubt_power, s.doubts
    s.kind = _JUMP if s.power == 0 else _kind_of(s.power, nature, s.rows)
    s.jump = x if s.power == 0 else 0.0
    if s.power != 0:
        for i in range(s.doubts):
            _learn(s, s.doubted[i] * 10.0**-s.power, s.doubted_us[i])
    s.doubts = 0
    return _OPENED


@part
def _first(s: Any, x: float, t: int, nature: int, waited: float, elapsed: float, through: float, numbers: Any) -> int:
    """A row while nothing is wrong yet. Returns the event, 0 for none, -1 for a doubt."""
    if fits(s, x, nature, waited, elapsed, through):
        return _returned(s, x, t, numbers)
    if x == 0 or (x < 0 and (nature == OTHER or abs(x) < 0.01 * s.high)):
        _believe(s)
        _learn(s, x, t)
        return 0
    if x < 0 and s.is_signed == 0:
        power, against_normal, against_crisis = 0, 1e9, 1e9
    else:
        power, against_normal, against_crisis = weigh(s, x, nature, waited, elapsed, through, numbers)
    if together(against_normal, against_crisis * _RETURNS) < 1.0:
        return _returned(s, x, t, numbers)
    if _doubt(s, x, t, power, against_normal, against_crisis) >= numbers[ODDS]:
        return _open(s, x, t, nature)
    if s.doubts == _DOUBTS:
        _believe(s)
        return 0
    return -1


@part
def _judged(s: Any, x: float, t: int, nature: int, through: float, numbers: Any) -> int:
    """The event of a row, 0 or -1 for none."""
    elapsed = float(t - s.last_us)
    waited = min(max(elapsed / s.cadence_us, 1.0), 30.0) if s.cadence_us > 0 else 1.0
    if s.kind == 0:
        return _first(s, x, t, nature, waited, elapsed, through, numbers)
    if s.power != 0:
        return _scaled(s, x, t, nature, waited, elapsed, through, numbers)
    is_right = fits(s, x, nature, waited, elapsed, through)
    if not is_right and x != 0 and (x > 0 or s.is_signed == 1):
        _, against_normal, against_crisis = weigh(s, x, nature, waited, elapsed, through, numbers)
        is_right = together(against_normal, against_crisis) < 1.0
    return _jumped(s, x, t, is_right)


@part
def _end(s: Any, event: int) -> None:
    """Forget a finding that ended; a unit that stands is the right one from here on."""
    if event == _ADOPTED and s.power != 0:
        _change_unit(s)
    if event in (_CLOSED, _WITHDRAWN, _ADOPTED):
        _settle(s)


def _loop(mark: str) -> Callable[..., None]:
    """The loop, kept for these very parts: the compiler looks at one file, the mark makes it see the others."""

    @compiled
    def judge_rows(
        state: Any, spare: Any, slots: Any, times: Any, values: Any, is_fed: Any, is_asked: Any, nature: Any, through: Any, numbers: Any,
        kinds: Any, events: Any, since: Any, evidence: Any, factor: Any,
    ) -> None:  # fmt: skip
        """Judge and learn rows in order; fills the last five columns. Of rows that are only asked about, nothing is learnt and no event told: would
        they be right, came they next? ``spare`` is room for one series."""
        if len(mark) == 0:
            return
        for i in range(len(slots)):
            s = state[slots[i]]
            x, t, what = values[i], times[i], nature[slots[i]]
            if is_asked[i] and what != _CATEGORY and s.seen >= numbers[WARM]:
                spare[0] = state[slots[i]]
                asked = spare[0]
                event = _judged(
                    asked, x, asked.last_us + max(np.int64(asked.cadence_us), 1), what, through[slots[i]], numbers
                )
                if asked.kind != 0 and event not in (_CLOSED, _WITHDRAWN, _ADOPTED):
                    kinds[i], since[i] = asked.kind, t
                    factor[i] = 10.0**-asked.power if asked.power != 0 else np.nan
                continue
            if not is_fed[i] or what == _CATEGORY or t <= s.last_us:
                continue
            if s.seen < numbers[WARM]:
                _learn(s, x, t)
                continue
            before = s.last
            event = _judged(s, x, t, what, through[slots[i]], numbers)
            if s.kind != 0:
                kinds[i], since[i] = s.kind, s.since_us
                events[i] = max(event, 0)
                told = s.jump if s.power != 0 and s.jump != 0 and event == _CLOSED else x
                evidence[i] = told / before if before != 0 else np.inf
                factor[i] = 10.0**-s.power if s.power != 0 else np.nan
                _end(s, event)

    return judge_rows


judge_rows = _loop(stamp(vars(scale_odds)))
"""Judges rows; see the inner function for its arguments."""
