"""Compares what the database holds of a lane with the non-blank cells of the table it was replayed from."""

import time
from collections import defaultdict
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from services.runtime.clock import to_us

if TYPE_CHECKING:
    from services.intake.history.loading import History
    from services.runtime.settings import Settings

_POLL_S = 1.0
_COUNT = """
SELECT count(*) FROM (SELECT DISTINCT series, observed_at FROM v_observation WHERE lane = %s AND series = ANY(%s)) AS found
"""
_VALUES = """
SELECT DISTINCT ON (series, observed_at) series, observed_at, value FROM v_observation
WHERE lane = %s AND series = ANY(%s) ORDER BY series, observed_at, issued_at DESC, known_at DESC
"""

Key = tuple[str, int]


class Comparison(Struct, frozen=True, kw_only=True):
    """One indicator: cells of the file that must be stored, and how the store differs. Zeros are counted on both sides."""

    indicator: str
    expected: int
    stored: int
    missing: int
    different: int
    surplus: int
    zeros_expected: int
    zeros_stored: int

    @property
    def is_equal(self) -> bool:
        """Nothing missing, nothing different, nothing too much, every zero there."""
        return not (self.missing or self.different or self.surplus) and self.zeros_expected == self.zeros_stored

    def figures(self) -> dict[str, object]:
        """As one JSON object."""
        names = ("indicator", "expected", "stored", "missing", "different", "surplus", "zeros_expected", "zeros_stored")
        return {name: getattr(self, name) for name in names} | {"is_equal": self.is_equal}


def compare_when_stored(settings: "Settings", history: "History", lane: str, wait_s: float) -> list[Comparison]:
    """Wait until as many values are stored as the file has (at most ``wait_s`` seconds), then compare every one by SQL.

    Raises UnreachableError when the database is away.
    """
    from services.runtime.database import connect

    expected = {(o.series, o.observed_us): o.value for o in history.reading.observations}
    series = sorted({name for name, _ in expected})
    deadline = time.monotonic() + wait_s
    with connect(settings.database_url, application="replay-check", autocommit=True) as connection:
        while True:
            row = connection.execute(_COUNT, (lane, series)).fetchone()
            if (row is not None and int(str(row[0])) >= len(expected)) or time.monotonic() >= deadline:
                break
            time.sleep(_POLL_S)
        stored = {_key(name, at): float(str(value)) for name, at, value in connection.execute(_VALUES, (lane, series))}
    return compared({s.id: s.indicator for s in history.chain.series}, expected, stored)


def compared(indicators: dict[str, str], expected: dict[Key, float], stored: dict[Key, float]) -> list[Comparison]:
    """One comparison per indicator, by name. Pure."""
    by_indicator: dict[str, list[Key]] = defaultdict(list)
    for key in expected.keys() | stored.keys():
        by_indicator[indicators[key[0]]].append(key)
    return [_one(name, keys, expected, stored) for name, keys in sorted(by_indicator.items())]


def _one(name: str, keys: list[Key], expected: dict[Key, float], stored: dict[Key, float]) -> Comparison:
    both = [k for k in keys if k in expected and k in stored]
    return Comparison(
        indicator=name,
        expected=sum(1 for k in keys if k in expected),
        stored=sum(1 for k in keys if k in stored),
        missing=sum(1 for k in keys if k not in stored),
        different=sum(1 for k in both if expected[k] != stored[k]),
        surplus=sum(1 for k in keys if k not in expected),
        zeros_expected=sum(1 for k in keys if expected.get(k) == 0),
        zeros_stored=sum(1 for k in keys if stored.get(k) == 0),
    )


def _key(series: object, at: object) -> Key:
    if not isinstance(at, datetime):
        raise TypeError(f"observed_at {at!r} is no time")
    return str(series), to_us(at)
