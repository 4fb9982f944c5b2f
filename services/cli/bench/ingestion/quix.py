"""The peer: Quix Streams' PostgreSQL sink on the topic with one observation a message, into a table of its own with the same key."""

import importlib.util
import json
import subprocess
import sys

from services.cli.bench.ingestion.ground import Ground

_PROGRAM = """
import json, sys, time
from urllib.parse import urlsplit
from quixstreams import Application
from quixstreams.sinks.community.postgresql import PostgreSQLSink
bootstrap, topic, count, url = sys.argv[1], sys.argv[2], int(sys.argv[3]), urlsplit(sys.argv[4])
app = Application(broker_address=bootstrap, consumer_group="bench-quix", auto_offset_reset="earliest", loglevel="ERROR",
    auto_create_topics=False)
sink = PostgreSQLSink(host=url.hostname, port=url.port, dbname=url.path[1:], user=url.username, password=url.password,
    table_name="quix_observation", schema_auto_update=True,
    primary_key_columns=lambda row: ("series", "observed_us", "issued_us"), upsert_on_primary_key=True)
times = []
def row(m):
    if not times:
        times.append(time.perf_counter())
    return {"lane": m["lane"], "series": m["series"][0], "observed_us": m["observed_us"][0], "issued_us": m["issued_us"][0],
        "known_us": m["known_us"][0], "value": m["value"][0]}
frame = app.dataframe(app.topic(topic, value_deserializer="json")).apply(row)
frame.sink(sink)
app.run(count=count)
print(json.dumps({"seconds": time.perf_counter() - times[0]}))
"""


def is_installed() -> bool:
    """True when the dependency group ``bench`` is there."""
    return importlib.util.find_spec("quixstreams") is not None


def sink_rate(ground: Ground, topic: str, rows: int) -> tuple[float, str]:
    """Rows per second of the peer, from its first message to its last commit, and a note; 0 when it failed, with its words in the note."""
    ground.rows("DROP TABLE IF EXISTS quix_observation")
    arguments = [sys.executable, "-W", "ignore", "-c", _PROGRAM, ground.kafka.bootstrap, topic, str(rows)]
    try:
        done = subprocess.run(
            [*arguments, ground.settings.database_url],
            capture_output=True,
            cwd=ground.folder,
            text=True,
            timeout=300,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return 0.0, "quix: not done within 300 s"
    if done.returncode != 0:
        return 0.0, f"quix failed: {done.stderr.strip()[-300:]}"
    stored = int(ground.rows("SELECT count(*) FROM quix_observation")[0][0])
    return stored / float(
        json.loads(done.stdout.splitlines()[-1])["seconds"]
    ), f"quix: {stored} rows, one a message, its own batches"
