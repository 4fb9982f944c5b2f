"""Real parts for the tests: broker, database, Prometheus and Alertmanager on free ports, started once and shared.

Every test that asks for one of them is marked ``integration``. In CI (``CI=true``) a skipped integration test fails.
The end of the run says which parts, in which versions, were used.
"""

import os
import re
import shutil
import signal
import tempfile
import uuid
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from services.cli.stack.alertmanager import Alertmanager
from services.cli.stack.errors import PartMissingError
from services.cli.stack.kafka import Kafka
from services.cli.stack.part import Part
from services.cli.stack.ports import free_ports
from services.cli.stack.postgres import Postgres
from services.cli.stack.postgres_programs import find_programs
from services.cli.stack.process import started_at
from services.cli.stack.prometheus import Prometheus
from services.runtime.broker import ensure_topics
from services.runtime.settings import Settings
from tests.databases import Database, Databases

CLONE = Path(__file__).resolve().parents[1]
CACHE = CLONE / ".lianjing" / "cache"
STAGES = {"alerting", "console", "detection", "drill", "history", "intake", "response", "stack"}
"""Their tests are about processes and commands; what differs between the modes is in tests/storage and tests/ingest."""
PARTS = {"broker", "database", "migrated_database", "migrated_template", "cluster", "prometheus", "alertmanager"}
# Brokers of tests live for minutes: compiling a second time, for speed in the long run, costs them more than it saves.
os.environ.setdefault("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1")
BLACKHOLE = "route: {receiver: none}\nreceivers: [{name: none}]\n"
_PREFIX = "lianjing-test-"
_USED: dict[str, str] = {}


def _modes() -> list[str]:
    try:
        return ["timescale", "plain"] if find_programs().timescale else ["plain"]
    except PartMissingError:
        return ["plain"]


def _remember(part: Part) -> None:
    found = part.find()
    _USED[part.title] = f"{found.version}  {found.note}  {found.where}"


@pytest.fixture(scope="session")
def remember() -> Callable[[Part], None]:
    """Tests that start parts of their own have them named at the end of the run, too."""
    return _remember


# --- the session's folder, and what a killed earlier session left behind --------------------------------------------


@pytest.fixture(scope="session")
def stack_folder() -> Iterator[Path]:
    """A folder that the database's account can reach; removed at the end, with its processes."""
    _sweep()
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    folder.chmod(0o755)
    (folder / "owner").write_text(f"{os.getpid()} {started_at(os.getpid())}")
    yield folder
    _end_processes(folder)
    shutil.rmtree(folder, ignore_errors=True)


def _sweep() -> None:
    for owner in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*/owner"):
        pid, _, started = owner.read_text().partition(" ")
        if started_at(int(pid)) != started:
            _end_processes(owner.parent)
            shutil.rmtree(owner.parent, ignore_errors=True)


def _end_processes(folder: Path) -> None:
    for file in folder.glob("*/pid"):
        pid, _, started = file.read_text().partition(" ")
        if started and started_at(int(pid)) == started:
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)


# --- Kafka ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def session_broker(stack_folder: Path) -> Iterator[Kafka]:
    """The session's broker with all topics made; use ``broker``."""
    port, controller_port = free_ports(2)
    kafka = Kafka(stack_folder / "kafka", CACHE, CLONE / "deploy" / "kafka", port, controller_port)
    kafka.start()
    _remember(kafka)
    ensure_topics(Settings(kafka_bootstrap=kafka.bootstrap))
    yield kafka
    kafka.stop()


@pytest.fixture(scope="session")
def real_tables() -> Path:
    """The folder of real tables: LIANJING_DATA, or ../shared/data beside the clone. It is never part of the project."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("LIANJING_DATA", beside)) / "real"
    if not folder.is_dir():
        pytest.skip(f"no real tables at {folder}: set LIANJING_DATA (docs/history.md says where to get them)")
    return folder


@pytest.fixture
def broker(session_broker: Kafka) -> Iterator[Kafka]:
    """The real broker with every topic of ours: ``.bootstrap``, ``.stop()``, ``.start()``, ``.restart()``, ``.kill()``.

    It is shared by all tests, so use a lane of your own. After the test it runs again whatever the test did to it.
    """
    yield session_broker
    session_broker.start()


@pytest.fixture
def lane() -> str:
    """A lane nobody else uses."""
    return f"replay:test-{uuid.uuid4().hex[:10]}"


# --- PostgreSQL -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def session_cluster(stack_folder: Path) -> Iterator[Postgres]:
    """The session's database cluster; use ``database`` or ``cluster``."""
    cluster = Postgres(stack_folder / "postgres", free_ports(1)[0], stack_folder / "secrets" / "postgres")
    cluster.start()
    _remember(cluster)
    _force_nothing_to_disk(cluster)
    yield cluster
    cluster.stop()


