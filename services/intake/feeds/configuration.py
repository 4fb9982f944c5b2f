"""The operator's files for intake: limits, mappings of tables, words of warnings."""

from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

from services.intake.cap.ledger import CapLedger
from services.intake.cap.meaning import Words
from services.intake.cap.records import CapReader
from services.intake.document import Documents
from services.intake.limits import Limits
from services.intake.table.mapping import Mapping
from services.runtime.assets import asset_path
from services.runtime.errors import ConfigurationError
from services.runtime.settings import Settings

T = TypeVar("T")


def intake_folder(settings: Settings) -> Path:
    """The operator's folder ``intake`` in its configuration, or the shipped one."""
    own = settings.config / "intake" if settings.config else None
    return own if own is not None and own.is_dir() else asset_path("deploy/config/intake")


def load_yaml(path: Path, kind: type[T]) -> T:
    """Read a YAML file into a Struct. Raises ConfigurationError naming file and fault."""
    try:
        return msgspec.convert(read_yaml(path), kind)
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"{path}: {error}") from error


def read_yaml(path: Path) -> Any:
    """Read a YAML file. Raises ConfigurationError."""
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigurationError(f"{path}: 无法读取 cannot be read: {error}") from error


def load_limits(settings: Settings) -> Limits:
    """Limits from ``limits.yaml``; the shipped defaults when there is none. Raises ConfigurationError."""
    path = intake_folder(settings) / "limits.yaml"
    return load_yaml(path, Limits) if path.is_file() else Limits()


def load_documents(settings: Settings) -> Documents:
    """Mappings of tables and words of warnings. Raises ConfigurationError naming file and fault."""
    folder = intake_folder(settings)
    mappings = []
    for path in sorted((folder / "mappings").glob("*.yaml")):
        mapping = load_yaml(path, Mapping)
        if problems := mapping.problems():
            raise ConfigurationError(*(f"{path}: {p}" for p in problems))
        mappings.append(mapping)
    words = folder / "cap.yaml"
    return Documents(mappings, CapReader(load_yaml(words, Words) if words.is_file() else Words(), CapLedger()))
