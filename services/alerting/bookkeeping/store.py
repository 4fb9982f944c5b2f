"""Reads what the ledger rests on from the tables."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
from psycopg import Connection
from psycopg.rows import dict_row

from schemas.alert import Alert
from schemas.chain import Chain
from schemas.command import Command
from schemas.outcome import Outcome
from services.alerting.bookkeeping.book import Page

LOOKS_BACK = timedelta(days=21)
_LONGEST = timedelta(days=120)
_NEWEST = """
SELECT max(o.observed_at) AS newest FROM observation o JOIN lane l USING (lane_id) WHERE l.lane = %s
"""
_UNTOLD = """
SELECT min(opened_at) AS oldest FROM v_alert_latest a WHERE lane = %s AND hazard IN ('starved', 'blocked')
    AND NOT EXISTS (SELECT FROM outcome o WHERE o.lane = a.lane AND o.episode = a.episode)
"""
_OBSERVED = """
SELECT s.series, o.observed_at, o.value, o.known_at FROM (
    SELECT DISTINCT ON (b.series_id, b.observed_at) b.series_id, b.observed_at, b.value, b.known_at FROM observation b
    JOIN series k USING (series_id) JOIN lane l USING (lane_id)
    WHERE l.lane = %s AND k.chain = %s AND k.indicator = 'stock' AND b.observed_at > %s
    ORDER BY b.series_id, b.observed_at, b.issued_at DESC
) o JOIN series s USING (series_id) ORDER BY s.series, o.observed_at
"""
_ALERTS = """
SELECT * FROM alert WHERE lane = %(lane)s AND hazard IN ('starved', 'blocked') AND episode IN (
    SELECT episode FROM v_alert_latest WHERE lane = %(lane)s AND chain = %(chain)s AND (state <> 'closed' OR as_of > %(since)s)
)
"""
_KNOWN = "SELECT * FROM v_outcome_latest WHERE lane = %s AND chain = %s"
_CONFIRMED = """
SELECT * FROM command c WHERE lane = %s AND kind = 'outcome.confirm'
    AND NOT EXISTS (SELECT FROM outcome o WHERE o.command_id = c.command_id) ORDER BY issued_at
"""


def read_page(connection: Connection[Any], lane: str, chain: Chain) -> Page | None:
    """A lane as the tables hold it, None where nothing was observed yet. May raise psycopg errors."""
    with connection.cursor(row_factory=dict_row) as cursor:
        newest = _moment(cursor.execute(_NEWEST, (lane,)).fetchone(), "newest")
        if newest is None:
            return None
        oldest = _moment(cursor.execute(_UNTOLD, (lane,)).fetchone(), "oldest")
        since = max(min(newest, oldest or newest) - LOOKS_BACK, newest - _LONGEST)
        observed: dict[str, list[tuple[datetime, float, datetime]]] = {}
        for row in cursor.execute(_OBSERVED, (lane, chain.id, since)):
            observed.setdefault(row["series"], []).append((row["observed_at"], row["value"], row["known_at"]))
        told = cursor.execute(_ALERTS, {"lane": lane, "chain": chain.id, "since": since}).fetchall()
        known = [msgspec.convert(row, Outcome) for row in cursor.execute(_KNOWN, (lane, chain.id)).fetchall()]
        confirmed = cursor.execute(_CONFIRMED, (lane,)).fetchall()
    return Page(
        lane=lane,
        chain=chain,
        observed=observed,
        alerts=[msgspec.convert(row, Alert) for row in told],
        known={o.outcome: o for o in known},
        confirmations=[msgspec.convert(row, Command) for row in confirmed],
    )


def _moment(row: Mapping[str, Any] | None, name: str) -> datetime | None:
    found = row[name] if row is not None else None
    return found if isinstance(found, datetime) else None
