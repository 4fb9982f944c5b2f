"""Statements that write changes. Rows travel as one JSON text a statement: the database unpacks them faster than a client can bind them."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct
from psycopg import Connection, sql

from schemas.command import Command
from schemas.rejection import Rejection
from schemas.run import Run
from schemas.topic import COMMAND, REJECTED, RUN, partition_of
from services.response.batch import Batch, batch_of
from services.response.record import Change

_RUN = (
    "run_id", "lane", "episode", "playbook", "version", "state", "started_at", "node", "product", "level", "name_zh", "name_en",
    "phase", "response", "parent",
)  # fmt: skip
_START = f"""
INSERT INTO run ({", ".join(_RUN)}, progress, document)
SELECT {", ".join(f"r.{column}" for column in _RUN)}, r.progress, d.document
FROM json_populate_recordset(NULL::run, %s::json) AS r
JOIN json_to_recordset(%s::json) AS d (playbook text, version text, document jsonb) USING (playbook, version)
ON CONFLICT DO NOTHING
"""  # noqa: S608  # names of ours
_MOVE = """
UPDATE run SET state = k.state, level = k.level, phase = k.phase, response = k.response, ended_at = k.ended_at, progress = k.progress
FROM json_to_recordset(%s::json)
    AS k (run_id text, state text, level text, phase text, response text, ended_at timestamptz, progress jsonb)
WHERE run.run_id = k.run_id
"""
_CANCEL = """
UPDATE task SET state = 'cancelled', ended_at = k.ended_at FROM json_to_recordset(%s::json) AS k (run_id text, ended_at timestamptz)
WHERE task.run_id = k.run_id AND task.state IN ('open', 'overdue')
"""
_TASK = """
UPDATE task SET state = k.state, ended_at = k.ended_at, detail = task.detail || k.detail
FROM json_to_recordset(%s::json) AS k (task_id text, state text, ended_at timestamptz, detail jsonb)
WHERE task.task_id = k.task_id AND task.state IN ('open', 'overdue')
"""
_STOP = """
DELETE FROM timer USING unnest(%s::text[], %s::text[]) AS k (run_id, step) WHERE timer.run_id = k.run_id AND timer.step = k.step
"""
_STOP_ALL = "DELETE FROM timer WHERE run_id = ANY(%s)"
_RUNG = "DELETE FROM timer WHERE timer_id = ANY(%s)"
_OUTBOX = """
INSERT INTO outbox (topic, partition, key, value)
SELECT topic, partition, convert_to(key, 'UTF8'), convert_to(value, 'UTF8')
FROM ROWS FROM (json_to_recordset(%s::json) AS (topic text, partition integer, key text, value text))
    WITH ORDINALITY AS k (topic, partition, key, value, place) ORDER BY place
"""


def write(
    connection: Connection[Any], changes: Sequence[Change], rung: Sequence[str] = (), refused: Sequence[Rejection] = ()
) -> None:
    """Write changes, in their order, with their outbox rows; ``rung`` timers are gone, ``refused`` commands are told of. May raise psycopg errors;
    never commits."""
    batch = batch_of(changes, rung)
    if rung:
        connection.execute(_RUNG, (list(rung),))
    _write_runs(connection, batch)
    _insert(connection, "run_event", batch.events)
    _write_tasks(connection, batch)
    _write_timers(connection, batch)
    _insert(connection, "notification", batch.notifications)
    if told := [*batch.told, *refused]:
        connection.execute(_OUTBOX, (_encode([_outbox_row(noun) for noun in told]),))


def _write_runs(connection: Connection[Any], batch: Batch) -> None:
    if batch.started:
        standing = batch.started.values()
        started = [_plain(s.run) | {"progress": s.progress} for s in standing]
        documents = {(s.run.playbook, s.run.version): s.playbook for s in standing}
        plans = [{"playbook": p, "version": v, "document": document} for (p, v), document in documents.items()]
        connection.execute(_START, (_encode(started), _encode(plans)))
    moved = []
    for name, change in batch.moved.items():
        run, ended = change.after.run, batch.ended.get(name)
        if name not in batch.started or ended is not None:
            ended_at = ended.ended_at if ended is not None else None
            moved.append(_plain(run) | {"ended_at": ended_at, "progress": change.after.progress})
    if moved:
        connection.execute(_MOVE, (_encode(moved),))


def _write_tasks(connection: Connection[Any], batch: Batch) -> None:
    _insert(connection, "task", batch.tasks)
    if batch.task_changes:
        connection.execute(_TASK, (_encode(list(batch.task_changes.values())),))
    if batch.ended:
        rows = [{"run_id": name, "ended_at": change.ended_at} for name, change in batch.ended.items()]
        connection.execute(_CANCEL, (_encode(rows),))


def _write_timers(connection: Connection[Any], batch: Batch) -> None:
    if batch.stopped:
        connection.execute(_STOP, ([run for run, _ in batch.stopped], [step for _, step in batch.stopped]))
    if batch.ended:
        connection.execute(_STOP_ALL, (list(batch.ended),))
    _insert(connection, "timer", [timer for timers in batch.timers.values() for timer in timers.values()])


def _insert(connection: Connection[Any], table: str, nouns: Sequence[Struct]) -> None:
    """Rows of one type; what is there already stays as it is."""
    if not nouns:
        return
    columns = sql.SQL(", ").join(sql.Identifier(name) for name in nouns[0].__struct_fields__ if name != "v")
    statement = sql.SQL(
        "INSERT INTO {table} ({columns}) SELECT {columns} FROM json_populate_recordset(NULL::{table}, %s::json) ON CONFLICT DO NOTHING"
    )
    connection.execute(statement.format(table=sql.Identifier(table), columns=columns), (_encode(list(nouns)),))


def _outbox_row(noun: Run | Command | Rejection) -> dict[str, object]:
    if isinstance(noun, Rejection):
        topic, partition, key = REJECTED, partition_of(noun.source, REJECTED.partitions), noun.source
    elif isinstance(noun, Command):
        topic, partition, key = COMMAND, 0, noun.command_id
    else:
        topic, partition, key = RUN, partition_of(noun.run_id, RUN.partitions), noun.run_id
    return {"topic": topic.name, "partition": partition, "key": key, "value": _encode(noun)}


def _plain(run: Run) -> dict[str, object]:
    return {column: getattr(run, column) for column in _RUN}


def _encode(value: object) -> str:
    return msgspec.json.encode(value).decode()
