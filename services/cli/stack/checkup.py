"""The checks of ``lianjing doctor``: each part, found where, which version, healthy or what to do."""

import shutil
import sys
from collections.abc import Callable, Iterator
from enum import StrEnum
from functools import partial
from pathlib import Path

from msgspec import Struct

from services.cli.stack.addresses import Addresses
from services.cli.stack.errors import StackError
from services.cli.stack.layout import Layout
from services.cli.stack.part import Part
from services.cli.stack.ports import holder_of
from services.cli.stack.prometheus import answers, program_version
from services.cli.stack.stage import STAGES, own_version
from services.cli.stack.state import StackState
from services.runtime.errors import InvariantError, LianjingError, UnreachableError

LEAST_FREE_BYTES = 5 * 1024**3


class Verdict(StrEnum):
    """Outcome of one check. ``idle``: installed and not running, as it should be."""

    GOOD = "good"
    IDLE = "idle"
    WRONG = "wrong"
    UNREACHABLE = "unreachable"


class Finding(Struct, frozen=True, kw_only=True):
    """One line of the table. ``advice`` says what to do; empty when nothing is."""

    part: str
    verdict: Verdict
    where: str = ""
    version: str = ""
    note: str = ""
    advice: str = ""


def examine(layout: Layout, state: StackState | None) -> list[Finding]:
    """All findings, in the order of the architecture."""
    running = {} if state is None or not state.is_supervised else {part.name: part for part in state.parts}
    findings = [python_finding()]
    for make, name, elsewhere in _parts(layout):
        findings.append(_guarded(name, partial(_made_finding, make, name, elsewhere, name in running)))
    up = {finding.part for finding in findings if finding.verdict is Verdict.GOOD}
    if "kafka" in up:
        findings.append(_guarded("topics", lambda: topic_finding(layout)))
    if "postgres" in up:
        findings.append(_guarded("database", lambda: database_finding(layout)))
    findings += [_guarded(s.name, partial(part_finding, s, s.name in running)) for s in layout.stages(_ALL, {})]
    findings += [disk_finding(layout.home), *port_findings(layout.addresses, set(running)), *optional_findings()]
    return findings


def exit_code(findings: list[Finding]) -> int:
    """0 all well, 3 a part that should answer does not, 1 anything else is wrong."""
    verdicts = {finding.verdict for finding in findings}
    if Verdict.UNREACHABLE in verdicts:
        return 3
    return 1 if Verdict.WRONG in verdicts else 0


def python_finding() -> Finding:
    """Our own program and its Python."""
    version = ".".join(str(number) for number in sys.version_info[:3])
    return Finding(
        part="lianjing", verdict=Verdict.GOOD, where=sys.executable, version=own_version(), note=f"Python {version}"
    )


def external_finding(name: str, address: str) -> Finding:
    """A part elsewhere. Broker and database are asked by the checks of topics and tables."""
    if address.startswith("http") and not answers(f"{address}/-/ready"):
        return Finding(
            part=name,
            verdict=Verdict.UNREACHABLE,
            where=address,
            note="外部 external",
            advice="检查地址 check the address",
        )
    return Finding(part=name, verdict=Verdict.GOOD, where=address, note="外部 external")


def part_finding(part: Part, should_run: bool) -> Finding:
    """One part of ours."""
    found = part.find()
    ready = part.is_ready()
    if ready and should_run:
        verdict, advice = Verdict.GOOD, ""
    elif should_run:
        verdict, advice = Verdict.UNREACHABLE, f"日志 see: {part.log}"
    else:
        verdict, advice = Verdict.IDLE, ""
    note = found.note if should_run else "; ".join(word for word in ("未启动 not running", found.note) if word)
    return Finding(part=part.name, verdict=verdict, where=found.where, version=found.version, note=note, advice=advice)


def topic_finding(layout: Layout) -> Finding:
    """Topics as in code, or what drifted."""
    from schemas.topic import ALL_TOPICS
    from services.runtime.broker import topic_drift

    drifts = topic_drift(layout.settings)
    if not drifts:
        return Finding(
            part="topics",
            verdict=Verdict.GOOD,
            where=layout.settings.kafka_bootstrap,
            note=f"{len(ALL_TOPICS)} 个 topics",
        )
    said = "; ".join(f"{drift.topic} {drift.setting}: {drift.found}, 应为 wanted {drift.wanted}" for drift in drifts)
    by_hand = any(drift.needs_a_person for drift in drifts)
    advice = (
        "分区数不能自动改:另建主题并迁移 / partition counts need a new topic"
        if by_hand
        else "lianjing migrate --only topics"
    )
    return Finding(
        part="topics", verdict=Verdict.WRONG, where=layout.settings.kafka_bootstrap, note=said, advice=advice
    )


