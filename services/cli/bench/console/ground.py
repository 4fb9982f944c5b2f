"""A database with two lanes and the console before it, in a folder that is removed afterwards."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg

from schemas.chain import Chain
from services.cli.bench.console.crisis import put
from services.cli.stack.part import tail
from services.cli.stack.ports import free_ports
from services.cli.stack.postgres import Postgres
from services.cli.stack.roles import role_url
from services.console.access.account import Account
from services.console.access.audit import Note
from services.console.access.brake import Brake
from services.console.access.entrance import Entrance, Origin
from services.console.access.passwords import Passwords
from services.console.access.person import Role
from services.console.access.store import Store
from services.console.shelf import Shelf
from services.runtime.assets import asset_path
from services.runtime.chain import load_chain
from services.runtime.chain.generated import generate_chain
from services.runtime.clock import WallClock
from services.runtime.errors import UnreachableError
from services.runtime.migrations import migrate

LARGE = "replay:large"
LARGE_NODES = 2000
HISTORY_DAYS = 30
_PATIENCE_S = 60.0
_ROLE, _WORD = "lianjing_console", "bench"


class ConsoleGround:
    """Started by ``with``. Lane ``live`` is the operating chain with a month behind it, lane ``LARGE`` a generated chain."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="lianjing-ground-"))
        self.folder.chmod(0o755)
        database, self._port, self._metrics = free_ports(3)
        self._postgres = Postgres(self.folder / "postgres", database, self.folder / "secrets" / "postgres")
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"http://127.0.0.1:{self._port}"
        self.chains: dict[str, Chain] = {}

    def __enter__(self) -> Self:
        try:
            self._postgres.start()
            self._postgres.ensure_database("lianjing")
            self.database_url = self._postgres.url("lianjing")
            migrate(self.database_url, passwords={_ROLE: _WORD})
            self._fill()
            self._serve()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop console and database, remove the folder."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)
        self._postgres.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def sessions(self, number: int) -> list[str]:
        """Secrets of so many sessions of a duty officer."""
        clock = WallClock()
        shelf = Shelf(role_url(self.database_url, _ROLE, _WORD))
        shelf.open()
        try:
            store, now = Store(shelf, clock), clock.now()
            account = Account(
                name="duty", display="值班员", roles=frozenset({Role.DUTY}), created_at=now, changed_at=now
            )
            if store.account("duty") is None:
                store.put_account(account, Note(actor="bench", action="account add", subject="duty"))
            entrance = Entrance(store, Passwords(), Brake(), clock)
            return [entrance.begin(account, Origin("127.0.0.1"), "bench").secret for _ in range(number)]
        finally:
            shelf.close()

    def _fill(self) -> None:
        self.chains = {
            "live": load_chain(asset_path("deploy/config/chains/ordos")),
            LARGE: generate_chain(LARGE_NODES, 1),
        }
        with psycopg.connect(self.database_url, options="-c timezone=UTC") as connection:
            for lane, chain in self.chains.items():
                put(connection, chain, lane, datetime.now(UTC), days=HISTORY_DAYS if lane == "live" else 0)
            connection.commit()
            connection.autocommit = True
            connection.execute(b"ANALYZE")

    def _serve(self) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LIANJING_")} | {
            "LIANJING_HOME": str(self.folder),
            "LIANJING_DATABASE_URL": role_url(self.database_url, _ROLE, _WORD),
            "LIANJING_CONSOLE_PORT": str(self._port),
            "LIANJING_METRICS_PORT": str(self._metrics),
            "LIANJING_ERRAND_SECRET": "0" * 64,
        }
        log = self.folder / "console.log"
        with log.open("wb") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "services.console"], env=environment, stdout=out, stderr=subprocess.STDOUT
            )
        deadline = time.monotonic() + _PATIENCE_S
        while not self._answers():
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise UnreachableError(f"the console did not begin to answer\n{tail(log)}")
            time.sleep(0.2)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/login", timeout=2):  # noqa: S310  # an address of ours
                return True
        except OSError:
            return False
