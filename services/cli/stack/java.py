"""Java and Maven, found on the machine: Kafka 4 needs Java 17 or newer."""

import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

from services.cli.stack.errors import PartMissingError

OLDEST_JAVA = 17
INSTALL_JAVA = "apt-get install --no-install-recommends openjdk-17-jre-headless"
INSTALL_MAVEN = "apt-get install --no-install-recommends maven"


def find_java() -> tuple[Path, str]:
    """Path and version of a Java that is new enough: JAVA_HOME first, then PATH. Raises PartMissingError."""
    found_old = ""
    for candidate in _java_candidates():
        version = java_version(candidate)
        if version and int(version.split(".")[0]) >= OLDEST_JAVA:
            return candidate, version
        found_old = found_old or f"{candidate} {version}"
    seen = f"只找到 {found_old}" if found_old else "未找到 java"
    seen_en = f"only {found_old} was found" if found_old else "no java on PATH or in JAVA_HOME"
    raise PartMissingError(
        f"Kafka 需要 Java ≥ {OLDEST_JAVA}:{seen}", f"Kafka needs Java ≥ {OLDEST_JAVA}: {seen_en}", INSTALL_JAVA
    )


@cache
def java_version(java: Path) -> str:
    """Version as that program says, such as ``17.0.15``; empty when it does not say."""
    try:
        result = subprocess.run([str(java), "-version"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    match = re.search(r'version "(\d[^"_+-]*)', result.stderr + result.stdout)
    return match.group(1) if match else ""


def find_maven() -> Path:
    """Path of Maven on PATH. Raises PartMissingError."""
    found = shutil.which("mvn")
    if found is None:
        raise PartMissingError(
            "首次启动需要 Maven 下载 Kafka:未找到 mvn",
            "the first start needs Maven to fetch Kafka: no mvn on PATH",
            INSTALL_MAVEN,
        )
    return Path(found)


def _java_candidates() -> list[Path]:
    candidates = []
    home = os.environ.get("JAVA_HOME")
    if home:
        candidates.append(Path(home) / "bin" / "java")
    on_path = shutil.which("java")
    if on_path:
        candidates.append(Path(on_path))
    candidates += sorted(Path("/usr/lib/jvm").glob("*/bin/java"), reverse=True)
    return [candidate for candidate in candidates if candidate.exists()]
