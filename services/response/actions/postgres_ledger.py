"""The ledger in the database."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from psycopg import Connection
from psycopg.rows import class_row

from services.response.actions.watch_rows import watch_taken
from services.response.ledger import Attempt, Settled
from services.response.notice import Notice, Outcome, Verdict

_LOCK = "SELECT pg_try_advisory_lock(hashtext('lianjing.response.notifier'))"
_ROW = """
SELECT n.notification_id, n.lane, n.channel, n.recipient, n.text_zh, n.text_en, n.created_at, n.queued_at, n.attempts, n.role, n.level,
    n.leg, n.round, n.tries, n.person,
    EXISTS (SELECT FROM delivery d WHERE d.notification_id = n.notification_id AND d.outcome IN ('sending', 'unknown')) AS is_doubtful
FROM notification n
WHERE n.state = 'pending' AND (n.next_attempt_at IS NULL OR n.next_attempt_at <= %s) AND n.notification_id <> ALL(%s)
"""
_GRAVEST = "array_position(ARRAY['red', 'orange', 'yellow', 'blue'], n.level) NULLS LAST, n.created_at, n.run_id, n.notification_id"
_DUE = f"""
({_ROW} AND n.channel <> 'log' ORDER BY {_GRAVEST} LIMIT %s)
UNION ALL ({_ROW} AND n.channel = 'log' ORDER BY n.queued_at, n.created_at, n.run_id, n.notification_id LIMIT %s)
"""
_CLEAR = """
UPDATE delivery SET outcome = 'unknown', ended_at = k.started_at
FROM json_to_recordset(%s::json) AS k (notification_id text, started_at timestamptz)
WHERE delivery.notification_id = k.notification_id AND delivery.outcome = 'sending'
"""
_BEGIN = """
INSERT INTO delivery (notification_id, attempt, lane, channel, person, outcome, started_at)
SELECT k.notification_id, (SELECT coalesce(max(d.attempt), 0) + 1 FROM delivery d WHERE d.notification_id = k.notification_id),
    k.lane, k.channel, k.person, 'sending', k.started_at
FROM json_to_recordset(%s::json) AS k (notification_id text, lane text, channel text, person text, started_at timestamptz)
"""
_ENDED = """
UPDATE delivery SET outcome = k.outcome, code = k.code, detail = k.detail, reference = k.reference, ended_at = k.ended_at,
    rests_until = k.rests_until
FROM json_to_recordset(%s::json) AS k (notification_id text, outcome text, code text, detail text, reference text,
    ended_at timestamptz, rests_until timestamptz)
WHERE delivery.notification_id = k.notification_id AND delivery.outcome = 'sending'
"""
_STANDS = """
UPDATE notification SET state = k.state, leg = k.leg, round = k.round, tries = k.tries, attempts = attempts + 1,
    next_attempt_at = k.next_attempt_at, last_error = k.last_error, carrier = k.carrier, person = k.person, sent_at = k.sent_at
FROM json_to_recordset(%s::json) AS k (notification_id text, state text, leg integer, round integer, tries integer,
    next_attempt_at timestamptz, last_error text, carrier text, person text, sent_at timestamptz)
