"""Another project's program run beside ours: a process and an environment of its own; only what it prints last comes back."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from services.runtime.errors import UnreachableError


def run_peer(script: str, packages: Sequence[str], *arguments: str, timeout_s: float) -> Any:
    """Run a Python ``script`` with ``packages`` (as uv names them) and return its last line, which is JSON.

    Raises UnreachableError, saying why, when uv is not there, the packages are not to be had, or the script fails or takes too long.
    """
    uv = os.environ.get("UV") or shutil.which("uv")  # `uv run` tells its own place
    if uv is None:
        raise UnreachableError("uv is not on PATH; start by `uv run lianjing bench …`")
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "peer.py"
        program.write_text(script, encoding="utf-8")
        wanted = [part for package in packages for part in ("--with", package)]
        command = [uv, "run", "--no-project", "--isolated", *wanted, "python", str(program), *arguments]
        try:
            done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=timeout_s, cwd=folder)
            return json.loads(done.stdout.strip().splitlines()[-1])
        except subprocess.CalledProcessError as error:
            raise UnreachableError((error.stderr or "").strip()[-300:] or f"exit {error.returncode}") from error
        except (OSError, subprocess.TimeoutExpired, ValueError, IndexError) as error:
            raise UnreachableError(f"{type(error).__name__}: {error}") from error
