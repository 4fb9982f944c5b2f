"""Every fuzz target runs: a short mutation of its seeds, and whatever hypothesis thinks of."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import TARGETS

HERE = Path(__file__).parent
NAMES = ("json", "lines", "csv", "excel", "cap")
COUNTS = {"excel": 60}


@pytest.mark.parametrize("name", NAMES)
def test_a_target_runs_as_a_script(name: str) -> None:
    command = [sys.executable, str(HERE / f"fuzz_{name}.py"), str(COUNTS.get(name, 1500))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "no crash" in done.stdout


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes(data: bytes) -> None:
    for target in TARGETS.values():
        target(data)
