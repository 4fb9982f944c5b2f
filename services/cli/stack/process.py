"""A started program: how it is launched, and its clean or violent end."""

import os
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from services.cli.stack.account import Account


@dataclass(frozen=True)
class Launch:
    """Everything needed to start a program. ``account`` None means: as ourselves. ``stop_signal`` asks for a clean end;
    ``patience``: by how many steps of the scheduler (0–19) it comes after the parts that a warning must pass through."""

    argv: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    account: Account | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 30.0
    patience: int = 0

    def full_environment(self) -> dict[str, str]:
        """Our own environment with the launch's own entries over it."""
        return environment_with(self.environment)


def environment_with(entries: Mapping[str, str]) -> dict[str, str]:
    """Our own environment with these entries over it; an inherited ``NAME_FILE`` gives way to a stated ``NAME``."""
    inherited = {
        name: value for name, value in os.environ.items() if not (name.endswith("_FILE") and name[:-5] in entries)
    }
    return {**inherited, **entries}


class Running:
    """A program started from a Launch, with its output in a file. It is in a session of its own, so that Ctrl-C reaches only us."""

    def __init__(self, launch: Launch, log: Path) -> None:
        self._launch = launch
        log.parent.mkdir(parents=True, exist_ok=True)
        account = launch.account
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                launch.argv,
                cwd=launch.folder,
                env=launch.full_environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=None if account is None else account.uid,
                group=None if account is None else account.gid,
                extra_groups=None if account is None else [],
            )

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def exit_code(self) -> int | None:
        """None while it runs; negative: ended by that signal."""
        return self._process.poll()

    def stop(self) -> int:
        """Ask for a clean end and wait; after ``stop_seconds`` kill. Returns the exit code. Harmless when it has ended already."""
        if self._process.poll() is None:
            self._process.send_signal(self._launch.stop_signal)
            try:
                return self._process.wait(self._launch.stop_seconds)
            except subprocess.TimeoutExpired:
                self.kill()
        return self._process.wait()

    def kill(self) -> None:
        """SIGKILL to the program and all its children, and wait until they are gone from our sight."""
        children = descendants(self._process.pid) if self._process.poll() is None else []
        for pid in (self._process.pid, *children):
            if pid != self._process.pid or self._process.returncode is None:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        self._process.wait()


def descendants(pid: int) -> list[int]:
    """Process ids of all children and their children (Linux; elsewhere an empty list)."""
    found: list[int] = []
    try:
        words = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return found
    for word in words:
        found.append(int(word))
        found.extend(descendants(int(word)))
    return found


def started_at(pid: int) -> str | None:
    """A word that, with the pid, identifies a process for good (its start time in clock ticks); None when there is no such process."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = text.rsplit(")", 1)[1].split()
    return None if fields[0] == "Z" else fields[19]
