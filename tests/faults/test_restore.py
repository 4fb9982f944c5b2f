"""Backup, loss of everything, restore, replay of the rest: no row differs. Rebuild brings back what was lost."""

import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from services.cli.archive.manifest import read_manifest
from services.cli.main import lianjing
from services.cli.stack.postgres_programs import find_programs

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]
MODES = ["timescale", "plain"] if find_programs().timescale else ["plain"]


def call(storm: Any, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Result:
    """Run the command line against the storm's ground."""
    for name in [n for n in os.environ if n.startswith("LIANJING_")]:
        monkeypatch.delenv(name)
    settings = storm.ground.settings
    monkeypatch.setenv("LIANJING_HOME", str(settings.home))
    monkeypatch.setenv("LIANJING_KAFKA_BOOTSTRAP", settings.kafka_bootstrap)
    monkeypatch.setenv("LIANJING_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("LIANJING_SESSION_TIMEOUT_MS", "6000")
    result = CliRunner().invoke(lianjing, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result


@pytest.mark.parametrize("mode", [MODES[0], *(pytest.param(mode, marks=pytest.mark.full) for mode in MODES[1:])])
def test_restore_and_replay_of_the_rest(
    make_storm: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    first = make_storm(6_000, 20_261_122, mode)
    half = len(first.plan.blocks) // 2
    first.allowed = 2.0
    first.ground.start_ingest(0)
    first.publish(0, half)
    first.finish()
    folder = tmp_path / "backup"
    call(first, monkeypatch, "backup", str(folder), "--json")
    manifest = read_manifest(folder)
    assert manifest.mode == mode
    assert manifest.rows["observation"] == len(first.table())
    first.publish(half)
    first.finish()
    wanted = first.table()
    assert set(wanted) == first.plan.expected()

    # The database is lost, the broker is not: stages read on from the offsets of the backup.
    first.ground.stop_ingest()
    checksum = first.checksum()
    call(first, monkeypatch, "restore", str(folder), "--replace")
    assert len(first.table()) == manifest.rows["observation"]
    first.ground.start_ingest(0)
    first.finish()
    assert first.checksum() == checksum

    # Rows vanish; reading the topic again brings them back, beside a running ingest.
    first.ground.rows("DELETE FROM observation WHERE series_id % 2 = 0")
    assert len(first.table()) < len(wanted)
    call(first, monkeypatch, "rebuild", "observation", "--from", "beginning", "--json")
    assert first.table() == wanted
    first.ground.close()

    # Everything is lost: an empty stack, the backup, and the rest sent again.
    second = make_storm(6_000, 20_261_122, mode)
    call(second, monkeypatch, "restore", str(folder))
    second.ground.start_ingest(0)
    second.allowed = 2.0
    second.publish(half)
    second.finish()
    assert second.table() == wanted
    assert second.ground.rows("SELECT count(*) FROM v_lane WHERE lane = 'replay:storm'") == [(1,)]

    # Neither a database with data nor a folder with a backup is written over.
    with pytest.raises(Exception, match="not empty"):
        CliRunner().invoke(lianjing, ["restore", str(folder)], catch_exceptions=False)
    with pytest.raises(Exception, match="holds a backup already"):
        CliRunner().invoke(lianjing, ["backup", str(folder)], catch_exceptions=False)
    assert second.table() == wanted
