"""What runs now, in one small file of the home folder: for ``down``, ``status`` and ``doctor``, and for the next ``up`` after a crash."""

import os
import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from services.cli.stack.process import started_at


class PartState(Struct, frozen=True, kw_only=True):
    """One part: its process, its health as the supervisor saw it, and where it answers."""

    name: str
    title: str
    address: str
    health: str
    pid: int | None = None
    started: str | None = None
    restarts: int = 0


class StackState(Struct, frozen=True, kw_only=True):
    """The supervisor, its parts in order of start, and the settings (without secrets) it runs with."""

    pid: int
    started: str | None
    since: str
    parts: list[PartState] = []
    settings: Mapping[str, str] = {}

    @property
    def is_supervised(self) -> bool:
        """Whether the supervisor that wrote this is alive."""
        return started_at(self.pid) == self.started

    def alive(self) -> list[PartState]:
        """Parts whose process is alive."""
        return [part for part in self.parts if part.pid is not None and started_at(part.pid) == part.started]


def state_file(home: Path) -> Path:
    """Where the state of a home is kept."""
    return home / "run" / "stack.json"


def read_state(home: Path) -> StackState | None:
    """The last written state; None when there is none or it cannot be read."""
    try:
        return msgspec.json.decode(state_file(home).read_bytes(), type=StackState)
    except (OSError, msgspec.DecodeError):
        return None


def write_state(home: Path, state: StackState) -> None:
    """Write it in one step."""
    target = state_file(home)
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_suffix(".new")
    fresh.write_bytes(msgspec.json.format(msgspec.json.encode(state)))
    fresh.replace(target)


def end_leftovers(state: StackState, seconds: float = 20.0) -> list[str]:
    """End the parts of a supervisor that is gone, politely at first, last started first. Returns their names."""
    ended = []
    for part in reversed(state.alive()):
        if part.pid is None:
            continue
        ended.append(part.name)
        if not _ended(part.pid, part.started, signal.SIGINT if part.name == "postgres" else signal.SIGTERM, seconds):
            _ended(part.pid, part.started, signal.SIGKILL, 5.0)
    return ended


def end_supervisor(state: StackState, seconds: float = 120.0) -> bool:
    """Ask the supervisor to stop everything and wait. False when it still runs after that time."""
    return _ended(state.pid, state.started, signal.SIGTERM, seconds)


def _ended(pid: int, started: str | None, word: signal.Signals, seconds: float) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, word)
    deadline = time.monotonic() + seconds
    while started_at(pid) == started and started is not None:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
