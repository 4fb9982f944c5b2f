"""How far the providers of a lane deserve to be believed, from what is stored: the rows that ``standing`` judges. Shaping is pure; ``ask`` asks."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, LiteralString

import numpy as np
import yaml
from msgspec import Struct, convert

from detectors.series.quality.natures import matches, nature_of
from services.console.reading.standing import Delivered, Listed, Standing, standings
from services.runtime.clock import to_us

Ask = Callable[[LiteralString, tuple[object, ...]], list[dict[str, Any]]]
_LISTED = (
    "SELECT series, provider, cadence_h, lateness_h, name_zh, name_en FROM v_series "
    "WHERE is_active AND provider <> '' AND (%s::text IS NULL OR provider = %s) ORDER BY series"
)
_DELIVERED = (
    "SELECT array_position(%s::text[], series) - 1 AS slot, (extract(epoch FROM observed_at) * 1000000)::bigint AS observed, "
    "(extract(epoch FROM known_at) * 1000000)::bigint AS known, value FROM v_observation "
    "WHERE lane = %s AND series = ANY(%s) AND known_at > %s AND known_at <= %s AND observed_at > %s::timestamptz - interval '7 days' "
    "ORDER BY known_at, series, observed_at, issued_at"
)


class Watched(Struct, frozen=True, rename={"excepted": "except"}):
    """The part ``quality`` of the catalogue of detectors: whose reports are looked at, and what they measure."""

    watch: list[str]
    excepted: list[str] = []
    natures: dict[str, list[str]] = {}

    def watches(self, series: str) -> bool:
        """True when reports of this series are looked at."""
        return matches(series, self.watch) and not matches(series, self.excepted)


def watched_of(catalogue: str) -> Watched | None:
    """What the catalogue (YAML, valid) says about quality; None when nothing is looked at."""
    told = yaml.safe_load(catalogue).get("quality")
    return None if told is None else convert(told, Watched)


def listed_of(ask: Ask, provider: str | None, watched: Watched) -> list[Listed]:
    """Series that are looked at, of a provider or of all. Raises UnreachableError."""
    return [
        Listed(r["series"], r["provider"], float(r["cadence_h"]), float(r["lateness_h"]), r["name_zh"], r["name_en"])
        for r in ask(_LISTED, (provider, provider))
        if watched.watches(r["series"])
    ]


def standings_of(
    ask: Ask, listed: Sequence[Listed], watched: Watched, lane: str, until: datetime, days: float
) -> list[Standing]:
    """The standing of whoever delivered in the days before a moment. Raises UnreachableError."""
    since = until - timedelta(days=days)
    ids = [each.id for each in listed]
    rows = ask(_DELIVERED, (ids, lane, ids, since, until, since))
    delivered = Delivered(
        np.array([r["slot"] for r in rows], np.int64),
        np.array([r["observed"] for r in rows], np.int64),
        np.array([r["known"] for r in rows], np.int64),
        np.array([r["value"] for r in rows], np.float64),
    )
    return standings(delivered, listed, lambda series: nature_of(series, watched.natures), to_us(until))
