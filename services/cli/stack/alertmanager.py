"""Alertmanager, from the Debian package or PATH, as an ordinary process."""

from pathlib import Path

from services.cli.stack.part import Found, Part, Tell, tell_nobody
from services.cli.stack.process import Launch
from services.cli.stack.prometheus import answers, find_program


class Alertmanager(Part):
    """The router of alerts. ``configuration`` is the full text of alertmanager.yml. Clustering is off: one machine."""

    name = "alertmanager"
    title = "Alertmanager"

    def __init__(self, folder: Path, port: int, configuration: str, log: Path | None = None) -> None:
        super().__init__(folder, log)
        self.port = port
        self.configuration = configuration

    @property
    def url(self) -> str:
        """Base address."""
        return f"http://127.0.0.1:{self.port}"

    def address(self) -> str:
        """Base address."""
        return self.url

    def find(self) -> Found:
        """The program on PATH; Debian calls it prometheus-alertmanager."""
        path, version = find_program(["prometheus-alertmanager", "alertmanager"], "prometheus-alertmanager", self.title)
        return Found(str(path), version)

    def prepare(self, tell: Tell = tell_nobody) -> None:
        """Write the configuration, readable by us alone: it may hold webhook addresses."""
        self.find()
        self.folder.mkdir(parents=True, exist_ok=True)
        target = self.folder / "alertmanager.yml"
        target.touch(mode=0o600)
        target.write_text(self.configuration)

    def launch(self) -> Launch:
        """On 127.0.0.1 only."""
        options = [
            f"--config.file={self.folder / 'alertmanager.yml'}",
            f"--storage.path={self.folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{self.port}",
            "--cluster.listen-address=",
            "--log.level=warn",
        ]
        return Launch((self.find().where, *options), self.folder)

    def is_ready(self) -> bool:
        """Its own readiness page."""
        return answers(f"{self.url}/-/ready")
