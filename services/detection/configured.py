"""The watch as configured."""

from pathlib import Path

from services.detection.watch import Watch, parse_watch
from services.runtime.assets import config_text


def load_watch(folder: Path | None) -> Watch:
    """The configured watch of ``folder`` (None: the shipped one). Raises ConfigurationError, FileNotFoundError."""
    return parse_watch(*config_text(folder, "detectors/default.yaml"))
