"""Least privilege: each role writes its own tables and no other."""

from typing import Any

import psycopg
import pytest

from services.runtime.migrations import migrate
from services.runtime.offsets import take
from services.runtime.roles import ROLES

WORD = "storage-test-word"
OWN = {
    "lianjing_ingest": {"observation", "observation_hour", "observation_day", "dirty_bucket", "rejection", "lane", "chain", "series",
                        "provider", "source", "command", "drill_event", "job_run", "kafka_offset"},
    "lianjing_detection": {"score", "kafka_offset"},
    "lianjing_risk": {"assessment", "answer", "kafka_offset"},
    "lianjing_alerting": {"alert", "outcome", "kafka_offset"},
    "lianjing_response": {
        "run", "run_event", "task", "timer", "lane_time", "notification", "delivery", "call", "drill_roster", "outbox", "kafka_offset",
        "contact_change",
    },
    "lianjing_intake": set(),
    "lianjing_console": {"account", "session", "token", "audit", "paper", "sign_in_failure"},
    "lianjing_board": set(),
    "lianjing_drill": set(),
}  # fmt: skip


def test_each_role_writes_its_own_tables_only(migrated_database: Any) -> None:
    granted = """SELECT table_name FROM information_schema.table_privileges
        WHERE table_schema = 'public' AND grantee = %s AND privilege_type IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE')"""
    with psycopg.connect(migrated_database.url) as connection:
        for role, tables in OWN.items():
            found = {name for (name,) in connection.execute(granted, (role,))}
            assert {n for n in found if not n.startswith("observation_2")} == tables, role


def test_roles_log_in_and_are_held_to_it(migrated_database: Any) -> None:
    migrate(migrated_database.url, passwords=dict.fromkeys(ROLES, WORD))
    with psycopg.connect(migrated_database.url_as("lianjing_risk", WORD), autocommit=True) as risk:
        risk.execute("SELECT count(*) FROM observation")
        for statement in (
            "DELETE FROM observation",
            "INSERT INTO alert (lane) VALUES ('live')",
            "UPDATE series SET unit = 'kg'",
            "CREATE TABLE mine (x int)",
            "SELECT observation_drop('x', '{}')",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                risk.execute(statement)
        take(risk, "risk.keeper", ("lianjing.assessment", 0), "risk-0")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            take(risk, "ingest", ("lianjing.feed.price", 0), "risk-0")
    with psycopg.connect(migrated_database.url_as("lianjing_board", WORD), autocommit=True) as board:
        board.execute("SELECT * FROM v_node_state")
        board.execute("SELECT * FROM observation_as_known('live', now())")
        for table in ("rejection", "provider", "outbox", "notification", "delivery", "call", "drill_roster"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                board.execute(f"SELECT * FROM {table}")


def test_every_board_view_answers(migrated_database: Any) -> None:
    migrate(migrated_database.url, passwords={"lianjing_board": WORD})
    with psycopg.connect(migrated_database.url_as("lianjing_board", WORD), autocommit=True) as board:
        views = board.execute(
            "SELECT table_name FROM information_schema.views WHERE table_schema = 'public'"
        ).fetchall()
        assert len(views) >= 15
        for (view,) in views:
            board.execute(f"SELECT * FROM {view} LIMIT 1")
