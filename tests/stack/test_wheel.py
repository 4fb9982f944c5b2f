"""The built wheel, installed alone in a new environment outside the clone: nothing may be missing from it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

CLONE = Path(__file__).resolve().parents[2]


def _uv() -> str:
    found = os.environ.get("UV") or shutil.which("uv") or str(CLONE / ".bootstrap" / "uv")
    if not Path(found).exists():
        pytest.skip("no uv here: make bootstrap")
    return found


def _run(folder: Path, *command: str, environment: Mapping[str, str] | None = None) -> str:
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("LIANJING_", "PYTHONPATH", "VIRTUAL_ENV", "UV_FROZEN"))
    }
    result = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=folder, env={**clean, **(environment or {})}
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ``lianjing`` command of an environment that knows only the wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    _run(CLONE, _uv(), "build", "--quiet", "--wheel", "--out-dir", str(folder))
    (wheel,) = folder.glob("lianjing-*.whl")
    _run(folder, _uv(), "venv", "--quiet", "--python", sys.executable, str(folder / "environment"))
    python = str(folder / "environment" / "bin" / "python")
    _run(folder, _uv(), "pip", "install", "--quiet", "--python", python, str(wheel))
    return folder / "environment" / "bin" / "lianjing"


@pytest.mark.integration
def test_the_wheel_says_what_it_can(installed: Path) -> None:
    said = _run(installed.parent, str(installed), "--help")
    assert "链警" in said
    assert "doctor" in said


@pytest.mark.integration
def test_the_wheel_validates_the_shipped_chain(installed: Path, tmp_path: Path) -> None:
    _run(installed.parent, str(installed), "chain", "validate", environment={"LIANJING_HOME": str(tmp_path)})


def test_the_wheel_lays_topics_and_tables(installed: Path, tmp_path: Path, broker: Any, database: Any) -> None:
    settings = {
        "LIANJING_HOME": str(tmp_path),
        "LIANJING_KAFKA_BOOTSTRAP": broker.bootstrap,
        "LIANJING_DATABASE_URL": database.url,
    }
    said = _run(installed.parent, str(installed), "migrate", "--mode", database.mode, "--json", environment=settings)
    assert f'"mode": "{database.mode}"' in said


@pytest.mark.integration
@pytest.mark.full
@pytest.mark.timeout(900)
def test_the_wheel_tells_the_whole_story(installed: Path, stack_folder: Path) -> None:
    home = stack_folder / "wheel-home"
    home.mkdir()
    try:
        said = _run(
            installed.parent, str(installed), "up", "--once", "--free-ports", environment={"LIANJING_HOME": str(home)}
        )
    finally:
        subprocess.run(
            [str(installed), "down"], env={**os.environ, "LIANJING_HOME": str(home)}, check=False, capture_output=True
        )
    assert "everything has stopped" in said
