"""The console's accounts and audit log for the command line: over the database of the settings."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from services.console.access.clerk import Clerk
from services.console.access.passwords import Passwords
from services.console.access.store import Store
from services.console.shelf import Shelf
from services.runtime.clock import WallClock
from services.runtime.errors import UnreachableError
from services.runtime.settings import Settings


@dataclass(frozen=True)
class Desk:
    """What keeps accounts and reads the log."""

    store: Store
    clerk: Clerk
    clock: WallClock


@contextmanager
def console_desk(settings: Settings | None = None) -> Iterator[Desk]:
    """Open the desk. Raises UnreachableError when no database is named, and later when it does not answer."""
    url = (settings or Settings.from_environment()).database_url
    if not url:
        raise UnreachableError(
            "没有数据库：lianjing up 或 LIANJING_DATABASE_URL / no database: run `lianjing up`, or set it"
        )
    clock, shelf = WallClock(), Shelf(url, most=2)
    shelf.open()
    try:
        store = Store(shelf, clock)
        yield Desk(store, Clerk(store, Passwords(), clock), clock)
    finally:
        shelf.close()
