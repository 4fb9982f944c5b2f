"""Our own PostgreSQL cluster: own data folder, own port, own account; never the cluster the system runs."""

import hashlib
import os
import secrets
import shutil
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from services.cli.stack.account import Account, can_reach, owner_of, unprivileged_account
from services.cli.stack.errors import PartFailedError, PartMissingError
from services.cli.stack.part import Found, Part, Tell, tell_nobody
from services.cli.stack.postgres_programs import Programs, find_programs
from services.cli.stack.process import Launch

ADMIN = "postgres"
_SYSTEM_DATA = Path("/var/lib/lianjing-clusters")
_LONGEST_SOCKET_FOLDER = 80


class Postgres(Part):
    """The cluster. Its superuser's password is made once and kept in ``secret`` (0600); connections are by password only.

    With TimescaleDB's TSL edition on the machine it is preloaded; a database gets the extension by the migration alone.
    """

    name = "postgres"
    title = "PostgreSQL"
    ready_seconds = 90.0

    def __init__(
        self, folder: Path, port: int, secret: Path, log: Path | None = None, account: Account | None = None
    ) -> None:
        super().__init__(folder, log)
        self.port = port
        self._secret = secret
        self._account = account if account is not None else unprivileged_account()
        self._place = data_place(folder, self._account)

    @property
    def data(self) -> Path:
        """The cluster's data folder."""
        return self._place / "data"

    @property
    def programs(self) -> Programs:
        """The server programs that fit the data. Raises PartMissingError, DataMismatchError."""
        return find_programs(self.data)

    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.port}"

    def url(self, database: str = ADMIN, role: str = ADMIN, password: str | None = None) -> str:
        """A connection address; with the superuser's password when none is given."""
        word = password if password is not None else self._password()
        return f"postgresql://{role}:{quote(word, safe='')}@127.0.0.1:{self.port}/{database}"

    def find(self) -> Found:
        """The server programs and TimescaleDB."""
        programs = self.programs
        note = (
            f"TimescaleDB {programs.timescale} (TSL)"
            if programs.timescale
            else "无 TimescaleDB,用普通模式 / no TimescaleDB, plain mode"
        )
        return Found(str(programs.folder), programs.version, note)

    def prepare(self, tell: Tell = tell_nobody) -> None:
        """Make the cluster once; write its settings each time."""
        programs = self.programs
        if self._account is not None and not can_reach(programs.folder / "postgres", self._account):
            raise PartMissingError(
                f"系统用户 {self._account.name} 无权读取 {programs.folder}",
                f"the system user {self._account.name} cannot read {programs.folder}",
                "apt-get install postgresql, 或把环境移出私有目录 / or move the environment out of the private folder",
            )
        if not (self.data / "PG_VERSION").exists():
            tell(
                f"初始化数据库集群(PostgreSQL {programs.version})",
                f"making a database cluster with PostgreSQL {programs.version}",
            )
            self._make_folders()
            self._initialise(programs)
        self._socket_folder.mkdir(parents=True, exist_ok=True)
        self._give(self._socket_folder)
        settings = self.data / "postgresql.conf"
        settings.write_text(server_settings(self.port, self._socket_folder, with_timescale=bool(programs.timescale)))
        self._give(settings)
        local = self.data / "local.conf"
        if not local.exists():
            local.write_text("# 自己的设置写在这里,优先于 postgresql.conf / settings of your own go here and win\n")
            self._give(local)

    def launch(self) -> Launch:
        """The server in the foreground; SIGINT is its fast clean stop."""
        argv = (self.programs.path("postgres"), "-D", str(self.data))
        return Launch(argv, self.data, {"LC_ALL": "C"}, self._account, signal.SIGINT)

    def is_ready(self) -> bool:
        """Whether it lets us in and answers."""
        try:
            with psycopg.connect(self.url(), connect_timeout=2) as connection:
                connection.execute("SELECT 1")
        except (psycopg.Error, OSError):
            return False
        return True

    def start(self) -> None:
        """Start; after a SIGKILL wait until the killed server's children let go of the data folder."""
        deadline = time.monotonic() + 20
        while True:
            try:
                super().start()
            except PartFailedError:
                if (
                    time.monotonic() > deadline
                    or "shared memory block" not in self.log.read_text(errors="replace")[-2000:]
                ):
                    raise
                time.sleep(0.2)
            else:
                return

    def ensure_database(self, database: str) -> bool:
        """Make the database unless it exists. True when it was made now."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (database,)).fetchone():
                return False
        self.make_database(database)
        return True

    def make_database(self, database: str) -> None:
        """Make it, empty."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))

    def drop_database(self, database: str) -> None:
        """Drop it and end its sessions; harmless when it is gone."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))

    @property
    def _socket_folder(self) -> Path:
        folder = self._place / "socket"
        if len(str(folder)) <= _LONGEST_SOCKET_FOLDER:
            return folder
        digest = hashlib.sha256(str(folder).encode()).hexdigest()[:12]
        return Path("/tmp") / f"lianjing-{digest}"  # noqa: S108 - a socket's path is limited to 107 bytes

    def _make_folders(self) -> None:
        self._place.mkdir(parents=True, exist_ok=True)
        if self.data.exists():
            shutil.rmtree(self.data)
        self.data.mkdir(mode=0o700)
        self._give(self._place)
        self._give(self.data)

    def _give(self, path: Path) -> None:
        if self._account is not None:
            os.chown(path, self._account.uid, self._account.gid)

    def _password(self) -> str:
        if not self._secret.exists():
            self._secret.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._secret.touch(mode=0o600)
            self._secret.write_text(secrets.token_urlsafe(24))
        return self._secret.read_text().strip()

    def _initialise(self, programs: Programs) -> None:
        word = self._place / ".password"
        word.touch(mode=0o600)
        word.write_text(self._password())
        self._give(word)
        rules = ["--auth=scram-sha-256", f"--pwfile={word}", f"--username={ADMIN}"]
        command = [
            programs.path("initdb"),
            "-D",
            str(self.data),
            "--encoding=UTF8",
            "--locale=C",
            "--data-checksums",
            *rules,
        ]
        account = self._account
        try:
            result = subprocess.run(
                command,
                capture_output=True,
                text=True,
                check=False,
                cwd=self._place,
                env={**os.environ, "LC_ALL": "C"},
                user=None if account is None else account.uid,
                group=None if account is None else account.gid,
                extra_groups=None if account is None else [],
            )
        finally:
            word.unlink()
        if result.returncode != 0:
            shutil.rmtree(self.data, ignore_errors=True)
            raise PartFailedError(
                "数据库集群初始化失败", f"initdb failed\n{(result.stdout + result.stderr)[-800:]}", str(self.data)
            )


def data_place(folder: Path, account: Account | None) -> Path:
    """Where the cluster lives: ``folder``, or under /var/lib when the account could not pass through the folders above it.

    An existing cluster keeps its place.
    """
    if account is None or (folder / "data" / "PG_VERSION").exists():
        return folder
    nearest = next(parent for parent in (folder, *folder.parents) if parent.exists())
    owner = owner_of(folder) if folder.exists() else None
    if can_reach(nearest / "data" if nearest == folder else folder, account) and (owner is None or owner == account):
        return folder
    digest = hashlib.sha256(str(folder.absolute()).encode()).hexdigest()[:12]
    return _SYSTEM_DATA / digest


def server_settings(port: int, socket_folder: Path, *, with_timescale: bool) -> str:
    """postgresql.conf of the cluster: durable (fsync and synchronous_commit on), UTC, sized for one machine.

    What an operator wants otherwise goes into ``local.conf`` beside it, read last.
    """
    settings = {
        "listen_addresses": "'127.0.0.1'",
        "port": str(port),
        "unix_socket_directories": f"'{socket_folder}'",
        "password_encryption": "'scram-sha-256'",
        "max_connections": "120",
        "shared_buffers": "'256MB'",
        "work_mem": "'16MB'",
        "maintenance_work_mem": "'128MB'",
        "max_wal_size": "'2GB'",
        "min_wal_size": "'128MB'",
        "wal_compression": "on",
        "checkpoint_completion_target": "0.9",
        "fsync": "on",
        "synchronous_commit": "on",
        "jit": "off",
        "timezone": "'UTC'",
        "log_timezone": "'UTC'",
        "lc_messages": "'C'",
        "log_min_messages": "'warning'",
        "log_checkpoints": "off",
        "log_line_prefix": "'%m [%p] %q%u@%d '",
        "max_worker_processes": "24",
        "max_locks_per_transaction": "256",
    }
    if with_timescale:
        settings |= {
            "shared_preload_libraries": "'timescaledb'",
            "timescaledb.telemetry_level": "off",
            "timescaledb.license": "'timescale'",
            "timescaledb.max_background_workers": "4",
        }
    lines = [f"{name} = {value}\n" for name, value in settings.items()]
    return (
        "# 由 lianjing 生成;改动请写入同目录 local.conf / written at every start; put changes into local.conf\n"
        + "".join(lines)
        + "include_if_exists = 'local.conf'\n"
    )
