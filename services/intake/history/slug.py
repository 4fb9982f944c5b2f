"""Names of a table as node ids: stable, short, ASCII."""

import re
import unicodedata

_ID = re.compile(r"[A-Z][A-Z0-9_]{0,47}")


def same_name(text: str) -> str:
    """The name as compared: spellings that differ in white space, case or width only are one.

    >>> same_name(" Barh  STPS ")
    'barh stps'
    """
    return " ".join(unicodedata.normalize("NFKC", text).split()).casefold()


def slug_of(prefix: str, text: str) -> str:
    """Prefix and name in capitals, digits and underscores; empty when the name has none of them in ASCII.

    >>> slug_of("IN", "Nasik (P) Tps"), slug_of("IN", "华能电厂")
    ('IN_NASIK_P_TPS', '')
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    words = re.findall(r"[A-Z0-9]+", plain.upper())
    return f"{prefix}_{'_'.join(words)}"[:48].rstrip("_") if words else ""


def is_node_id(text: str) -> bool:
    """True for capitals, digits and underscores, beginning with a letter, at most 48."""
    return _ID.fullmatch(text) is not None
