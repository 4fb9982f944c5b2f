"""Speed of the service: one detection process with the shipped catalogue drains a topic that was filled before, through a broker of our own.

All of it is on: data quality, the bank, calibration, vote, snapshots, published scores. Messages of 100 rows, hourly values.
"""

import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np

from schemas.feed import Feed, FeedMessage
from schemas.topic import FEED_PARTITIONS, FEED_TOPICS, SCORE, SNAPSHOT, Topic
from services.cli.bench.figures import Figures
from services.cli.bench.ingestion.ground import wait_for
from services.cli.stack.kafka import Kafka
from services.cli.stack.layout import cache_folder
from services.cli.stack.part import tail
from services.cli.stack.ports import free_ports
from services.cli.stack.process import Launch, Running
from services.runtime.assets import asset_path
from services.runtime.broker import ensure_topics
from services.runtime.errors import UnreachableError
from services.runtime.kafka import KafkaStreamConsumer, KafkaStreamProducer
from services.runtime.settings import Settings

ROWS = 100
_HOUR_US = 3_600_000_000
_START_US = 1_704_067_200_000_000
_LAG_US = 1_800_000_000
_KINDS = ("stock", "output", "flow", "inflow", "use")
_TOPIC = FEED_TOPICS[Feed.PRODUCTION].name
_PATIENCE_S = 900.0
_SNAPSHOT_EVERY_S = 10
"""Three times as often as shipped, so that a short run has its share of them: as much to write as of three times as many series."""


def stream_speed(settings: Settings, series: int, hours: int, warm_hours: int) -> tuple[Figures, list[str]]:
    """Observations a second of one process after ``warm_hours`` of every series, per second of its processor time and by the clock on the wall.
    Raises UnreachableError when broker or process do not come to an end."""
    folder = Path(tempfile.mkdtemp(prefix="lianjing-bench-detect-"))
    folder.chmod(0o755)
    broker, controller = free_ports(2)
    kafka = Kafka(folder / "kafka", cache_folder(settings.home), asset_path("deploy/kafka"), broker, controller)
    try:
        kafka.start()
        ours = Settings(home=folder, kafka_bootstrap=kafka.bootstrap)
        ensure_topics(ours)
        sent = _fill(ours, series, hours)
        running = _detection(folder, ours)
        try:
            return _watch(ours, running, sent, warm=series // ROWS * warm_hours)
        except UnreachableError as error:
            raise UnreachableError(f"{error}\n{tail(folder / 'detection.log')}") from error
        finally:
            running.stop()
    finally:
        kafka.kill()
        shutil.rmtree(folder, ignore_errors=True)


def messages(series: int, hours: int) -> Iterator[tuple[int, bytes]]:
    """Partition and message: one value an hour of each series, with noise, in groups of ``ROWS``."""
    rng = np.random.default_rng(1)
    usual = rng.uniform(100.0, 100_000.0, series)
    names = [f"{_KINDS[k % len(_KINDS)]}.N{k}.steam_coal" for k in range(series)]
    encode = msgspec.json.Encoder().encode
    for hour in range(hours):
        values = usual * (1.0 + 0.02 * rng.standard_normal(series))
        observed = [_START_US + hour * _HOUR_US] * ROWS
        known = [observed[0] + _LAG_US] * ROWS
        for group, at in enumerate(range(0, series, ROWS)):
            feed = FeedMessage(
                lane="bench:detect",
                source="bench",
                series=names[at : at + ROWS],
                observed_us=observed,
                issued_us=known,
                known_us=known,
                value=values[at : at + ROWS].tolist(),
            )
            yield group % FEED_PARTITIONS, encode(feed)


def _fill(settings: Settings, series: int, hours: int) -> int:
    producer = KafkaStreamProducer(settings, client_id="bench", linger_ms=20)
    sent = 0
    for partition, message in messages(series, hours):
        producer.send(_TOPIC, message, key=b"bench", partition=partition)
        sent += 1
        if sent % 1000 == 0:
            producer.flush(120.0)
    producer.flush(120.0)
    producer.close()
    return sent


def _detection(folder: Path, settings: Settings) -> Running:
    environment = {
        "LIANJING_HOME": str(folder),
        "LIANJING_KAFKA_BOOTSTRAP": settings.kafka_bootstrap,
        "LIANJING_DATABASE_URL": "",
        "LIANJING_METRICS_PORT": str(free_ports(1)[0]),
        "LIANJING_SLOT": "0",
        "LIANJING_CONFIG": str(_catalogue(folder)),
    }
    return Running(Launch((sys.executable, "-m", "services.detection"), folder, environment), folder / "detection.log")


def _catalogue(folder: Path) -> Path:
    """The shipped one, with snapshots more often."""
    shipped = asset_path("deploy/config/detectors/default.yaml").read_text(encoding="utf-8")
    changed = re.sub(r"^snapshot_every_s: .*$", f"snapshot_every_s: {_SNAPSHOT_EVERY_S}", shipped, flags=re.MULTILINE)
    (folder / "config" / "detectors").mkdir(parents=True)
    (folder / "config" / "detectors" / "default.yaml").write_text(changed, encoding="utf-8")
    return folder / "config"


def _watch(settings: Settings, running: Running, sent: int, warm: int) -> tuple[Figures, list[str]]:
    consumer = KafkaStreamConsumer(settings, client_id="bench")
    try:

        def scored() -> int:
            if running.exit_code() is not None:
                raise UnreachableError(f"detection ended with code {running.exit_code()}")
            return _ends(consumer, SCORE)

        wait_for("the first scores of detection", lambda: scored() >= warm, _PATIENCE_S, 0.05)
        begun, wall, cpu = scored(), time.perf_counter(), _cpu_s(running.pid)
        kept = _ends(consumer, SNAPSHOT)
        wait_for("detection to reach the end of the topic", lambda: scored() >= sent, _PATIENCE_S, 0.05)
        rows = (sent - begun) * ROWS
        wall, cpu = time.perf_counter() - wall, _cpu_s(running.pid) - cpu
        kept = _ends(consumer, SNAPSHOT) - kept
    finally:
        consumer.close()
    share = cpu / wall
    figures: Figures = {"faust_obs_per_s": rows / cpu, "faust_wall_obs_per_s": rows / wall}
    return figures, [
        f"faust: {rows:,} observations through Kafka and Faust, {ROWS} a message, shipped catalogue; {cpu:.1f} s of processor in {wall:.1f} s "
        f"({share:.0%} of one core), {kept} snapshot messages meanwhile, written every {_SNAPSHOT_EVERY_S} s; faust_obs_per_s by processor "
        "time, as the others"
    ]


def _ends(consumer: KafkaStreamConsumer, topic: Topic) -> int:
    return sum(consumer.end_offsets([(topic.name, p) for p in range(topic.partitions)]).values())


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
