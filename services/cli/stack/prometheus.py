"""Prometheus, from the Debian package or PATH, as an ordinary process."""

import re
import shutil
import subprocess
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from urllib.error import URLError

from services.cli.stack.errors import PartMissingError
from services.cli.stack.part import Found, Part, Tell, tell_nobody
from services.cli.stack.process import Launch


def find_program(names: Sequence[str], package: str, title: str) -> tuple[Path, str]:
    """Path and version of the first of these programs on PATH. Raises PartMissingError with the Debian package to install."""
    for name in names:
        found = shutil.which(name)
        if found:
            return Path(found), program_version(Path(found))
    words = " / ".join(names)
    raise PartMissingError(
        f"未找到 {title}:PATH 中没有 {words}",
        f"{title} was not found: no {words} on PATH",
        f"apt-get install --no-install-recommends {package}",
    )


def program_version(program: Path) -> str:
    """Version as a Prometheus family program says it; empty when it does not."""
    try:
        result = subprocess.run([str(program), "--version"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    match = re.search(r"version (\d[\w.]*)", result.stdout + result.stderr)
    return match.group(1) if match else ""


def answers(url: str) -> bool:
    """Whether a GET of this local address gives 200 within two seconds."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=2) as response:
            return bool(response.status == 200)
    except (URLError, OSError, ValueError):
        return False


class Prometheus(Part):
    """The metrics store. ``configuration`` is the full text of prometheus.yml; rule files it names must exist."""

    name = "prometheus"
    title = "Prometheus"

    def __init__(
        self, folder: Path, port: int, configuration: str, log: Path | None = None, retention: str = "30d"
    ) -> None:
        super().__init__(folder, log)
        self.port = port
        self.configuration = configuration
        self._retention = retention

    @property
    def url(self) -> str:
        """Base address."""
        return f"http://127.0.0.1:{self.port}"

    def address(self) -> str:
        """Base address."""
        return self.url

    def find(self) -> Found:
        """The program on PATH."""
        path, version = find_program(["prometheus"], "prometheus", self.title)
        return Found(str(path), version)

    def prepare(self, tell: Tell = tell_nobody) -> None:
        """Write the configuration."""
        self.find()
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "prometheus.yml").write_text(self.configuration)

    def launch(self) -> Launch:
        """On 127.0.0.1 only, with reload by HTTP."""
        options = [
            f"--config.file={self.folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={self.folder / 'data'}",
            f"--storage.tsdb.retention.time={self._retention}",
            f"--web.listen-address=127.0.0.1:{self.port}",
            "--web.enable-lifecycle",
            "--log.level=warn",
        ]
        return Launch((self.find().where, *options), self.folder)

    def is_ready(self) -> bool:
        """Its own readiness page."""
        return answers(f"{self.url}/-/ready")
