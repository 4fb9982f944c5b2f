"""The container files, checked without containers: schema, lint, and agreement with the code."""

import json
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from services.cli.stack.access import principals
from services.cli.stack.stage import STAGES, module_of
from services.runtime.roles import ROLES

CLONE = Path(__file__).resolve().parents[2]
DEPLOY = CLONE / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))


def _run(*arguments: str) -> None:
    result = subprocess.run(arguments, capture_output=True, text=True, check=False, cwd=CLONE)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("name", ["compose.yaml", "compose.tls.yaml"])
def test_compose_files_obey_the_compose_specification(name: str) -> None:
    package = find_spec("check_jsonschema")  # its data only: its command line needs another click than ours
    assert package is not None
    assert package.origin is not None
    vendored = Path(package.origin).parent / "builtin_schemas" / "vendor" / "compose-spec.json"
    jsonschema.validate(
        yaml.safe_load((DEPLOY / name).read_text(encoding="utf-8")), json.loads(vendored.read_text(encoding="utf-8"))
    )


def test_dockerfile_is_clean() -> None:
    _run(str(Path(sys.executable).with_name("hadolint")), "--failure-threshold", "info", "deploy/Dockerfile")


def test_yaml_is_clean() -> None:
    _run(
        sys.executable,
        "-m",
        "yamllint",
        "--strict",
        "deploy/compose.yaml",
        "deploy/compose.tls.yaml",
        "deploy/prometheus/prometheus.yml",
    )


def test_every_stage_is_a_service_with_its_own_principal_and_role() -> None:
    for stage in STAGES:
        service = COMPOSE["services"][stage]
        assert service["command"] == ["python", "-m", module_of(stage)]
        assert service["environment"]["LIANJING_KAFKA_SASL_USERNAME"] == stage
        assert service["environment"]["LIANJING_DATABASE_URL_FILE"] == f"/run/secrets/database_url_{stage}"
        assert {f"kafka_{stage}", f"database_url_{stage}"} <= set(service["secrets"])
        assert service["read_only"] is True


def test_images_are_pinned_and_logs_rotate() -> None:
    for name, service in COMPOSE["services"].items():
        assert ":" in service["image"], name
        assert not service["image"].endswith(":latest"), name
        assert service["logging"]["options"]["max-size"], name
        assert "no-new-privileges:true" in service["security_opt"], name
        assert "mem_limit" in service, name


def test_no_secret_stands_in_the_file_and_every_used_one_is_declared() -> None:
    used = {secret for service in COMPOSE["services"].values() for secret in service.get("secrets", [])}
    assert used == set(COMPOSE["secrets"])
    assert not [
        (name, variable)
        for name, service in COMPOSE["services"].items()
        for variable in service.get("environment", {})
        if "PASSWORD" in variable and not variable.endswith("_FILE")
    ]


def test_secrets_are_made_once_and_fit_code_and_compose(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    shutil.copy(DEPLOY / "make-secrets.sh", tmp_path)
    _run("sh", str(tmp_path / "make-secrets.sh"))
    made = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    assert set(COMPOSE["secrets"]) <= set(made)
    assert {f"kafka_{principal}" for principal in principals()} <= set(made)
    roles = json.loads(made["role_passwords"])
    assert set(roles) == set(ROLES)
    assert roles["lianjing_ingest"] in made["database_url_ingest"]
    _run("sh", str(tmp_path / "make-secrets.sh"))
    assert {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()} == made


def test_services_are_started_after_what_they_need() -> None:
    services = COMPOSE["services"]
    for service in services.values():
        for needed, how in service.get("depends_on", {}).items():
            target = services[needed]
            if how["condition"] == "service_healthy":
                assert "test" in target["healthcheck"]
            else:
                assert target["restart"] == "no"
