"""The response stage as a process of its own, fed through Kafka: short runs, runs that wait, deadlines that fall due."""

import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, LiteralString

import msgspec
import psycopg

from schemas.alert import Alert, AlertState
from schemas.assessment import Hazard
from schemas.lane import LIVE
from schemas.level import Level
from schemas.topic import ALERT, CHAIN, partition_of
from services.cli.bench.figures import Figures, percentile
from services.cli.bench.ingestion.ground import Ground, wait_for
from services.cli.stack.part import tail
from services.cli.stack.ports import free_ports
from services.cli.stack.process import Launch, Running
from services.runtime.assets import asset_path
from services.runtime.chain import load_chain
from services.runtime.errors import UnreachableError
from services.runtime.kafka import KafkaStreamProducer
from services.runtime.settings import Settings

_PATIENCE_S = 600.0
_WITHIN_S = 60.0
_SPREAD_S = 30.0
_CONTACTS = """联系人:
  - {角色: duty_officer, 名称: 值班员, 英文名称: duty officer, 单位: 值班室, 渠道: [log]}
"""
_PLAN = """预案: {name}
名称: 测速
英文名称: Bench
版本: "1"
依据: 测速
启动条件:
  等级: {level}
  范围: [{lane}]
步骤:
  - {{编号: tell, 通知: 请核对, 英文: Check, 对象: [值班员]}}
  - {{编号: verify, 任务: 核实, 英文: Verify, 对象: 值班员, 时限: {within}}}
"""
_SHORT, _LONG = "replay:bench", "drill:bench"


def measure(settings: Settings, runs: int, waiting: int, timers: int) -> tuple[Figures, list[str]]:
    """All three figures. Raises UnreachableError when a part does not come to an end."""
    with Ground(settings) as ground:
        _publish_chain(ground.settings)
        _send(ground.settings, [*_alerts(_SHORT, runs, datetime.now(UTC)), *_closings(_SHORT, runs, datetime.now(UTC))])
        running = _response(ground)
        try:
            rate = _short_runs(ground, running, runs)
            rss_mb = _waiting(ground, running, waiting)
            late = _deadlines(ground, timers)
        except UnreachableError as error:
            raise UnreachableError(f"{error}\n{tail(ground.folder / 'response.log')}") from error
        finally:
            running.stop()
    figures = {
        "runs_per_s": rate,
        "waiting_rss_mb": rss_mb,
        "timer_p99_s": percentile(late, 0.99),
        "timer_p50_s": percentile(late, 0.5),
    }
    notes = [
        f"短运行：预警启动、通知、任务、预警解除，共 {runs} 次 short runs: begun by a warning, one message, one task, closed by the warning's end",
        f"{waiting} 次运行各有一个时限在等 runs wait, each with a deadline",
        f"{timers} 个时限在 {_SPREAD_S:g} 秒内到期，从到期到通知写出 deadlines over {_SPREAD_S:g} s, from due to the message written",
    ]
    return figures, notes


def _alerts(lane: str, number: int, as_of: datetime) -> Iterator[Alert]:
    for k in range(number):
        yield Alert(
            lane=lane,
            chain="ordos",
            node="P_QHD",
            product="steam_coal",
            hazard=Hazard.STARVED,
            episode=f"bench-{lane}-{k}",
            sequence=1,
            state=AlertState.OPENED,
            level=Level.YELLOW,
            opened_at=as_of,
            as_of=as_of,
            known_at=as_of,
            headline_zh="测速",
            headline_en="bench",
        )


def _closings(lane: str, number: int, at: datetime) -> Iterator[Alert]:
    for alert in _alerts(lane, number, at):
        yield msgspec.structs.replace(alert, sequence=2, state=AlertState.CLOSED, level=Level.NORMAL)


def _send(settings: Settings, alerts: list[Alert]) -> None:
    producer = KafkaStreamProducer(settings, client_id="bench", linger_ms=5)
    for number, alert in enumerate(alerts):
        partition = partition_of(alert.episode, ALERT.partitions)
        producer.send(ALERT.name, msgspec.json.encode(alert), key=alert.node.encode(), partition=partition)
        if number % 1000 == 999:
            producer.flush(60.0)
    producer.flush(60.0)
    producer.close()


def _publish_chain(settings: Settings) -> None:
    chain = load_chain(asset_path("deploy/config/chains/ordos"))
    producer = KafkaStreamProducer(settings, client_id="bench")
    producer.send(CHAIN.name, msgspec.json.encode(chain), key=chain.id.encode(), partition=0)
    producer.flush(30.0)
    producer.close()


