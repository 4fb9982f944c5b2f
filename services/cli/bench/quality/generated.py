"""Generated series, so that the bench runs without any data: yards with receipts and burn, outputs, prices, per cents; by seed, always the same."""

import numpy as np

from detectors.series.detector import Floats, Integers
from detectors.series.quality.kinds import Nature
from services.cli.bench.quality.track import DAY_US, HOUR_US, Track, Yard, track_of

_SOURCE = "generated"
Dice = np.random.Generator


def generated(seed: int, yards: int = 24, days: int = 240) -> tuple[list[Track], list[Yard]]:
    """Tracks, and the places among them: as many yards, and half as many outputs (hourly), prices and loads each."""
    dice = np.random.default_rng(seed)
    daily = np.arange(1, days + 1, dtype=np.int64) * DAY_US
    hourly = np.arange(1, 24 * 12 + 1, dtype=np.int64) * HOUR_US
    places = [_yard(i, daily, dice) for i in range(yards)]
    tracks = [t for place in places for t in place.tracks]
    for i in range(yards // 2):
        tracks.append(_made(f"output.G{i}", Nature.RATE, hourly, _output(hourly, dice), dice))
        tracks.append(_made(f"price.G{i}", Nature.PRICE, daily, _price(len(daily), dice), dice))
        tracks.append(_made(f"load.G{i}", Nature.SHARE, daily, _load(len(daily), dice), dice))
    return tracks, places


def _made(
    name: str, nature: Nature, times: Integers, values: Floats, dice: Dice, through: float = float("nan")
) -> Track:
    return track_of(name, _SOURCE, nature, times.tolist(), values.tolist(), dice, through)


def _yard(number: int, times: Integers, dice: Dice) -> Yard:
    """A coal yard of 10 to 25 days: lumpy receipts steered towards its target, burn with a week in it."""
    burn = float(dice.uniform(5.0, 40.0))
    target = burn * float(dice.uniform(10.0, 25.0))
    n = len(times)
    uses = burn * (1.0 + 0.08 * np.sin(2 * np.pi * np.arange(n) / 7)) * np.exp(0.04 * dice.standard_normal(n))
    stock, stocks, comes = target, [], []
    for day in range(n):
        wanted = max(burn + (target - stock) / 10.0, 0.0)
        came = wanted * float(np.exp(0.3 * dice.standard_normal()))
        stock += came - float(uses[day])
        stocks.append(stock * (1.0 + 0.001 * float(dice.standard_normal())))
        comes.append(came)
    told = [np.round(np.array(v), 2) for v in (stocks, comes, uses)]
    names = [f"{what}.Y{number}" for what in ("stock", "inflow", "use")]
    return Yard(
        _made(names[0], Nature.STOCK, times, told[0], dice, burn),
        (_made(names[1], Nature.RATE, times, told[1], dice),),
        (_made(names[2], Nature.RATE, times, told[2], dice),),
    )


def _output(times: Integers, dice: Dice) -> Floats:
    hour = (times // HOUR_US) % 24
    base = float(dice.uniform(200.0, 5000.0)) * (1.0 + 0.1 * np.sin(2 * np.pi * hour / 24))
    made: Floats = np.round(base * np.exp(0.03 * dice.standard_normal(len(times))), 2)
    return made


def _price(n: int, dice: Dice) -> Floats:
    steps = 0.01 * dice.standard_t(4, n)
    made: Floats = np.round(
        float(dice.uniform(400.0, 2500.0)) * np.exp(np.cumsum(steps - 0.02 * np.cumsum(steps) / np.arange(1, n + 1))), 1
    )
    return made


def _load(n: int, dice: Dice) -> Floats:
    level = np.cumsum(0.8 * dice.standard_normal(n))
    load = 75.0 + 8.0 * np.tanh((level - level.mean()) / 10.0) + 2.0 * dice.standard_normal(n)
    made: Floats = np.round(np.clip(load, 5.0, 99.9), 1)
    return made
