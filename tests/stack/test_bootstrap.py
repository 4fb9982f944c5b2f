"""The bootstrap without rights: it names the command to type, touches nothing, and ends with 3."""

import shutil
import subprocess
from pathlib import Path

import pytest

CLONE = Path(__file__).resolve().parents[2]
_NEEDED = ("sh", "dirname", "sort", "tr", "sed", "grep", "head", "cut", "printf", "mktemp", "find", "python3")


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A PATH on which Maven and Prometheus are missing and we are user 1000. apt-get would leave a trace."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in _NEEDED:
        found = shutil.which(name)
        assert found is not None, name
        (folder / name).symlink_to(found)
    for name, words in {
        "id": "echo 1000",
        "apt-get": f"touch {tmp_path}/apt-was-called",
        "apt-cache": "echo '  Candidate: 1.0'",
        "uv": f"touch {tmp_path}/uv-was-called",
    }.items():
        (folder / name).write_text(f"#!/bin/sh\n{words}\n")
        (folder / name).chmod(0o755)
    return folder


def test_without_rights_it_names_the_command(bare: Path, tmp_path: Path) -> None:
    environment = {"HOME": str(tmp_path), "PATH": str(bare)}
    script = CLONE / "deploy" / "bootstrap.sh"
    result = subprocess.run([str(script), "run"], env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 3, result.stderr
    assert "sudo" in result.stderr
    assert "maven" in result.stderr
    assert "prometheus prometheus-alertmanager" in result.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bin"]


@pytest.mark.parametrize(
    "script", ["deploy/bootstrap.sh", "deploy/make-secrets.sh", "deploy/kafka/start-secured.sh", ".ci/run"]
)
def test_shell_scripts_can_be_read_by_a_plain_shell(script: str) -> None:
    subprocess.run(["sh", "-n", str(CLONE / script)], check=True)
