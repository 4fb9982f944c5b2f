"""The supervisor by its front door: real small programs, started, ended and restarted."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from services.cli.stack.errors import PartFailedError
from services.cli.stack.logbook import Logbook, RotatedLog, Shown
from services.cli.stack.part import Found, Part, Tell, tell_nobody
from services.cli.stack.process import Launch, started_at
from services.cli.stack.supervisor import Entry, Health, Supervisor, delay_after

_LIVE = "import time, pathlib; pathlib.Path('ready').touch(); print('hello', flush=True); time.sleep(600)"
_STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {_LIVE}"


class Script(Part):
    """A part that is a few words of Python; ready once it made the file ``ready``."""

    ready_seconds = 10.0

    def __init__(self, name: str, folder: Path, code: str, stop_seconds: float = 10.0) -> None:
        self.name = self.title = name
        super().__init__(folder / name)
        self._code = code
        self._stop_seconds = stop_seconds

    def find(self) -> Found:
        return Found(sys.executable, "0")

    def prepare(self, tell: Tell = tell_nobody) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)

    def launch(self) -> Launch:
        return Launch((sys.executable, "-c", self._code), self.folder, stop_seconds=self._stop_seconds)

    def is_ready(self) -> bool:
        return (self.folder / "ready").exists()

    def address(self) -> str:
        return self.name


class Stage:
    """A supervisor with everything it said."""

    def __init__(self, folder: Path) -> None:
        self.said: list[str] = []
        self.shown: list[tuple[str, str]] = []
        logbook = Logbook(folder / "logs", Shown.ALL, lambda _colour, name, line: self.shown.append((name, line)))
        self.supervisor = Supervisor(logbook, lambda _zh, en: self.said.append(en), lambda _entries: None)
        self.logbook = logbook


async def _until(is_so: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


def _entry(stage: Stage, name: str) -> Entry:
    return next(entry for entry in stage.supervisor.entries if entry.part.name == name)


def test_back_off_doubles_and_is_bounded() -> None:
    assert [delay_after(failures) for failures in range(1, 10)] == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]


def test_what_ends_by_itself_is_started_again_and_its_lines_are_kept(tmp_path: Path) -> None:
    async def play() -> Stage:
        stage = Stage(tmp_path)
        await stage.supervisor.start([Script("one", tmp_path, _LIVE)])
        entry = _entry(stage, "one")
        first = entry.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        await _until(lambda: entry.health is Health.READY and entry.pid != first)
        assert entry.restarts == 1
        await _until(lambda: stage.shown.count(("one", "hello")) == 2)
        await stage.supervisor.stop()
        assert entry.health is Health.STOPPED
        stage.logbook.close()
        return stage

    stage = asyncio.run(play())
    assert stage.said == ["one ended by itself (-9); starting again in 0.5 s"]
    assert stage.shown.count(("one", "hello")) == 2
    assert (tmp_path / "logs" / "one.log").read_text() == "hello\nhello\n"


def test_groups_stop_in_reverse_order(tmp_path: Path) -> None:
    note = "import signal, sys, pathlib; signal.signal(signal.SIGTERM, lambda *_: (open('../order','a').write({name!r}), sys.exit())); "

    async def play() -> None:
        stage = Stage(tmp_path)
        for name in ("a", "b", "c"):
            await stage.supervisor.start([Script(name, tmp_path, note.format(name=name) + _LIVE)])
        await stage.supervisor.stop()
        stage.logbook.close()

    asyncio.run(play())
    assert (tmp_path / "order").read_text() == "cba"


def test_what_does_not_stop_in_time_is_killed(tmp_path: Path) -> None:
    async def play() -> Stage:
        stage = Stage(tmp_path)
        await stage.supervisor.start([Script("stubborn", tmp_path, _STUBBORN, stop_seconds=0.3)])
        pid = _entry(stage, "stubborn").pid
        assert pid is not None
        await stage.supervisor.stop()
        assert started_at(pid) is None
        stage.logbook.close()
        return stage

    assert asyncio.run(play()).said == ["stubborn did not stop in time: killed"]


def test_a_part_that_ends_at_once_says_why(tmp_path: Path) -> None:
    async def play() -> None:
        stage = Stage(tmp_path)
        try:
            await stage.supervisor.start(
                [Script("broken", tmp_path, "print('no such disk', flush=True); raise SystemExit(4)")]
            )
        finally:
            await stage.supervisor.stop()
            stage.logbook.close()

    with pytest.raises(PartFailedError, match=r"exit code 4[\s\S]*no such disk"):
        asyncio.run(play())


def test_a_log_is_rotated(tmp_path: Path) -> None:
    log = RotatedLog(tmp_path / "x.log", rotate_bytes=20, kept=2)
    for number in range(8):
        log.write(f"\x1b[31mline {number:04}\x1b[0m")
    log.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.log.1", "x.log.2"]
    assert (tmp_path / "x.log.1").read_text() == "line 0006\nline 0007\n"
