"""Where the cluster lives, which programs it uses, and how secrets are kept."""

import stat
from pathlib import Path

import pytest

from services.cli.stack.account import Account, can_reach
from services.cli.stack.errors import DataMismatchError
from services.cli.stack.postgres import data_place, server_settings
from services.cli.stack.postgres_programs import find_programs, installed
from services.cli.stack.roles import role_passwords, secret

STRANGER = Account("stranger", 64_001, 64_001)


def test_a_private_folder_above_moves_the_data(tmp_path: Path) -> None:
    home = tmp_path / "private" / "home"
    home.mkdir(parents=True)
    (tmp_path / "private").chmod(0o700)
    assert not can_reach(home / "postgres", STRANGER)
    assert data_place(home / "postgres", STRANGER).parts[:4] == ("/", "var", "lib", "lianjing-clusters")
    assert data_place(home / "postgres", None) == home / "postgres"


def test_an_existing_cluster_keeps_its_place(tmp_path: Path) -> None:
    made = tmp_path / "postgres" / "data" / "PG_VERSION"
    made.parent.mkdir(parents=True)
    made.write_text("15\n")
    tmp_path.chmod(0o700)
    assert data_place(tmp_path / "postgres", STRANGER) == tmp_path / "postgres"


def test_data_of_another_version_are_not_touched(tmp_path: Path) -> None:
    if not list(installed()):
        pytest.skip("no PostgreSQL here")
    (tmp_path / "PG_VERSION").write_text("12\n")
    with pytest.raises(DataMismatchError, match="PostgreSQL 12"):
        find_programs(tmp_path)


def test_settings_are_durable_and_quiet_about_us() -> None:
    text = server_settings(15432, Path("/s"), with_timescale=True)
    assert "fsync = on" in text
    assert "synchronous_commit = on" in text
    assert "timescaledb.telemetry_level = off" in text
    assert "timescaledb" not in server_settings(15432, Path("/s"), with_timescale=False)


def test_secrets_are_made_once_and_private(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    first = role_passwords(folder)
    assert role_passwords(folder) == first
    assert len(set(first.values())) == len(first)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in folder.iterdir())
    assert secret(folder, "lianjing_ingest") == first["lianjing_ingest"]
