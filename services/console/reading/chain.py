"""The chain in force, whole, as the database holds it."""

import msgspec

from schemas.chain import Chain
from services.console.shelf import Shelf

_VERSION = "SELECT version FROM chain WHERE chain = %s AND is_current"
_DOCUMENT = "SELECT document FROM chain WHERE chain = %s AND version = %s"


def version_in_force(shelf: Shelf, chain: str) -> str | None:
    """Version of the chain that counts now; None where it was never imported. Raises UnreachableError."""
    row = shelf.row(_VERSION, (chain,))
    return None if row is None else str(row["version"])


def chain_of(shelf: Shelf, chain: str, version: str) -> Chain | None:
    """A chain in one version; None where there is none. Raises UnreachableError."""
    row = shelf.row(_DOCUMENT, (chain, version))
    return None if row is None else msgspec.convert(row["document"], Chain)


def read_chain(shelf: Shelf, chain: str) -> Chain | None:
    """A chain as it is in force; None where it was never imported. Raises UnreachableError."""
    version = version_in_force(shelf, chain)
    return None if version is None else chain_of(shelf, chain, version)
