"""pg_dump and pg_restore, of the server's version or newer."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg
from psycopg import Connection, sql

from services.cli.stack.errors import PartMissingError
from services.cli.stack.postgres_programs import installed
from services.runtime.database import connect
from services.runtime.errors import InputError, InvariantError
from services.runtime.roles import ensure_roles
from services.runtime.timescale import install_extension, version_of

Tick = Callable[[int], None]
"""Called now and then with the bytes written or read so far."""
_DATA_TABLES = ("observation", "rejection", "score", "assessment", "alert", "run", "chain", "series")


def table_rows(connection: Connection[Any]) -> dict[str, int]:
    """Rows of the tables that hold data of the users."""
    counts = {}
    for name in _DATA_TABLES:
        row = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(name))).fetchone()
        counts[name] = int(row[0]) if row else 0
    return counts


def dump(url: str, target: Path, tick: Tick) -> None:
    """Write the database of ``url`` to a file in one snapshot. Raises PartMissingError, InvariantError with pg_dump's words."""
    arguments = ["--format=custom", "--compress=5", "--no-password", f"--file={target}"]
    _run("pg_dump", url, arguments, lambda: tick(target.stat().st_size if target.exists() else 0))


def restore(url: str, source: Path, timescaledb: str | None, tick: Tick, *, replace: bool) -> None:
    """Put a dump in the place of the database of ``url``. Raises InputError when it holds data already and ``replace`` is false."""
    _make_empty(url, replace=replace)
    with connect(url, application="restore", autocommit=True) as connection:
        ensure_roles(connection, {})
        if timescaledb is not None:
            _prepare_extension(connection, timescaledb)
    _run("pg_restore", url, ["--exit-on-error", "--no-password", "--no-owner", str(source)], lambda: tick(0))
    if timescaledb is not None:
        with connect(url, application="restore", autocommit=True) as connection:
            connection.execute("SELECT timescaledb_post_restore()")
    with connect(url, application="restore", autocommit=True) as connection:
        connection.execute("ANALYZE")


def _make_empty(url: str, *, replace: bool) -> None:
    with connect(url, application="restore", autocommit=True) as connection:
        row = connection.execute("SELECT to_regclass('public.lianjing_setting')").fetchone()
        if row is not None and row[0] is not None:
            held = {
                name: count
                for name, count in table_rows(connection).items()
                if count and name not in ("chain", "series")
            }
            if held and not replace:
                raise InputError(
                    f"数据库不是空的 the database is not empty: {held}. Restore into an empty stack, or give --replace to lose what is there"
                )
    name = unquote(urlsplit(url).path.lstrip("/"))
    with connect(url, application="restore", autocommit=True) as connection:
        maintenance = "postgres" if name != "postgres" else "template1"
    parts = urlsplit(url)
    with connect(parts._replace(path=f"/{maintenance}").geturl(), application="restore", autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))


def _prepare_extension(connection: Connection[Any], wanted: str) -> None:
    if not install_extension(connection):
        raise InvariantError(
            f"备份来自 TimescaleDB {wanted} the backup is of TimescaleDB {wanted}, which cannot be loaded here"
        )
    found = version_of(connection)
    if found != wanted:
        raise InvariantError(
            f"the backup is of TimescaleDB {wanted}, here is {found}: restore with the same version, then ALTER EXTENSION timescaledb UPDATE"
        )
    connection.execute("SELECT timescaledb_pre_restore()")


def _run(program: str, url: str, arguments: list[str], tick: Callable[[], None]) -> None:
    parts = urlsplit(url)
    environment = os.environ | {"PGPASSWORD": unquote(parts.password or ""), "PGTZ": "UTC"}
    plain = parts._replace(netloc=parts.netloc.replace(f":{parts.password}@", "@")).geturl() if parts.password else url
    command = [_program(program, url), f"--dbname={plain}", *arguments]
    with tempfile.TemporaryFile("w+") as words:
        with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=words) as process:
            while process.poll() is None:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(0.3)
                tick()
        words.seek(0)
        if process.returncode != 0:
            raise InvariantError(f"{program} 失败 failed: {words.read()[-600:].strip()}")


def _program(name: str, url: str) -> str:
    """The program of the server's major version or newer; the newest one where the server does not say."""
    with psycopg.connect(url, autocommit=True) as connection:
        major = connection.info.server_version // 10_000
    fitting = [p for p in installed() if p.major >= major and Path(p.path(name)).exists()]
    if fitting:
        return min(fitting, key=lambda p: p.major).path(name)
    found = shutil.which(name)
    if found is None:
        raise PartMissingError(
            f"未找到 {name}",
            f"{name} of PostgreSQL {major} or newer was not found",
            f"apt-get install postgresql-client-{major}",
        )
    return found
