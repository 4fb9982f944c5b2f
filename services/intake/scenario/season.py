"""The calendar of use and output: hour of the day, weekday, season, heating, Spring Festival.

Factors multiply the mean over the year and are about 1. They are [own knowledge] shapes, kept moderate on purpose: a
chain that runs at 95 % of its capacity cannot carry more for a whole winter.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache

import numpy as np
from lunardate import LunarDate

from schemas.chain import Node
from services.intake.scenario.layout import Floats

# several lives of one scenario ask the same hours again: two months of them for the few kinds of user
_ASKED_AGAIN = 16_384

CHINA = timezone(timedelta(hours=8))

# product -> month by month (January first), interpolated between the middles of the months
_MONTHS: Mapping[str, tuple[float, ...]] = {
    "steam_coal": (1.030, 1.015, 0.990, 0.960, 0.960, 0.990, 1.030, 1.030, 0.985, 0.970, 1.000, 1.030),
    "electricity": (1.040, 1.020, 0.985, 0.965, 0.965, 0.995, 1.040, 1.035, 0.985, 0.965, 0.995, 1.035),
    "urea": (0.980, 1.030, 1.040, 1.010, 0.980, 1.030, 1.030, 0.980, 0.970, 0.970, 0.975, 0.975),
    "sng": (1.020, 1.015, 1.005, 0.990, 0.985, 0.985, 0.990, 0.990, 0.990, 1.000, 1.010, 1.020),
}
_YEAR_DAYS = 365.25
_HEATING = {"heated": 0.020, "idle": -0.010}
_MID_MONTH = np.array([15.2 + 30.42 * i for i in range(12)])
# A month more on either side, for the year goes round; np.interp with a period would lay that out anew each time.
_KNOTS = np.concatenate([_MID_MONTH[-1:] - _YEAR_DAYS, _MID_MONTH, _MID_MONTH[:1] + _YEAR_DAYS])
_SEASONS = {product: np.array([year[-1], *year, year[0]]) for product, year in _MONTHS.items()}
_FLAT = np.ones(len(_KNOTS))
_DAILY = {"electricity": 0.060, "steam_coal": 0.030}
_WEEKEND = {"electricity": -0.020, "steam_coal": -0.010}
_FESTIVAL_USE = {"electricity": -0.080, "steam_coal": -0.060, "sng": -0.010}
_FESTIVAL_OUTPUT = {"mine": -0.080}
_FESTIVAL_DAYS = (-5, 10)


@lru_cache(maxsize=256)
def spring_festival(year: int) -> date:
    """First day of the lunar year that begins in ``year``.

    >>> spring_festival(2022)
    datetime.date(2022, 2, 1)
    """
    return LunarDate(year, 1, 1).to_solar_date()  # type: ignore[no-any-return]  # lunardate has no types


@lru_cache(maxsize=_ASKED_AGAIN)
def festival_strength(moment: datetime) -> float:
    """How far the country rests: 1 in the middle of the festival, falling to 0 at five days before and ten days after it."""
    day = moment.astimezone(CHINA)
    first = spring_festival(day.year)
    offset = (day - datetime(first.year, first.month, first.day, tzinfo=CHINA)) / timedelta(days=1)
    before, after = _FESTIVAL_DAYS
    if offset < before or offset > after:
        return 0.0
    return min(1.0, (offset - before) / 4.0, (after - offset) / 4.0)


def is_heating(moment: datetime) -> bool:
    """True from 15 November to 15 March, the heating season of North China."""
    day = moment.astimezone(CHINA)
    return (day.month, day.day) >= (11, 15) or (day.month, day.day) < (3, 15)


def use_factors(nodes: Sequence[Node], moment: datetime) -> Floats:
    """Factor of use per node at ``moment``; only demand nodes are meant to read it."""
    known = {key: _use_factor(*key, moment) for key in {_season_key(n) for n in nodes}}
    return np.array([known[_season_key(n)] for n in nodes])


def output_factors(nodes: Sequence[Node], moment: datetime) -> Floats:
    """Factor of planned output per node at ``moment``: miners go home at Spring Festival, night shifts are a little weaker."""
    strength = festival_strength(moment)
    night = -0.02 if moment.astimezone(CHINA).hour < 6 else 0.00667
    return np.array(
        [1.0 + _FESTIVAL_OUTPUT.get(n.kind, 0.0) * strength + (night if n.kind == "mine" else 0.0) for n in nodes]
    )


def _season_key(node: Node) -> tuple[str, bool]:
    return node.product, "供热" in node.name_zh


@lru_cache(maxsize=_ASKED_AGAIN)
def _use_factor(product: str, is_heat: bool, moment: datetime) -> float:
    local = moment.astimezone(CHINA)
    day = local.timetuple().tm_yday + local.hour / 24.0
    season = float(np.interp(day % _YEAR_DAYS, _KNOTS, _SEASONS.get(product, _FLAT)))
    if is_heat:
        season += _HEATING["heated" if is_heating(moment) else "idle"]
    daily = _DAILY.get(product, 0.0) * float(np.sin((local.hour - 9.0) / 24.0 * 2.0 * np.pi))
    weekend = _WEEKEND.get(product, 0.0) if local.weekday() >= 5 else 0.0
    return season + daily + weekend + _FESTIVAL_USE.get(product, 0.0) * festival_strength(moment)
