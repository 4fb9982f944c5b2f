"""Databases for the tests: fresh ones, copies of a prepared one, and copies that the next test may use again."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from services.cli.stack.postgres import Postgres

READERS = frozenset({"lianjing_board", "lianjing_console"})
"""Roles that change no more than the console's own tables."""
_OWN = """
SELECT oid::regclass::text FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND has_table_privilege('lianjing_console', oid, 'INSERT')
"""


class Database:
    """One database. ``mode`` is ``timescale`` or ``plain``; stop, start, restart and kill act on its whole cluster.

    Whoever asks for ``url`` may change everything: the database is then ``touched`` and never handed to another test.
    """

    def __init__(self, name: str, mode: str, cluster: Postgres) -> None:
        self.name, self.mode, self.cluster = name, mode, cluster
        self.touched = False

    @property
    def url(self) -> str:
        """The address for the owner of everything."""
        self.touched = True
        return self.cluster.url(self.name)

    def url_as(self, role: str, password: str) -> str:
        """The address for another role."""
        self.touched |= role not in READERS
        return self.cluster.url(self.name, role, password)

    def start(self) -> None:
        """Start the cluster again."""
        self.cluster.start()

    def stop(self) -> None:
        """Clean stop of the cluster."""
        self.cluster.stop()

    def restart(self) -> None:
        """Clean stop and start."""
        self.cluster.restart()

    def kill(self) -> None:
        """SIGKILL to every process of the cluster; ``start`` brings it back."""
        self.cluster.kill()

    def wash(self) -> None:
        """Empty the tables that the console writes, the log that is only ever added to among them."""
        with psycopg.connect(self.cluster.url(self.name), autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")
            own = [sql.SQL(name) for (name,) in connection.execute(_OWN)]
            connection.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY CASCADE").format(sql.SQL(", ").join(own)))


class Databases:
    """The databases of one cluster. A template is prepared once, by ``prepare(url)``, under a name of its own and mode."""

    def __init__(self, cluster: Postgres) -> None:
        self._cluster = cluster
        self._kept: dict[str, Database] = {}

    @contextmanager
    def fresh(self, mode: str, template: str | None = None) -> Iterator[Database]:
        """A database for one test: empty, or a copy of this template; gone afterwards."""
        made = self._copy(mode, template)
        try:
            yield made
        finally:
            self._drop(made)

    @contextmanager
    def shared(self, mode: str, template: str) -> Iterator[Database]:
        """A copy of the template that tests use one after the other, washed between them, until one has touched it."""
        lent = self._kept.pop(template, None) or self._copy(mode, template)
        yield lent
        if lent.touched:
            self._drop(lent)
        else:
            lent.wash()
            self._kept[template] = lent

    def template(self, name: str, prepare: Callable[[str], None], parent: str | None = None) -> str:
        """The name of this template, made and prepared when it is first asked for."""
        if self._cluster.ensure_database(name) if parent is None else self._ensure_copy(name, parent):
            prepare(self._cluster.url(name))
        return name

    def _ensure_copy(self, name: str, parent: str) -> bool:
        with psycopg.connect(self._cluster.url(), autocommit=True) as connection:
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
                return False
        self._copy_to(name, parent)
        return True

    def _copy(self, mode: str, template: str | None) -> Database:
        name = f"test_{uuid.uuid4().hex[:12]}"
        if template is None:
            self._cluster.make_database(name)
        else:
            self._copy_to(name, template)
        return Database(name, mode, self._cluster)

    def _copy_to(self, name: str, template: str) -> None:
        # Copying files costs half of what writing them through the log does, as long as nothing is forced to disk.
        copy = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
        with psycopg.connect(self._cluster.url(), autocommit=True) as connection:
            connection.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(sql.Identifier(template)))
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (template,))
            connection.execute(copy.format(sql.Identifier(name), sql.Identifier(template)))

    def _drop(self, database: Database) -> None:
        self._cluster.start()
        self._cluster.drop_database(database.name)
