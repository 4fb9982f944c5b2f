"""The heat of the coal at each consumer: as it reports it, else by the blend that lately arrived."""

from collections.abc import Callable

import numpy as np
from msgspec import Struct

from schemas.chain import Series
from services.risk.blueprint import Blueprint
from services.risk.evidence import HOUR_US, Evidence
from services.risk.heat import HeldHeat, blend_heat, coal_links, flown_grades, is_coal_consumer
from services.risk.state.estimate import Floats
from services.risk.state.network import Living
from services.risk.state.reading import read
from services.risk.state.usual import WINDOW_DAYS, usual_of

Speaker = Callable[[int], tuple[Series | None, float]]
"""The series that tells the flow of a link per day, and the link's usual part of it."""

_WINDOWS_D = (1, 3, 7, 14)


class _Usual(Struct, frozen=True):
    """What holds as long as a network does: usual heat by consumer, and the speaker of each coal link with its part."""

    living: Living
    heat: dict[int, float]
    speakers: list[tuple[int, Series, float]]


class _Arrivals(Struct, frozen=True):
    """Rates per hour over links (L) in a window, the heat that came to each consumer, and the age of the newest report of it."""

    flow: Floats
    heat: dict[int, float]
    age_h: dict[int, float]


class Calorimeter:
    """Tells the heat at the consumers of one chain. What came is blended by the flows of a window about as long as the stock lasts, at most 14 days;
    what is older is the usual blend. The way through railways and ports takes no time in this."""

    def __init__(self, blueprint: Blueprint, evidence: Evidence) -> None:
        self._b, self._evidence = blueprint, evidence
        self.consumers = [account for account in blueprint.stocks if is_coal_consumer(blueprint, account)]
        self._coal_links = coal_links(blueprint)
        self._usual: _Usual | None = None

    def held(self, living: Living, tonnes: Floats, as_of_us: int, speaker: Speaker) -> dict[int, HeldHeat]:
        """Heat by account of a consumer with ``tonnes`` (A) at hand; those of which nothing is known are left out."""
        if self._usual is None or self._usual.living is not living:
            self._usual = self._learn(living, speaker)
        usual = self._usual.heat
        windows: dict[int, _Arrivals] = {}
        found = {}
        for account in self.consumers:
            told = self._reported(account, usual.get(account), as_of_us)
            if told is None and account in usual:
                days = _window(float(tonnes[account]), 24 * float(living.rest.through[account]))
                if days not in windows:
                    windows[days] = self._arrivals(self._usual, days, as_of_us)
                told = self._by_arrivals(account, usual[account], float(tonnes[account]), days, windows[days])
            if told is not None:
                found[account] = told
        return found

    def _learn(self, living: Living, speaker: Speaker) -> _Usual:
        told = [(number, *speaker(number)) for number in self._coal_links]
        speakers = [(number, series, share) for number, series, share in told if series is not None]
        return _Usual(living, self._heat_of(living.rest.flow), speakers)

    def _heat_of(self, flow: Floats) -> dict[int, float]:
        """Mean heat of what each consumer gets by the flows."""
        if not self._b.chain.qualities:
            return {}
        grades = flown_grades(self._b, flow)
        means = {a: blend_heat(self._b, grades, flow, self._into(a)) for a in self.consumers}
        return {a: mean for a, mean in means.items() if mean is not None}

    def _into(self, account: int) -> list[int]:
        return self._b.structure.in_links[self._b.arrival_of.get(account, account)]

    def _reported(self, account: int, blend: float | None, as_of_us: int) -> HeldHeat | None:
        series = self._b.of_account[account].heat_value
        history = self._evidence.of(series.id) if series else None
        if series is None or history is None:
            return None
        reading = read(self._evidence, series, as_of_us)
        if reading.row is None or reading.trust <= 0 or reading.row.value <= 0:
            return None
        value = reading.row.value
        usual = usual_of(history.day_means(as_of_us, WINDOW_DAYS), blend or 0.0).rate
        return HeldHeat(value, usual if usual > 0 else value, reading.age_h, is_reported=True)

    def _by_arrivals(self, account: int, usual: float, tonnes: float, days: int, came: _Arrivals) -> HeldHeat:
        arrived = 24 * days * float(came.flow[self._into(account)].sum())
        part = min(1.0, arrived / tonnes) if tonnes > 0 else 1.0
        heat = part * came.heat.get(account, usual) + (1.0 - part) * usual
        return HeldHeat(heat, usual, came.age_h.get(account))

    def _arrivals(self, usual: _Usual, days: int, as_of_us: int) -> _Arrivals:
        flow = usual.living.rest.flow.copy()
        age: dict[int, float] = {}
        for number, series, share in usual.speakers:
            history = self._evidence.of(series.id)
            newest = history.newest(as_of_us) if history else None
            if history is None or newest is None:
                continue
            age_h = (as_of_us - newest.observed_us) / HOUR_US
            mean = history.mean(as_of_us, int(max(24.0 * days, series.cadence_h) * HOUR_US))
            if mean is not None and age_h <= max(series.silence_h, 24.0):
                flow[number] = max(0.0, mean * share / 24)
                age[number] = age_h
        self._keep_usual_where_nothing_came(flow, usual.living.rest.flow)
        ages = {a: [age[k] for k in self._into(a) if k in age] for a in self.consumers}
        return _Arrivals(flow, self._heat_of(flow), {a: min(told) for a, told in ages.items() if told})

    def _keep_usual_where_nothing_came(self, flow: Floats, usual: Floats) -> None:
        """A port that got nothing still sends what it got before."""
        targets = np.array([k.target for k in self._b.structure.links], dtype=np.int64)
        came = np.bincount(targets, weights=flow, minlength=len(self._b.places))
        is_dry = came[targets] <= 0
        flow[is_dry] = usual[is_dry]


def _window(tonnes: float, daily_use: float) -> int:
    days = tonnes / daily_use if daily_use > 0 else 0.0
    return next((w for w in _WINDOWS_D if w >= days), _WINDOWS_D[-1])