def _force_nothing_to_disk(cluster: Postgres) -> None:
    """Tests kill processes, never the machine: what was written outlives them in the memory of the system."""
    with psycopg.connect(cluster.url(), autocommit=True) as connection:
        for name in ("fsync", "full_page_writes"):
            connection.execute(f"ALTER SYSTEM SET {name} = off")
        connection.execute("SELECT pg_reload_conf()")


@pytest.fixture
def cluster(session_cluster: Postgres) -> Iterator[Postgres]:
    """The running cluster; it runs again after the test whatever the test did to it."""
    session_cluster.start()
    yield session_cluster
    session_cluster.start()


@pytest.fixture(scope="session")
def databases(session_cluster: Postgres) -> Databases:
    """Makes databases on the session's cluster; use ``database`` or ``migrated_database``."""
    return Databases(session_cluster)


@pytest.fixture(params=_modes())
def database(request: pytest.FixtureRequest, cluster: Postgres, databases: Databases) -> Iterator[Database]:
    """A fresh, empty database for this test, once per mode; ``migrated_database`` has the tables already."""
    with databases.fresh(_used(request.param)) as made:
        yield made


@pytest.fixture(params=_modes())
def migrated_template(request: pytest.FixtureRequest, cluster: Postgres, databases: Databases) -> tuple[str, str]:
    """Mode and name of the template that has all tables, once per mode."""
    mode = _used(request.param)
    return mode, databases.template(f"template_{mode}", lambda url: _migrate(url, mode))


@pytest.fixture
def migrated_database(migrated_template: tuple[str, str], databases: Databases) -> Iterator[Database]:
    """A fresh database with all tables, once per mode: a copy of one that was migrated once."""
    with databases.fresh(*migrated_template) as made:
        yield made


def _migrate(url: str, mode: str) -> None:
    from services.runtime.database import Mode
    from services.runtime.migrations import migrate

    migrate(url, mode=Mode(mode))


def _used(mode: str) -> str:
    _USED[f"数据库模式 database mode: {mode}"] = "用过 used"
    return mode


# --- Prometheus and Alertmanager ------------------------------------------------------------------------------------


@pytest.fixture
def prometheus(stack_folder: Path) -> Iterator[Callable[[str], Prometheus]]:
    """A factory: ``prometheus(text_of_prometheus_yml)`` gives a running one with ``.url``; stopped after the test."""
    started: list[Prometheus] = []

    def make(configuration: str) -> Prometheus:
        part = Prometheus(stack_folder / f"prometheus-{uuid.uuid4().hex[:8]}", free_ports(1)[0], configuration)
        started.append(part)
        part.start()
        _remember(part)
        return part

    yield make
    for part in started:
        part.stop()


@pytest.fixture
def alertmanager(stack_folder: Path) -> Iterator[Callable[..., Alertmanager]]:
    """A factory: ``alertmanager(text_of_alertmanager_yml)`` gives a running one with ``.url``; without text it sends nothing."""
    started: list[Alertmanager] = []

    def make(configuration: str = BLACKHOLE) -> Alertmanager:
        part = Alertmanager(stack_folder / f"alertmanager-{uuid.uuid4().hex[:8]}", free_ports(1)[0], configuration)
        started.append(part)
        part.start()
        _remember(part)
        return part

    yield make
    for part in started:
        part.stop()


# --- marks, skips, summary ------------------------------------------------------------------------------------------


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whoever asks for a real part is an integration test. Whole stages run on each mode of the database in the long form only, else on the first.

    Faults come last. Several processes leave files of one test to the end, and of these the faults want the machine for themselves.
    """
    items.sort(key=lambda item: item.path.parent.name == "faults")
    later = set(_modes()[1:])
    for item in items:
        if PARTS & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.integration)
        asked = getattr(item, "callspec", None)
        is_of_a_stage = STAGES & set(item.path.parts[len(CLONE.parts) :])
        if is_of_a_stage and asked is not None and later & set(map(str, asked.params.values())):
            item.add_marker(pytest.mark.full)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI a skipped integration test is a failure: a part that is not there proves nothing."""
    report = yield
    if (
        report.skipped
        and not hasattr(report, "wasxfail")
        and os.environ.get("CI") == "true"
        and item.get_closest_marker("integration")
    ):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"integration test skipped in CI: {reason}"
    return report


def pytest_report_header() -> str:
    """Say before the run which databases will be tested."""
    return f"lianjing: 数据库模式 database modes: {', '.join(_modes())}"


def pytest_sessionfinish(session: pytest.Session) -> None:
    """One of several processes hands over what it used."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["used"] = _USED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over what one of several processes used."""
    _USED.update(getattr(node, "workeroutput", {}).get("used", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say after the run which real parts were used."""
    terminalreporter.section("真实组件 real parts used")
    if not _USED:
        terminalreporter.write_line("无 none")
    for title, text in sorted(_USED.items()):
        terminalreporter.write_line(f"{title}: {re.sub(r'  +', '  ', text)}")
