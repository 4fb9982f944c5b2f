"""A broker and a database of our own on free ports, in a folder that is removed afterwards; ingest processes beside them."""

import shutil
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg

from services.cli.stack.kafka import Kafka
from services.cli.stack.layout import cache_folder
from services.cli.stack.part import tail
from services.cli.stack.ports import free_ports
from services.cli.stack.postgres import Postgres
from services.cli.stack.process import Launch, Running
from services.runtime.assets import asset_path
from services.runtime.broker import ensure_topics
from services.runtime.database import Mode
from services.runtime.errors import UnreachableError
from services.runtime.migrations import migrate
from services.runtime.settings import Settings

DATABASE = "lianjing"


class Ground:
    """Started by ``with``; stops everything it started. Raises UnreachableError where a part cannot run."""

    def __init__(self, settings: Settings, mode: Mode | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="lianjing-ground-"))
        self.folder.chmod(0o755)
        broker, controller, database = free_ports(3)
        cache = cache_folder(settings.home)
        self.kafka = Kafka(self.folder / "kafka", cache, asset_path("deploy/kafka"), broker, controller)
        self.postgres = Postgres(self.folder / "postgres", database, self.folder / "secrets" / "postgres")
        self.mode = mode
        self.settings = settings
        self._ingest: dict[int, Running] = {}

    def __enter__(self) -> Self:
        try:
            self.kafka.start()
            self.postgres.start()
            self.settings = Settings(
                home=self.folder,
                kafka_bootstrap=self.kafka.bootstrap,
                session_timeout_ms=self.settings.session_timeout_ms,
            )
            ensure_topics(self.settings)
            self.settings = self.settings.with_changes(database_url=self.make_database(DATABASE))
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def make_database(self, name: str) -> str:
        """A fresh database with all tables; returns its address."""
        self.postgres.ensure_database(name)
        url = self.postgres.url(name)
        self.mode = migrate(url, self.mode).mode
        return url

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask the database."""
        with psycopg.connect(self.settings.database_url, autocommit=True, options="-c timezone=UTC") as connection:
            cursor = connection.execute(statement.encode(), values or None)
            return cursor.fetchall() if cursor.description else []

    def start_ingest(self, slot: int = 0, **settings: str) -> Running:
        """Start an ingest process. It runs until stopped or killed, or the ground is closed."""
        port = free_ports(1)[0]
        environment = {
            "LIANJING_HOME": str(self.folder),
            "LIANJING_KAFKA_BOOTSTRAP": self.kafka.bootstrap,
            "LIANJING_DATABASE_URL": self.settings.database_url,
            "LIANJING_METRICS_PORT": str(port),
            "LIANJING_SLOT": str(slot),
            "LIANJING_SESSION_TIMEOUT_MS": str(self.settings.session_timeout_ms),
        } | settings
        launch = Launch((sys.executable, "-m", "services.ingest"), self.folder, environment)
        running = Running(launch, self.folder / f"ingest-{slot}.log")
        self._ingest[slot] = running
        return running

    def ingest_words(self) -> str:
        """The last lines of the logs of all ingest processes."""
        return "\n".join(tail(self.folder / f"ingest-{slot}.log") for slot in self._ingest)

    def kill_ingest(self, slot: int) -> None:
        """SIGKILL to one ingest process."""
        self._ingest.pop(slot).kill()

    def stop_one_ingest(self, slot: int) -> None:
        """Clean stop of one ingest process."""
        self._ingest.pop(slot).stop()

    def stop_ingest(self) -> None:
        """Clean stop of all ingest processes."""
        for running in self._ingest.values():
            running.stop()
        self._ingest.clear()

    def close(self) -> None:
        """Stop everything and remove the folder."""
        for running in self._ingest.values():
            running.kill()
        self.kafka.kill()
        self.postgres.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def wait_for(what: str, condition: Any, seconds: float, step_s: float = 0.02) -> None:
    """Poll until the condition holds. Raises UnreachableError with ``what`` when it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise UnreachableError(f"{what}: not within {seconds:g} s")
        time.sleep(step_s)
