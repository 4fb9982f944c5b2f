"""The steps of a backup and of its way back, in order."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from services.cli.archive.dump import dump, restore, table_rows
from services.cli.archive.manifest import CONFIG, DUMP, FILE, TOPICS, Manifest, read_manifest, write_manifest
from services.cli.archive.shelf import cluster_id, load_topics, save_topics
from services.runtime.assets import asset_path
from services.runtime.broker import ensure_topics
from services.runtime.database import connect, mode_of
from services.runtime.errors import ConfigurationError, InputError
from services.runtime.migrations import migrate
from services.runtime.settings import Settings
from services.runtime.timescale import version_of

Say = Callable[[str], None]


def make_backup(settings: Settings, folder: Path, say: Say, tick: Callable[[int], None]) -> Manifest:
    """Write a backup. Raises InputError when the folder holds one already, UnreachableError, InvariantError."""
    _require_database(settings)
    if (folder / FILE).exists():
        raise InputError(f"{folder}: 已有备份 holds a backup already; name a new folder")
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    # Topics first: a lane or chain that comes meanwhile is in the dump at worst, never a row in the dump without its lane.
    say("登记主题 registry topics")
    save_topics(settings, folder / TOPICS)
    say("数据库 database")
    dump(settings.database_url, folder / DUMP, tick)
    say("配置 configuration")
    shutil.copytree(settings.config or asset_path("deploy/config"), folder / CONFIG, dirs_exist_ok=True)
    manifest = _manifest(settings)
    write_manifest(folder, manifest)
    return manifest


def put_back(settings: Settings, folder: Path, say: Say, *, replace: bool) -> list[str]:
    """Restore a backup; returns what to know, a line each. Raises InputError, UnreachableError, InvariantError."""
    _require_database(settings)
    manifest = read_manifest(folder)
    say("主题 topics")
    ensure_topics(settings)
    here = cluster_id(settings)
    say("数据库 database")
    restore(settings.database_url, folder / DUMP, manifest.timescaledb, lambda _: None, replace=replace)
    say("迁移 migrations")
    migrate(settings.database_url)
    notes = [
        f"已恢复 restored: {folder}, made {manifest.made_at:%Y-%m-%d %H:%M} UTC; observation {manifest.rows['observation']:,}"
    ]
    if here == manifest.cluster_id:
        notes.append("同一 Kafka:从备份时的位点续读 the same broker: stages read on from the offsets of the backup")
    else:
        say("登记主题 registry topics")
        count = load_topics(settings, folder / TOPICS)
        forget_offsets(settings)
        notes.append(
            f"新的 Kafka:{count} 条登记已重发,位点归零 a new broker: {count} registry messages published again, offsets begin anew"
        )
    notes.append(_configuration(settings, folder))
    return notes


def forget_offsets(settings: Settings) -> None:
    """Offsets of another broker mean nothing here: begin every topic anew. Rows that are there already stay as they are."""
    with connect(settings.database_url, application="restore", autocommit=True) as connection:
        connection.execute("DELETE FROM kafka_offset")


def _configuration(settings: Settings, folder: Path) -> str:
    target = settings.config
    if target is None:
        return f"配置在 configuration lies in {folder / CONFIG}; set LIANJING_CONFIG to use it"
    if target.exists() and any(target.iterdir()):
        return f"{target} 已有配置,未改动 has a configuration already and was left alone; the backup's lies in {folder / CONFIG}"
    shutil.copytree(folder / CONFIG, target, dirs_exist_ok=True)
    return f"配置已恢复 configuration restored to {target}"


def _manifest(settings: Settings) -> Manifest:
    with connect(settings.database_url, application="backup", autocommit=True) as connection:
        names = connection.execute("SELECT number, name FROM schema_migration ORDER BY number").fetchall()
        return Manifest(
            made_at=datetime.now(UTC),
            release=version("lianjing"),
            mode=mode_of(connection).value,
            postgresql=str(connection.info.parameter_status("server_version")),
            timescaledb=version_of(connection),
            cluster_id=cluster_id(settings),
            migrations=[f"{number:04d}_{name}" for number, name in names],
            rows=table_rows(connection),
        )


def _require_database(settings: Settings) -> None:
    if not settings.database_url:
        raise ConfigurationError("LIANJING_DATABASE_URL 未设置 is not set: postgresql://user@host:port/lianjing")
