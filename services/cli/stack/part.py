"""What every part of the local stack can do."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from services.cli.stack.errors import PartFailedError
from services.cli.stack.process import Launch, Running, started_at

Tell = Callable[[str, str], None]
"""Called with one line of progress, in Chinese and in English."""


def tell_nobody(zh: str, en: str) -> None:
    """A Tell that drops the line."""


@dataclass(frozen=True)
class Found:
    """Where a part comes from: ``where`` a path or address, ``version`` as the program itself says, ``note`` anything worth knowing."""

    where: str
    version: str
    note: str = ""


class Part(ABC):
    """A program of the stack with its own folder and port.

    ``find`` says where it comes from; ``prepare`` downloads, initialises and writes configuration (may take long, is quick the second time);
    ``launch`` says how it is started; ``is_ready`` asks it. All of them raise StackError and nothing else of their own.
    ``start``, ``stop``, ``kill`` and ``restart`` run it as a child of this process; the supervisor does that for itself from ``launch``.
    """

    name: str
    title: str
    ready_seconds: float = 60.0

    def __init__(self, folder: Path, log: Path | None = None) -> None:
        self.folder = folder
        self.log = log if log is not None else folder / "log" / f"{self.name}.log"
        self._running: Running | None = None

    @abstractmethod
    def find(self) -> Found:
        """Where the program is and which version. Raises PartMissingError."""

    @abstractmethod
    def prepare(self, tell: Tell = tell_nobody) -> None:
        """Make everything that must exist before the start. Raises StackError."""

    @abstractmethod
    def launch(self) -> Launch:
        """How to start it, after ``prepare``."""

    @abstractmethod
    def is_ready(self) -> bool:
        """Whether it answers now. Never raises; takes at most two seconds."""

    @abstractmethod
    def address(self) -> str:
        """Where it answers, for people; never with a password."""

    @property
    def is_running(self) -> bool:
        """Whether the process started here is alive."""
        return self._running is not None and self._running.exit_code() is None

    @property
    def pid(self) -> int | None:
        """Process id while it runs here."""
        return self._running.pid if self._running is not None and self.is_running else None

    def start(self) -> None:
        """Prepare, start and wait until it is ready. Harmless when it already runs. Raises PartFailedError with the end of its log."""
        if self.is_running:
            return
        self.prepare()
        self._running = Running(self.launch(), self.log)
        self.on_started(self._running.pid)
        deadline = time.monotonic() + self.ready_seconds
        while not self.is_ready():
            code = self._running.exit_code()
            if code is not None:
                raise self.failure(f"退出码 {code}", f"exit code {code}")
            if time.monotonic() > deadline:
                self.kill()
                raise self.failure(
                    f"{self.ready_seconds:.0f} 秒内未就绪", f"not ready within {self.ready_seconds:.0f} s"
                )
            time.sleep(0.05)

    def stop(self) -> None:
        """Clean end; harmless when it does not run."""
        if self._running is not None:
            self._running.stop()
            self._running = None

    def kill(self) -> None:
        """SIGKILL, as a power cut would; harmless when it does not run."""
        if self._running is not None:
            self._running.kill()
            self._running = None

    def restart(self) -> None:
        """Clean stop, then start on the same port with the same data."""
        self.stop()
        self.start()

    def on_started(self, pid: int) -> None:
        """Called with the process id right after each start; it is kept, with the start time, in the file ``pid``."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "pid").write_text(f"{pid} {started_at(pid)}")

    def failure(self, zh: str, en: str) -> PartFailedError:
        """The error of a part that did not come up, with the last lines of its log."""
        return PartFailedError(
            f"{self.title} 启动失败:{zh}",
            f"{self.name} did not start: {en}\n{tail(self.log)}",
            f"日志 / log: {self.log}",
        )


def tail(path: Path, lines: int = 15) -> str:
    """The last lines of a text file; empty when there is none."""
    with suppress(OSError):
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
    return ""