def _response(ground: Ground) -> Running:
    environment = {
        "LIANJING_HOME": str(ground.folder),
        "LIANJING_CONFIG": str(_config(ground.folder / "config")),
        "LIANJING_KAFKA_BOOTSTRAP": ground.kafka.bootstrap,
        "LIANJING_DATABASE_URL": ground.settings.database_url,
        "LIANJING_METRICS_PORT": str(free_ports(1)[0]),
        "LIANJING_SLOT": "0",
    }
    launch = Launch((sys.executable, "-m", "services.response"), ground.folder, environment)
    return Running(launch, ground.folder / "response.log")


def _config(folder: Path) -> Path:
    """Three plans, one for each kind of lane, so that each part of the bench has its own."""
    (folder / "playbooks").mkdir(parents=True)
    (folder / "contacts").mkdir()
    (folder / "contacts" / "contacts.yaml").write_text(_CONTACTS, encoding="utf-8")
    for name, lane, within in (("short", "回放", "2 小时"), ("waiting", "演练", "30 天"), ("timed", "实战", "1 分钟")):
        plan = _PLAN.format(name=name, level="黄色", lane=lane, within=within)
        (folder / "playbooks" / f"{name}.yaml").write_text(plan, encoding="utf-8")
    return folder


def _short_runs(ground: Ground, running: Running, runs: int) -> float:
    """Asked over one connection and not too often, so that looking costs the database little beside the work that is looked at."""
    wait_for("the first run", lambda: _count(ground, _SHORT) > 0, _PATIENCE_S)
    with psycopg.connect(ground.settings.database_url, autocommit=True) as connection:

        def ended() -> int:
            if running.exit_code() is not None:
                raise UnreachableError(f"response ended with code {running.exit_code()}")
            return int(_found(connection, "SELECT count(*) FROM run WHERE lane = %s AND state = 'done'"))

        begun = time.perf_counter()
        first = int(_found(connection, "SELECT count(*) FROM run WHERE lane = %s"))
        wait_for("the short runs", lambda: ended() >= runs, _PATIENCE_S, 0.05)
        return (runs - first / 2) / (time.perf_counter() - begun)


def _found(connection: psycopg.Connection[Any], statement: LiteralString) -> Any:
    row = connection.execute(statement, (_SHORT,)).fetchone()
    return row[0] if row is not None else 0


def _waiting(ground: Ground, running: Running, waiting: int) -> float:
    _send(ground.settings, list(_alerts(_LONG, waiting, datetime.now(UTC))))
    wait_for("the waiting runs", lambda: _count(ground, _LONG) >= waiting, _PATIENCE_S, 0.2)
    wait_for(
        "their messages",
        lambda: not ground.rows("SELECT 1 FROM notification WHERE state = 'pending' LIMIT 1"),
        _PATIENCE_S,
        0.5,
    )
    status = Path(f"/proc/{running.pid}/status").read_text(encoding="ascii")
    kilobytes = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
    return kilobytes / 1024


def _deadlines(ground: Ground, timers: int) -> list[float]:
    """Seconds from due to the message that says so, of every deadline."""
    producer = KafkaStreamProducer(ground.settings, client_id="bench", linger_ms=0)
    for number, alert in enumerate(_alerts(LIVE, timers, datetime.now(UTC))):
        partition = partition_of(alert.episode, ALERT.partitions)
        producer.send(ALERT.name, msgspec.json.encode(alert), key=alert.node.encode(), partition=partition)
        if number % 10 == 9:
            producer.flush(30.0)
            time.sleep(10 * _SPREAD_S / timers)
    producer.flush(30.0)
    producer.close()
    lateness = """
    SELECT max(extract(epoch FROM n.sent_at - n.created_at)) FROM run_event e
    JOIN notification n ON n.run_id = e.run_id AND n.step = e.step AND n.created_at = e.at
    WHERE e.lane = 'live' AND e.kind = 'overdue' AND n.state = 'sent' GROUP BY e.run_id
    """
    wait_for("the deadlines", lambda: len(ground.rows(lateness)) >= timers, _WITHIN_S + _SPREAD_S + 120.0, 1.0)
    return [float(row[0]) for row in ground.rows(lateness)]


def _count(ground: Ground, lane: str) -> int:
    return int(ground.rows("SELECT count(*) FROM run WHERE lane = %s", lane)[0][0])
