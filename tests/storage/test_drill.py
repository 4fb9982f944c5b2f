"""What happened in drills as a table: each event once, told by ingest."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from psycopg import Connection

from schemas.drill import DrillEvent, DrillEventKind
from schemas.topic import DRILL_EVENT
from services.ingest.registry.store import project_registry
from services.runtime.streams import Message

NOON = datetime(2026, 1, 10, 4, 0, tzinfo=UTC)


def test_events_of_drills_are_stored_once(connection: Connection[Any]) -> None:
    event = DrillEvent(
        drill="daqin-1",
        sequence=1,
        kind=DrillEventKind.ACT,
        lane="drill:daqin-1",
        minute=28.5,
        wall=NOON,
        actor="duty",
        subject="I1",
        text_zh="【演练】值班员甲：签收 I1",
        text_en="EXERCISE duty: acknowledge I1",
        detail={"step": "acknowledge"},
    )
    later = msgspec.structs.replace(event, sequence=2)
    messages = [
        Message(DRILL_EVENT.name, 0, n, b"k", msgspec.json.encode(e)) for n, e in enumerate((event, later, event))
    ]
    project_registry(connection, messages)
    project_registry(connection, messages)
    rows = connection.execute(
        "SELECT sequence, kind, minute, wall, detail FROM drill_event ORDER BY sequence"
    ).fetchall()
    assert rows == [(n, "act", 28.5, NOON, {"step": "acknowledge"}) for n in (1, 2)]