def database_finding(layout: Layout) -> Finding:
    """Server version, mode and extension of the database."""
    from services.runtime.database import connect, mode_of
    from services.runtime.settings import without_password
    from services.runtime.timescale import version_of

    url = layout.database_url()
    with connect(url, application="doctor") as connection:
        row = connection.execute("SHOW server_version").fetchone()
        version = str(row[0]).split()[0] if row else ""
        extension = version_of(connection)
        try:
            mode = mode_of(connection).value
        except InvariantError as error:
            return Finding(
                part="database",
                verdict=Verdict.WRONG,
                where=without_password(url),
                version=version,
                note=str(error),
                advice="lianjing migrate",
            )
    note = f"模式 mode {mode}" + (f", TimescaleDB {extension}" if extension else "")
    if mode == "timescale" and extension is None:
        advice = "安装并预载 TimescaleDB / install and preload TimescaleDB"
        return Finding(
            part="database",
            verdict=Verdict.WRONG,
            where=without_password(url),
            version=version,
            note=note,
            advice=advice,
        )
    return Finding(part="database", verdict=Verdict.GOOD, where=without_password(url), version=version, note=note)


def disk_finding(home: Path) -> Finding:
    """Space left where the data are kept."""
    place = next(folder for folder in (home, *home.parents) if folder.exists())
    usage = shutil.disk_usage(place)
    note = f"剩余 free {usage.free / 1024**3:.1f} GiB ({100 * usage.free / usage.total:.0f} %)"
    if usage.free < LEAST_FREE_BYTES:
        return Finding(
            part="disk",
            verdict=Verdict.WRONG,
            where=str(place),
            note=note,
            advice="清理磁盘或移动 LIANJING_HOME / make room or move LIANJING_HOME",
        )
    return Finding(part="disk", verdict=Verdict.GOOD, where=str(place), note=note)


def port_findings(addresses: Addresses, running: set[str]) -> Iterator[Finding]:
    """Ports that someone else holds; none when the stack runs, for then they are ours."""
    if running:
        return
    for address in addresses.listed():
        holder = holder_of(address.port)
        if holder is not None:
            who = f"{holder.command} (pid {holder.pid})" if holder.pid is not None else "另一进程 another process"
            note = f"{address.part} 的端口被占用 port is held by {who}"
            yield Finding(
                part="port",
                verdict=Verdict.WRONG,
                where=str(address.port),
                note=note,
                advice=f"停掉它或设 stop it or set {address.setting}",
            )


def optional_findings() -> Iterator[Finding]:
    """Programs that are used when present."""
    for name, purpose in (
        ("mosquitto", "MQTT 测试 for MQTT tests"),
        ("grafana", "看板 boards"),
        ("promtool", "规则测试 rule tests"),
    ):
        found = shutil.which(name, path="/usr/local/bin:/usr/bin:/bin:/usr/sbin:/usr/local/sbin") or shutil.which(name)
        if found is None and name == "grafana":
            found = shutil.which("grafana-server")
        where, version = (found, program_version(Path(found)) if name != "mosquitto" else "") if found else ("", "")
        yield Finding(
            part=name,
            verdict=Verdict.GOOD if found else Verdict.IDLE,
            where=where,
            version=version,
            note=f"可选 optional: {purpose}",
        )


def _parts(layout: Layout) -> list[tuple[Callable[[], Part | None], str, str]]:
    settings = layout.settings
    return [
        (layout.kafka, "kafka", settings.kafka_bootstrap),
        (layout.postgres, "postgres", "LIANJING_DATABASE_URL"),
        (layout.prometheus, "prometheus", settings.prometheus_url),
        (layout.alertmanager, "alertmanager", settings.alertmanager_url),
    ]


def _made_finding(make: Callable[[], Part | None], name: str, elsewhere: str, should_run: bool) -> Finding:
    part = make()
    return external_finding(name, elsewhere) if part is None else part_finding(part, should_run)


def _guarded(name: str, check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except StackError as problem:
        return Finding(part=name, verdict=Verdict.WRONG, note=f"{problem.zh}\n{problem.en}", advice=problem.fix)
    except UnreachableError as error:
        return Finding(part=name, verdict=Verdict.UNREACHABLE, note=str(error), advice="lianjing up")
    except LianjingError as error:
        return Finding(part=name, verdict=Verdict.WRONG, note=str(error))


_ALL = frozenset(STAGES)
