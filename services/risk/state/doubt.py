"""Anomalous readings 异常读数 in doubt: detection calls them unusual, and what else was reported of the place does not bear them out.

What lies at a place is what lay there before, and what came, less what left. A reading of a stock that this bears out is real, however unusual;
one that it does not is kept, yet known less surely. Where what comes or leaves is not reported, anything between nothing and twice the usual may
have. Real crises are unusual too: they pass, step by step, as what they are. Without scores there are no doubts.
"""

from collections.abc import Iterator

from msgspec import Struct

from schemas.chain import Series
from services.risk.blueprint import Blueprint, Watch
from services.risk.evidence import HOUR_US, Anomaly, Evidence, Row
from services.risk.state.network import Living

WINDOW_US = 16 * 24 * HOUR_US
_LONGEST_H = 72.0
_ALLOWED = 2.0
_AT_MOST = 2.0
_OLDEST_H = 72.0
_CAME, _LEFT = ("inflow", "output", "intake"), ("flow", "volume", "use")


class Doubt(Struct, frozen=True, kw_only=True):
    """An anomalous reading that stands alone: what was told, and what was to be ``expected``: of a stock by what lay there before and the flows, of
    a rate by its own past."""

    account: int
    series: Series
    observed_us: int
    value: float
    expected: float
    p_value: float
    is_stock: bool


class Doubter:
    """Finds the doubts of one chain. ``survey_spread`` is the relative standard deviation of a survey of a stock."""

    def __init__(self, blueprint: Blueprint, evidence: Evidence, survey_spread: float) -> None:
        self._b, self._evidence, self._survey_spread = blueprint, evidence, survey_spread
        self._account_of = {
            series.id: account for account, watch in enumerate(blueprint.of_account) for series in spoken(watch)
        }

    def doubts(self, living: Living, as_of_us: int) -> dict[str, Doubt]:
        """Doubts by series, in the order of their ids: of newest readings alone."""
        found = {}
        for name in sorted(self._evidence.anomalies):
            account, history = self._account_of.get(name), self._evidence.of(name)
            row = history.newest(as_of_us) if history else None
            if account is None or row is None:
                continue
            anomaly = self._evidence.anomaly(name, row)
            doubt = self._doubt(living, account, name, row, anomaly, as_of_us) if anomaly else None
            if doubt is not None:
                found[name] = doubt
        return found

    def _doubt(
        self, living: Living, account: int, name: str, row: Row, anomaly: Anomaly, as_of_us: int
    ) -> Doubt | None:
        watch, through = self._b.of_account[account], float(living.rest.through[account])
        stock = watch.stock
        trusted = self._trusted(watch, stock, through, as_of_us) if stock is not None else []
        if stock is not None and stock.id == name:
            if trusted and trusted[-1] == row:
                return None
            series, expected, is_stock = stock, self._middle(watch, through, trusted[-1], row), True
        else:
            series = next(s for s in spoken(watch) if s.id == name)
            expected, is_stock = row.value if anomaly.expected is None else anomaly.expected, False
            if self._is_borne_out(watch, series, through, trusted, row, expected):
                return None
        return Doubt(
            account=account,
            series=series,
            observed_us=row.observed_us,
            value=row.value,
            expected=max(expected, 0.0),
            p_value=anomaly.p_value,
            is_stock=is_stock,
        )

    def _trusted(self, watch: Watch, stock: Series, through: float, as_of_us: int) -> list[Row]:
        """Readings of a stock one after the other that are usual, or borne out by the last of these before. After three days in doubt a level
        counts: what was surveyed anew stays where it is."""
        history = self._evidence.of(stock.id)
        found: list[Row] = []
        for row in history.rows(as_of_us, WINDOW_US) if history else []:
            is_usual = self._evidence.anomaly(stock.id, row) is None
            if (
                is_usual
                or not found
                or _hours(found[-1], row) > _LONGEST_H
                or self._agrees(watch, through, found[-1], row)
            ):
                found.append(row)
        return found

    def _is_borne_out(
        self, watch: Watch, series: Series, through: float, trusted: list[Row], row: Row, expected: float
    ) -> bool:
        """A rate is borne out when the stock went as it says: between a reading before the time it speaks of, and one since. While there is none
        since, the two before tell, if the rate had already left its past behind between them."""
        begins_us = row.observed_us - int(series.cadence_h * HOUR_US)
        before = [r for r in trusted if begins_us - _OLDEST_H * HOUR_US <= r.observed_us <= begins_us]
        if before and trusted[-1].observed_us >= row.observed_us:
            return self._agrees(watch, through, before[-1], trusted[-1])
        history = self._evidence.of(series.id)
        if len(before) < 2 or history is None:
            return False
        mean = history.mean_between(before[-2].observed_us, before[-1].observed_us)
        has_left = mean is not None and abs(mean - row.value) < abs(mean - expected)
        return has_left and self._agrees(watch, through, before[-2], before[-1])

    def _agrees(self, watch: Watch, through: float, base: Row, row: Row) -> bool:
        low, high = self._between(watch, through, base, row)
        allowed = _ALLOWED * spread_of(max(base.value, row.value), through, _hours(base, row), self._survey_spread)
        return low - allowed <= row.value <= high + allowed

    def _middle(self, watch: Watch, through: float, base: Row, row: Row) -> float:
        return sum(self._between(watch, through, base, row)) / 2

    def _between(self, watch: Watch, through: float, base: Row, row: Row) -> tuple[float, float]:
        """Bounds of what lies there at a row, by what lay there at another before, and what is told of what came and left since."""
        came, left = (self._told(watch, side, base, row) for side in (_CAME, _LEFT))
        most, hours = _AT_MOST * through, _hours(base, row)
        low = (0.0 if came is None else came) - (most if left is None else left)
        high = (most if came is None else came) - (0.0 if left is None else left)
        return base.value + low * hours, base.value + high * hours

    def _told(self, watch: Watch, side: tuple[str, ...], base: Row, row: Row) -> float | None:
        """Mean rate per hour between two readings, by the first series of a side that there is; None when it does not say."""
        series = next((s for name in side if (s := getattr(watch, name)) is not None), None)
        history = self._evidence.of(series.id) if series else None
        if series is None or history is None:
            return None
        start_us = min(base.observed_us, row.observed_us - int(series.cadence_h * HOUR_US))
        mean = history.mean_between(start_us, row.observed_us)
        return None if mean is None else mean / 24


def spread_of(stock: float, through: float, hours: float, survey_spread: float) -> float:
    """One standard deviation of a stock that was surveyed so many hours ago and through which so much goes per hour."""
    return float(survey_spread * stock + 0.15 * through * min(hours, _OLDEST_H) ** 0.5)


def _hours(base: Row, row: Row) -> float:
    return (row.observed_us - base.observed_us) / HOUR_US


def spoken(watch: Watch) -> Iterator[Series]:
    """The series of the stock and the rates of a place."""
    for name in ("stock", *_CAME, *_LEFT):
        series = getattr(watch, name)
        if series is not None:
            yield series