WHERE notification.notification_id = k.notification_id
"""
_POSTPONE = "UPDATE notification SET next_attempt_at = %s WHERE notification_id = ANY(%s)"
_END = "UPDATE notification SET state = %s, last_error = %s WHERE notification_id = ANY(%s)"
_TIMES = "SELECT started_at FROM delivery WHERE channel = %s AND started_at > %s"
_RESTS = "SELECT channel, max(rests_until) FROM delivery WHERE rests_until > %s AND started_at > %s GROUP BY channel"
_ROSTER = "SELECT person FROM drill_roster WHERE lane = %s"
_DRILLED = """
SELECT DISTINCT r.person FROM drill_roster r LEFT JOIN lane l ON l.lane = r.lane
WHERE l.closed_at IS NULL OR l.closed_at > %s
"""
_OLDEST = """
SELECT extract(epoch FROM %s - min(queued_at)) FROM notification
WHERE lane = 'live' AND state <> 'sent' AND queued_at > %s
"""
_DAY = timedelta(hours=24)
Row = dict[str, object]
"""A row by column."""


class PostgresLedger:
    """On one connection; the lock that keeps other processes from sending lives as long as it."""

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection
        self._is_alone = False

    def is_alone(self) -> bool:
        """As the port says."""
        if not self._is_alone:
            self._is_alone = bool(self._rows(_LOCK)[0][0])
        return self._is_alone

    def due(self, now: datetime, most: int, without: Collection[str]) -> list[Notice]:
        """As the port says."""
        with self._connection.transaction(), self._connection.cursor(row_factory=class_row(Notice)) as cursor:
            values = (now, list(without), most)
            return cursor.execute(_DUE.encode(), (*values, *values)).fetchall()

    def begin(self, attempts: Sequence[Attempt], now: datetime) -> None:
        """As the port says."""
        rows = [_begun(a, now) for a in attempts if a.is_recorded]
        if not rows:
            return
        with self._connection.transaction():
            self._write(_CLEAR, rows)
            self._write(_BEGIN, rows)

    def settle(self, settled: Sequence[Settled], now: datetime) -> None:
        """As the port says."""
        recorded = [_ended(one, now) for one in settled if one.attempt.is_recorded]
        with self._connection.transaction():
            if recorded:
                self._write(_ENDED, recorded)
            self._write(_STANDS, [_stands(one, now) for one in settled])

    def postpone(self, ids: Sequence[str], until: datetime) -> None:
        """As the port says."""
        with self._connection.transaction():
            self._connection.execute(_POSTPONE, (until, list(ids)))

    def end(self, ids: Sequence[str], state: str, why: str) -> None:
        """As the port says."""
        with self._connection.transaction():
            self._connection.execute(_END, (state, why, list(ids)))

    def times(self, channel: str, since: datetime) -> list[datetime]:
        """As the port says."""
        return [row[0] for row in self._rows(_TIMES, channel, since)]

    def rests(self, now: datetime) -> dict[str, datetime]:
        """As the port says."""
        return {str(channel): until for channel, until in self._rows(_RESTS, now, now - _DAY)}

    def roster(self, lane: str) -> frozenset[str]:
        """As the port says."""
        return frozenset(str(row[0]) for row in self._rows(_ROSTER, lane))

    def watch(self, lane: str, at: datetime) -> tuple[str, ...]:
        """As the port says."""
        with self._connection.transaction():
            return watch_taken(self._connection, lane, at)

    def drilled(self, now: datetime) -> frozenset[str]:
        """As the port says."""
        return frozenset(str(row[0]) for row in self._rows(_DRILLED, now - _DAY))

    def oldest_waiting_s(self, now: datetime) -> float:
        """As the port says."""
        age = self._rows(_OLDEST, now, now - 2 * _DAY)[0][0]
        return max(0.0, float(age)) if age is not None else 0.0

    def _write(self, statement: str, rows: Sequence[Row]) -> None:
        """One statement for all rows, as one JSON text: a statement a row would cost the database five times as much."""
        self._connection.execute(statement.encode(), (msgspec.json.encode(rows).decode(),))

    def _rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with self._connection.transaction():
            return self._connection.execute(statement.encode(), values).fetchall()


def _begun(attempt: Attempt, now: datetime) -> Row:
    name, leg = attempt.notice.notification_id, attempt.leg
    return {
        "notification_id": name,
        "lane": attempt.notice.lane,
        "channel": leg.channel,
        "person": leg.person,
        "started_at": now,
    }


def _ended(one: Settled, now: datetime) -> Row:
    outcome = one.outcome
    return {
        "notification_id": one.attempt.notice.notification_id,
        "outcome": outcome.verdict.value,
        "code": outcome.code,
        "detail": outcome.detail,
        "reference": outcome.reference,
        "ended_at": now,
        "rests_until": now + timedelta(seconds=outcome.rest_s) if outcome.rest_s else None,
    }


def _stands(one: Settled, now: datetime) -> Row:
    fate, leg = one.fate, one.attempt.leg
    sent_at = now if one.outcome.verdict is Verdict.SENT else None
    return {
        "notification_id": one.attempt.notice.notification_id,
        "state": fate.state,
        "leg": fate.leg,
        "round": fate.round,
        "tries": fate.tries,
        "next_attempt_at": fate.next_attempt_at,
        "last_error": "" if sent_at else _why(one.outcome),
        "carrier": leg.channel,
        "person": leg.person,
        "sent_at": sent_at,
    }


def _why(outcome: Outcome) -> str:
    return " ".join(part for part in (outcome.verdict.value, outcome.code, outcome.detail) if part)
