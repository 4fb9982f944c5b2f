"""Who publishes: read from the operator's file. Pure."""

import msgspec
import yaml
from msgspec import Struct

from services.runtime.errors import ConfigurationError


class Publication(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Signature and codes of the publishing office (deploy/config/alerting/publication.yaml)."""

    sender: str
    sender_name_zh: str
    sender_name_en: str
    addresses: str
    restriction: str
    region: str
    sector: str
    unit: str
    extension: str


_LENGTHS = {"region": 6, "sector": 3, "unit": 3, "extension": 2}


def parse_publication(text: str, name: str) -> Publication:
    """Read the file. Raises ConfigurationError naming what is wrong."""
    try:
        found = msgspec.convert(yaml.safe_load(text), Publication)
    except (yaml.YAMLError, msgspec.ValidationError) as error:
        raise ConfigurationError(f"{name}: {error}") from error
    wrong = [
        f"{name}, {f}: {getattr(found, f)!r} 应为 should be {n} 位数字 digits"
        for f, n in _LENGTHS.items()
        if not _fits(getattr(found, f), n)
    ]
    if not found.sender or any(c in found.sender for c in " ,<&"):
        wrong.append(f"{name}, sender: {found.sender!r} 不得含空格、逗号、<、& should have no blank, comma, < or &")
    if wrong:
        raise ConfigurationError(*wrong)
    return found


def _fits(text: str, length: int) -> bool:
    return len(text) == length and text.isascii() and text.isdigit()
