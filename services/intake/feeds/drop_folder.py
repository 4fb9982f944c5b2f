"""The drop folder: ``<drop>/<provider>/inbox`` → ``done`` or ``failed``, with a report beside each file."""

import os
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
from msgspec import Struct

from schemas.provider import Provider
from services.intake.filing import Filing
from services.intake.report import FileReport
from services.runtime.errors import LianjingError, UnreachableError
from services.runtime.lifecycle import Lifecycle
from services.runtime.logs import logger

_PAUSE_S = 0.5
_AT_ONCE = 8
_UNFINISHED = (".part", ".tmp", ".crdownload", ".filepart")
_log = logger("drop_folder")


class _Look(Struct, frozen=True):
    size: int
    changed_ns: int


class DropFolder:
    """Watches the inboxes of all providers. A file is read once its size and time stood still for two looks and its name is no ``.part``.

    It moves to ``done`` (or ``failed`` when nothing of it was accepted) after the broker acknowledged every record and rejection.
    Killed before the move, it takes the file again with the same identities. With the broker away files wait.
    """

    def __init__(self, root: Path, filing: Filing, lifecycle: Lifecycle) -> None:
        self._root = root
        self._filing = filing
        self._lifecycle = lifecycle
        self._looks: dict[Path, _Look] = {}
        self._thread = threading.Thread(target=self._run, name="drop-folder", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def close(self) -> None:
        """End after the file at hand; the lifecycle must be stopping."""
        if self._thread.is_alive():
            self._thread.join(30)

    def look(self) -> int:
        """One look through all inboxes; how many files were taken. Raises UnreachableError."""
        seen: dict[Path, _Look] = {}
        ready: list[tuple[Path, Provider, _Look]] = []
        for provider in list(self._filing.desk.catalogue().providers.values()):
            for path in sorted(self._folder(provider.provider, "inbox").iterdir()):
                look = _look_at(path)
                if look is None:
                    continue
                seen[path] = look
                if self._looks.get(path) == look:
                    ready.append((path, provider, look))
        self._looks = seen
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="file") as pool:
            taken = [pool.submit(self._take, *each) for each in ready]
        for each in taken:
            each.result()
        return len(taken)

    def _run(self) -> None:
        while not self._lifecycle.wait(_PAUSE_S):
            try:
                self.look()
            except UnreachableError as error:
                _log.warning("files wait for the broker", why=str(error))
                self._lifecycle.wait(2.0)
            except (LianjingError, OSError) as error:
                _log.error("a file could not be handled", why=str(error))
                self._lifecycle.wait(2.0)

    def _take(self, path: Path, provider: Provider, look: _Look) -> None:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
            body = file.read(self._filing.desk.limits.file_bytes + 1)
        report = self._filing.take(path.name, body, provider, provider.provider, arrival=str(look.changed_ns))
        outcome = "accepted" if not report.rejected else "partly" if report.accepted else "rejected"
        self._filing.desk.meters.counter("lianjing_intake_requests_total", "file", outcome).inc()
        self._file_away(path, provider.provider, report, look)
        _log.info("file taken", provider=provider.provider, accepted=report.accepted, rejected=report.rejected)

    def _file_away(self, path: Path, provider: str, report: FileReport, look: _Look) -> None:
        folder = self._folder(provider, "done" if report.accepted else "failed")
        target = folder / path.name
        if target.exists():
            target = folder / f"{path.stem}.{look.changed_ns}{path.suffix}"
        _write(folder / f"{target.name}.report.txt", report.text().encode())
        _write(folder / f"{target.name}.report.json", msgspec.json.encode(report))
        path.replace(target)

    def _folder(self, provider: str, name: str) -> Path:
        folder = self._root / provider / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def _look_at(path: Path) -> _Look | None:
    """Size and time of a file that is meant for us; None for unfinished and hidden ones, links and folders."""
    if path.name.startswith((".", "~$")) or path.name.lower().endswith(_UNFINISHED):
        return None
    try:
        state = path.lstat()
    except FileNotFoundError:
        return None
    return _Look(state.st_size, state.st_mtime_ns) if stat.S_ISREG(state.st_mode) else None


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all."""
    unfinished = path.with_name(f".{path.name}.part")
    unfinished.write_bytes(content)
    unfinished.replace(path)
