"""One small supervisor: starts groups of parts, restarts what ends by itself, stops everything in reverse order."""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum

from services.cli.stack.errors import PartFailedError
from services.cli.stack.logbook import Logbook
from services.cli.stack.part import Part, Tell
from services.cli.stack.process import Launch, descendants
from services.runtime.priority import step_back

FIRST_DELAY_S = 0.5
LONGEST_DELAY_S = 30.0
STEADY_S = 20.0
_PROBE_S = 0.1


class Health(StrEnum):
    """How a supervised process is."""

    STARTING = "starting"
    READY = "ready"
    WAITING = "waiting"
    STOPPED = "stopped"


@dataclass
class Entry:
    """One supervised part."""

    part: Part
    group: int
    health: Health = Health.STARTING
    pid: int | None = None
    restarts: int = 0
    task: asyncio.Task[None] | None = None
    first_ready: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


def delay_after(failures: int) -> float:
    """Seconds to wait before the next start: 0.5, 1, 2, … at most 30. A part that ran steadily for 20 s counts from the beginning.

    >>> [delay_after(n) for n in (1, 2, 3, 9)]
    [0.5, 1.0, 2.0, 30.0]
    """
    return float(min(LONGEST_DELAY_S, FIRST_DELAY_S * 2 ** (failures - 1)))


class Supervisor:
    """Runs parts as children of this process. ``tell`` hears what happens; ``changed`` is called after each change of an entry."""

    def __init__(self, logbook: Logbook, tell: Tell, changed: Callable[[Sequence[Entry]], None]) -> None:
        self._logbook = logbook
        self._tell = tell
        self._changed = changed
        self._stopping = asyncio.Event()
        self.entries: list[Entry] = []

    async def start(self, parts: Sequence[Part]) -> None:
        """Start a group at once and return when all are ready. The first that fails raises its StackError; the others keep running."""
        group = max((entry.group for entry in self.entries), default=0) + 1
        started = [Entry(part, group) for part in parts]
        self.entries.extend(started)
        outcomes = await asyncio.gather(*(self._start(entry) for entry in started), return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome

    async def stop(self) -> None:
        """Clean stop, last group first; what does not end in its time is killed."""
        self._stopping.set()
        for group in sorted({entry.group for entry in self.entries}, reverse=True):
            members = [entry for entry in self.entries if entry.group == group]
            await asyncio.gather(*(self._stop(entry) for entry in members))

    async def _start(self, entry: Entry) -> None:
        await asyncio.to_thread(entry.part.prepare, self._tell)
        if self._stopping.is_set():
            return
        entry.task = asyncio.create_task(self._keep(entry), name=entry.part.name)
        try:
            await asyncio.wait_for(asyncio.shield(entry.first_ready), entry.part.ready_seconds)
        except TimeoutError:
            seconds = f"{entry.part.ready_seconds:.0f}"
            raise self._failure(entry, f"{seconds} 秒内未就绪", f"not ready within {seconds} s") from None

    async def _keep(self, entry: Entry) -> None:
        failures = 0
        while not self._stopping.is_set():
            ready_s, code = await self._run_once(entry)
            if self._stopping.is_set():
                break
            if not entry.first_ready.done():
                entry.first_ready.set_exception(self._failure(entry, f"退出码 {code}", f"exit code {code}"))
                break
            failures = 1 if ready_s >= STEADY_S else failures + 1
            delay = delay_after(failures)
            entry.restarts += 1
            self._set(entry, Health.WAITING, None)
            self._tell(
                f"{entry.part.title} 意外退出({code}),{delay:g} 秒后重启",
                f"{entry.part.name} ended by itself ({code}); starting again in {delay:g} s",
            )
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), delay)
        self._set(entry, Health.STOPPED, None)

    async def _run_once(self, entry: Entry) -> tuple[float, int]:
        """Start, pump its lines, wait for its end. Returns for how many seconds it was ready, and the exit code."""
        process = await _spawn(entry.part.launch())
        entry.part.on_started(process.pid)
        self._set(entry, Health.STARTING, process.pid)
        pump = asyncio.create_task(self._pump(entry.part.name, process))
        probe = asyncio.create_task(self._until_ready(entry, process))
        code = await process.wait()
        probe.cancel()
        ready_since = None
        with suppress(asyncio.CancelledError):
            ready_since = await probe
        with suppress(TimeoutError):
            await asyncio.wait_for(pump, 2)
        return (0.0 if ready_since is None else time.monotonic() - ready_since), code

    async def _until_ready(self, entry: Entry, process: asyncio.subprocess.Process) -> float:
        while not await asyncio.to_thread(entry.part.is_ready):  # noqa: ASYNC110 - another program: there is no event to wait for
            await asyncio.sleep(_PROBE_S)
        self._set(entry, Health.READY, process.pid)
        if not entry.first_ready.done():
            entry.first_ready.set_result(None)
        return time.monotonic()

    async def _pump(self, name: str, process: asyncio.subprocess.Process) -> None:
        if process.stdout is None:
            return
        while True:
            try:
                line = await process.stdout.readline()
            except ValueError:
                continue  # a line longer than the buffer: the rest of it follows
            if not line:
                return
            self._logbook.write(name, line.decode(errors="replace").rstrip("\n"))

    async def _stop(self, entry: Entry) -> None:
        if entry.task is None:
            return
        if entry.pid is not None and not entry.task.done():
            launch = entry.part.launch()
            with suppress(ProcessLookupError):
                os.kill(entry.pid, launch.stop_signal)
            _, late = await asyncio.wait({entry.task}, timeout=launch.stop_seconds)
            if late:
                self._tell(f"{entry.part.title} 未按时停止,强制结束", f"{entry.part.name} did not stop in time: killed")
                _kill_tree(entry.pid)
        await entry.task

    def _set(self, entry: Entry, health: Health, pid: int | None) -> None:
        entry.health = health
        entry.pid = pid
        self._changed(self.entries)

    def _failure(self, entry: Entry, zh: str, en: str) -> PartFailedError:
        entry.part.log = self._logbook.path(entry.part.name)
        return entry.part.failure(zh, en)


async def _spawn(launch: Launch) -> asyncio.subprocess.Process:
    account = launch.account
    process = await asyncio.create_subprocess_exec(
        *launch.argv,
        cwd=launch.folder,
        env=launch.full_environment(),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        limit=1 << 20,
        start_new_session=True,
        user=None if account is None else account.uid,
        group=None if account is None else account.gid,
        extra_groups=None if account is None else [],
    )
    if launch.patience:
        step_back(process.pid, launch.patience)
    return process


def _kill_tree(pid: int) -> None:
    for each in (pid, *descendants(pid)):
        with suppress(ProcessLookupError):
            os.kill(each, signal.SIGKILL)
