"""``lianjing migrate`` on the real broker and database."""

import json
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner

from services.cli.main import lianjing
from services.runtime.errors import ConfigurationError
from services.runtime.roles import ROLES


def call(*arguments: str) -> dict[str, Any]:
    result = CliRunner().invoke(lianjing, [*arguments, "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@pytest.fixture
def environment(broker: Any, database: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("LIANJING_HOME", str(tmp_path))
    monkeypatch.setenv("LIANJING_KAFKA_BOOTSTRAP", broker.bootstrap)
    monkeypatch.setenv("LIANJING_DATABASE_URL", database.url)
    return database


def test_topics_and_tables_once(environment: Any) -> None:
    first = call("migrate", "--mode", environment.mode)
    assert first["mode"] == environment.mode
    assert first["topics"] == []
    assert first["applied"]
    assert call("migrate")["applied"] == []
    if environment.mode == "timescale":
        assert call("migrate", "--to", "timescale")["notes"] == ["already in mode timescale"]


def test_passwords_let_roles_in(environment: Any, tmp_path: Path) -> None:
    file = tmp_path / "passwords.json"
    file.write_text(json.dumps(dict.fromkeys(ROLES, "word")))
    call("migrate", "--mode", environment.mode, "--only", "tables", "--passwords", str(file))
    with psycopg.connect(environment.url_as("lianjing_board", "word")) as connection:
        assert connection.execute("SELECT count(*) FROM v_lane").fetchone() == (1,)
    file.write_text("{")
    with pytest.raises(ConfigurationError, match="JSON"):
        call("migrate", "--passwords", str(file))
