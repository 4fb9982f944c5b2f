"""Kinds of events that may be supposed, and names of areas, as the operator states them. Pure."""

import msgspec
import yaml
from msgspec import Struct

from services.runtime.errors import ConfigurationError


class Kind(Struct, frozen=True):
    """One kind of event; ``days`` None: as long as the priors of the place say."""

    name_zh: str
    name_en: str
    days: float | None


class Kinds(Struct, frozen=True):
    """``areas``: names by code of GB/T 2260."""

    kinds: dict[str, Kind]
    areas: dict[str, tuple[str, str]]


def parse_kinds(file: str, text: str) -> Kinds:
    """From the text of the file. Raises ConfigurationError for one that does not read."""
    try:
        return msgspec.convert(yaml.safe_load(text), Kinds)
    except (yaml.YAMLError, msgspec.ValidationError) as error:
        raise ConfigurationError(f"{file}: {error}") from error
