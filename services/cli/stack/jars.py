"""The jars of Kafka: resolved once by Maven from the pinned pom into a cache folder, then never again."""

import fcntl
import os
import pwd
import shutil
import subprocess
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services.cli.stack.errors import PartFailedError
from services.cli.stack.java import find_maven
from services.cli.stack.part import Tell

_POM = "{http://maven.apache.org/POM/4.0.0}"


def kafka_version(pom: Path) -> str:
    """The pinned version, from the pom that is shipped with the program."""
    version = ElementTree.parse(pom).findtext(f"{_POM}properties/{_POM}kafka.version")  # noqa: S314 - our own file
    if version is None:
        raise PartFailedError("pom.xml 缺少 kafka.version", f"{pom} has no property kafka.version")
    return version


def jar_folder(cache: Path, pom: Path) -> Path:
    """Where the jars of the pinned version are kept."""
    return cache / f"kafka-{kafka_version(pom)}"


def resolve(cache: Path, pom: Path, tell: Tell) -> Path:
    """Folder with all jars, fetched by Maven when not there yet. Several processes may ask at once. Raises PartMissingError, PartFailedError."""
    folder = jar_folder(cache, pom)
    if folder.is_dir():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    with _locked(cache / ".lock"):
        if not folder.is_dir():
            tell(
                f"下载 Kafka {kafka_version(pom)}(Maven,约 45 MB)",
                f"fetching Kafka {kafka_version(pom)} by Maven, about 45 MB",
            )
            _fetch(folder, pom)
    return folder


def _fetch(folder: Path, pom: Path) -> None:
    maven = find_maven()
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".fetch-") as temporary:
        work = Path(temporary)
        shutil.copy(pom, work / "pom.xml")
        command = [str(maven), "-q", "-B", "-f", str(work / "pom.xml"), "dependency:copy-dependencies"]
        command += [f"-DoutputDirectory={work / 'jars'}", "-DincludeScope=runtime"]
        if not os.access(pwd.getpwuid(os.geteuid()).pw_dir, os.W_OK):
            command.append(f"-Dmaven.repo.local={work / 'repository'}")  # an account without a home folder
        result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=work)
        jars = list((work / "jars").glob("kafka_2.13-*.jar"))
        if result.returncode != 0 or not jars:
            said = "\n".join((result.stdout + result.stderr).splitlines()[-8:])
            raise PartFailedError(
                "Maven 下载 Kafka 失败(网络或代理设置?)",
                f"Maven could not fetch Kafka (network or proxy settings?)\n{said}",
                f"离线时把 jar 文件放入 / offline, put the jars into: {folder}",
            )
        (work / "jars").chmod(0o755)
        os.replace(work / "jars", folder)  # noqa: PTH105 - one step: never half a folder


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
