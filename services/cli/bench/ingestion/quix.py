"""The peer: Quix Streams' PostgreSQL sink on the topic with one observation a message, into a table of its own with the same key."""

import importlib.util
import subprocess
import sys
import time

from services.cli.bench.ingestion.ground import Ground

_PROGRAM = """
import sys, logging
from urllib.parse import urlsplit
from quixstreams import Application
from quixstreams.sinks.community.postgresql import PostgreSQLSink
bootstrap, topic, count, url = sys.argv[1], sys.argv[2], int(sys.argv[3]), urlsplit(sys.argv[4])
app = Application(broker_address=bootstrap, consumer_group="bench-quix", auto_offset_reset="earliest", loglevel="ERROR",
    auto_create_topics=False)
sink = PostgreSQLSink(host=url.hostname, port=url.port, dbname=url.path[1:], user=url.username, password=url.password,
    table_name="quix_observation", schema_auto_update=True,
    primary_key_columns=lambda row: ("series", "observed_us", "issued_us"), upsert_on_primary_key=True)
frame = app.dataframe(app.topic(topic, value_deserializer="json"))
frame = frame.apply(lambda m: {"lane": m["lane"], "series": m["series"][0], "observed_us": m["observed_us"][0],
    "issued_us": m["issued_us"][0], "known_us": m["known_us"][0], "value": m["value"][0]})
frame.sink(sink)
app.run(count=count)
"""


def is_installed() -> bool:
    """True when the dependency group ``bench`` is there."""
    return importlib.util.find_spec("quixstreams") is not None


def sink_rate(ground: Ground, topic: str, rows: int) -> tuple[float, str]:
    """Rows per second of the peer and a note; rate 0 when it failed, with its words in the note."""
    ground.rows("DROP TABLE IF EXISTS quix_observation")
    arguments = [sys.executable, "-W", "ignore", "-c", _PROGRAM, ground.kafka.bootstrap, topic, str(rows)]
    done = subprocess.Popen(
        [*arguments, ground.settings.database_url],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        cwd=ground.folder,
        text=True,
    )
    first, started, stored = 0, 0.0, 0
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        stored = _stored(ground)
        if stored and not started:
            first, started = stored, time.perf_counter()
        if stored >= rows or done.poll() is not None:
            break
        time.sleep(0.05)
    seconds = time.perf_counter() - started if started else 0.0
    stored = max(stored, _stored(ground))
    done.kill()
    _, words = done.communicate()
    if not seconds or stored <= first:
        return 0.0, f"quix failed: {words.strip()[-300:]}"
    return (stored - first) / seconds, f"quix: {stored} rows, batches of its own choice"


def _stored(ground: Ground) -> int:
    if not ground.rows("SELECT to_regclass('quix_observation')")[0][0]:
        return 0
    return int(ground.rows("SELECT count(*) FROM quix_observation")[0][0])
