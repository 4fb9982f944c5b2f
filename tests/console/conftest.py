"""The console with a real database, commands kept in memory, a client by role, and a browser."""

import threading
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
import uvicorn
from fastapi import FastAPI

from schemas.command import Command
from schemas.topic import COMMAND
from services.console.access.account import Account
from services.console.access.audit import Note
from services.console.access.brake import Brake
from services.console.access.clerk import Clerk
from services.console.access.entrance import Entrance
from services.console.access.keyring import Keyring
from services.console.access.passwords import Passwords
from services.console.access.person import Role
from services.console.access.store import Store
from services.console.actions.press import Press
from services.console.app import attend, build
from services.console.delivery import Carrier, client_of
from services.console.orders import Orders
from services.console.shelf import Shelf
from services.console.shell import Shell
from services.runtime.clock import WallClock
from services.runtime.memory import MemoryBroker, MemoryProducer
from services.runtime.metrics import Meters
from services.runtime.roles import ensure_roles
from services.runtime.settings import Settings
from tests.boards.conftest import crisis, crisis_template, start_clocks
from tests.databases import Database, Databases

__all__ = ["crisis", "crisis_template"]

with warnings.catch_warnings():  # starlette asks for another client, which says so once, at its import
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

PASSWORD = "a quiet harbour 7"
WORD = "console-test-word"
CHROMIUM = "/usr/bin/chromium"
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking")


class MovableClock(WallClock):
    """Wall time that a test may push ahead."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass
class Console:
    """The application under test. ``client(role)`` is signed in; ``commands()`` are those ordered so far."""

    app: FastAPI
    shell: Shell
    broker: MemoryBroker
    clock: MovableClock
    database: Database
    passwords: Passwords
    opened: list[Any] = field(default_factory=list)

    def account(self, name: str, *roles: Role, **more: Any) -> Account:
        """Make an account; its password is ``PASSWORD``."""
        now = self.clock.now()
        kept = {"display": name, "password": self.passwords.hashed(PASSWORD), "roles": frozenset(roles)} | more
        made = Account(name=name, created_at=now, changed_at=now, **kept)
        self.shell.store.put_account(made, Note(actor="test", action="account add", subject=name))
        return made

    def visitor(self) -> TestClient:
        """A browser that is not signed in. It follows no redirect by itself and shows errors as pages."""
        client = TestClient(self.app, raise_server_exceptions=True, follow_redirects=False)
        self.opened.append(client)
        return client

    def client(self, role: Role | str = Role.DUTY, *, chains: frozenset[str] | None = None, **more: Any) -> TestClient:
        """A browser signed in as somebody of this role; its header proves forms. Accounts are called after their roles."""
        role = Role(role)
        name = role.value + ("" if chains is None else "." + ".".join(sorted(chains)))
        if self.shell.store.account(name) is None:
            if role is Role.PROVIDER:
                more.setdefault("provider", "port")
            self.account(name, role, chains=chains, **more)
        client = self.visitor()
        self.sign_in(client, name)
        return client

    def sign_in(self, client: TestClient, name: str, password: str = PASSWORD) -> Any:
        """By the form, as a person does; afterwards the client's header carries the proof for forms."""
        proof = proof_of(client.get("/login").text)
        answer = client.post("/login", data={"name": name, "password": password, "csrf": proof})
        if answer.status_code == 303:
            client.headers["X-CSRF-Token"] = proof_of(client.get("/account").text)
        return answer

    def close(self) -> None:
        """Let go of clients, papers and connections."""
        for client in self.opened:
            client.close()
        self.shell.press.close()
        self.shell.shelf.close()

    def commands(self) -> list[Command]:
        """Commands ordered so far."""
        import msgspec

        return [msgspec.json.decode(m.value or b"", type=Command) for m in self.broker.messages(COMMAND.name)]


def proof_of(text: str) -> str:
    """The proof that a page puts into its forms."""
    return text.split('name="csrf" value="', 1)[1].split('"', 1)[0]


_BUILT: list[FastAPI] = []
"""The application of this process: its routes are worked out once, every test's shell is put behind it anew."""


def open_console(database: Database) -> Console:
    """The application over a migrated database, as the console's own role. Close it afterwards."""
    with psycopg.connect(database.cluster.url(database.name), autocommit=True) as connection:
        ensure_roles(connection, {"lianjing_console": WORD})
        start_clocks(connection)
    clock, broker, passwords = MovableClock(), MemoryBroker(), Passwords(cheap=True)
    shelf = Shelf(database.url_as("lianjing_console", WORD))
    shelf.open()
    store = Store(shelf, clock)
    shell = Shell(
        settings=Settings(database_url=database.cluster.url(database.name)),
        shelf=shelf,
        orders=Orders(MemoryProducer(broker), store, clock),
        entrance=Entrance(store, passwords, Brake(), clock),
        store=store,
        carrier=Carrier(client_of("127.0.0.1", 9), "the secret of errands in tests", clock),
        press=Press(shelf, clock),
        clerk=Clerk(store, passwords, clock),
        keyring=Keyring(shelf, store, clock),
        clock=clock,
        meters=Meters(),
    )
    if _BUILT:
        attend(_BUILT[0], shell)
    else:
        _BUILT.append(build(shell))
    return Console(_BUILT[0], shell, broker, clock, database, passwords)


@pytest.fixture
def console(crisis_template: tuple[str, str], databases: Databases) -> Iterator[Console]:
    """The console over the crisis of the boards' tests: lanes ``live`` and ``drill:b``, chain ``ordos``, lane time 2026-02-12."""
    with databases.shared(*crisis_template) as database:
        yield from _opened(database)


@pytest.fixture
def bare(migrated_template: tuple[str, str], databases: Databases) -> Iterator[Console]:
    """The console over empty tables: no chain, no lane."""
    with databases.shared(*migrated_template) as database:
        yield from _opened(database)


def _opened(database: Database) -> Iterator[Console]:
    made = open_console(database)
    try:
        yield made
    finally:
        made.close()


class Served:
    """Serves the console on a free port when called; gives its address. Calling again gives the same."""

    def __init__(self, app: FastAPI) -> None:
        config = uvicorn.Config(app, port=0, log_config=None, access_log=False, timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def __call__(self) -> str:
        if not self._server.started:
            self._thread.start()
            while not self._server.started:
                time.sleep(0.01)  # uvicorn tells nobody that it has begun
        return f"http://127.0.0.1:{self._server.servers[0].sockets[0].getsockname()[1]}"

    def stop(self) -> None:
        """Stop serving; open streams are cut."""
        if self._thread.is_alive():
            self._server.should_exit = True
            self._thread.join(10)


@pytest.fixture
def served(console: Console) -> Iterator[Served]:
    """The console behind a real address."""
    made = Served(console.app)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """One Chromium for the tests of a file, for its start costs more than most of them."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield started
        started.close()


@pytest.fixture
def browser(chromium: Any) -> Iterator[Any]:
    """Chromium, driven by playwright: ``browser.new_page()``. Nothing of one test is left for the next."""
    yield chromium
    for context in chromium.contexts:
        context.close()
