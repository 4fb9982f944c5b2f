"""One of our own services as a part of the stack: ``python -m services.<stage>``, or the module that composes it."""

import importlib.util
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from services.cli.stack.errors import PartMissingError
from services.cli.stack.part import Found, Part, Tell, tell_nobody
from services.cli.stack.process import Launch
from services.cli.stack.prometheus import answers

STAGES = ("intake", "ingest", "detection", "risk", "alerting", "response", "console", "drill")
TITLES = {
    "intake": "数据接入 intake",
    "ingest": "入库 ingest",
    "detection": "异常检测 detection",
    "risk": "断链研判 risk",
    "alerting": "预警 alerting",
    "response": "处置 response",
    "console": "工作台 console",
    "drill": "演练导演 drill",
}
MODULES = {"drill": "services.cli.drill"}
"""Where a stage is composed of several services, the command line does it."""


def module_of(stage: str) -> str:
    """What ``python -m`` runs for a stage."""
    return MODULES.get(stage, f"services.{stage}")


PATIENCE = {"ingest": 5, "detection": 5}
"""Stages that no warning waits for: what is stored and scored comes after what is judged and told."""


class Stage(Part):
    """A stage is ready when its ``/healthz`` says so. ``environment`` holds its settings, the database role among them."""

    ready_seconds = 90.0

    def __init__(
        self, name: str, home: Path, port: int, environment: Mapping[str, str], log: Path | None = None
    ) -> None:
        self.name = name
        super().__init__(home / "stages" / name, log)
        self.title = TITLES.get(name, name)
        self.port = port
        self._environment = environment

    def address(self) -> str:
        """Its metrics page."""
        return f"http://127.0.0.1:{self.port}/metrics"

    def find(self) -> Found:
        """The module. Raises PartMissingError when this build has none."""
        module = f"{module_of(self.name)}.__main__"
        if importlib.util.find_spec(module) is None:
            raise PartMissingError(
                f"本版本不含 {self.title}", f"this build has no stage {self.name} ({module})", f"--without {self.name}"
            )
        return Found(f"python -m {module_of(self.name)}", own_version())

    def prepare(self, tell: Tell = tell_nobody) -> None:
        """A folder to work in."""
        self.find()
        self.folder.mkdir(parents=True, exist_ok=True)

    def launch(self) -> Launch:
        """The interpreter that runs us, so that it sees the same packages."""
        environment = {"PYTHONUNBUFFERED": "1", "PYTHONPATH": _package_root(), **self._environment}
        return Launch(
            (sys.executable, "-m", module_of(self.name)),
            self.folder,
            environment,
            stop_seconds=20.0,
            patience=PATIENCE.get(self.name, 0),
        )

    def is_ready(self) -> bool:
        """200 from ``/healthz``."""
        return answers(f"http://127.0.0.1:{self.port}/healthz")


def own_version() -> str:
    """Version of this program."""
    try:
        return version("lianjing")
    except PackageNotFoundError:
        return "0"


def _package_root() -> str:
    return str(Path(__file__).resolve().parents[3])
