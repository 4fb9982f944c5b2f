"""Settings come from the environment, are checked, and never show a secret."""

from pathlib import Path

import pytest

from services.runtime.errors import ConfigurationError
from services.runtime.settings import Settings


def test_defaults_and_given_values() -> None:
    settings = Settings.from_environment(
        {"LIANJING_HOME": "/data", "LIANJING_SLOT": "2", "LIANJING_DROP_FOLDER": "/drop"}
    )
    assert (settings.home, settings.slot, settings.drop_folder, settings.chain) == (
        Path("/data"),
        2,
        Path("/drop"),
        "ordos",
    )


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "p").write_text("geheim\n")
    settings = Settings.from_environment({"LIANJING_KAFKA_SASL_PASSWORD_FILE": str(tmp_path / "p")})
    assert settings.kafka_sasl_password == "geheim"
    assert "geheim" not in str(settings.described())


def test_all_senseless_values_are_named_at_once() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Settings.from_environment(
            {"LIANJING_SLOT": "two", "LIANJING_INTAKE_PORT": "", "LIANJING_DATABASE_URL_FILE": "/none"}
        )
    assert len(caught.value.problems) == 3
    assert "LIANJING_SLOT: 'two'" in str(caught.value)


def test_passwords_in_urls_are_hidden() -> None:
    shown = Settings(database_url="postgresql://u:hush@h:5/d").described()
    assert shown["LIANJING_DATABASE_URL"] == "postgresql://u:***@h:5/d"


def test_a_stack_started_in_the_same_home_gives_what_is_unset(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "secrets").mkdir()
    (tmp_path / "run" / "settings.json").write_text(
        '{"LIANJING_KAFKA_BOOTSTRAP": "127.0.0.1:5", "LIANJING_INTAKE_PORT": "7"}'
    )
    (tmp_path / "secrets" / "database_url").write_text("postgresql://a@h/d\n")
    settings = Settings.from_environment({"LIANJING_HOME": str(tmp_path), "LIANJING_INTAKE_PORT": "8"})
    assert (settings.kafka_bootstrap, settings.intake_port, settings.database_url) == (
        "127.0.0.1:5",
        8,
        "postgresql://a@h/d",
    )
