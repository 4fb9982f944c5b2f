"""What a backup holds.

::

    FOLDER
    ├── manifest.json     what it was made of
    ├── database.dump     pg_dump, custom format: all tables, offsets included
    ├── topics/*.jsonl    the compacted topics (chains, providers, lanes), key and value in base64
    └── config/           the operator's configuration
"""

from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from services.runtime.errors import InputError

FILE = "manifest.json"
DUMP = "database.dump"
TOPICS = "topics"
CONFIG = "config"


class Manifest(Struct, frozen=True, kw_only=True):
    """``cluster_id`` is the broker's: offsets are only good for the same one."""

    made_at: datetime
    release: str
    mode: str
    postgresql: str
    timescaledb: str | None
    cluster_id: str
    migrations: list[str]
    rows: dict[str, int]
    v: int = 1


def read_manifest(folder: Path) -> Manifest:
    """Read it. Raises InputError when the folder is no backup."""
    try:
        return msgspec.json.decode((folder / FILE).read_bytes(), type=Manifest)
    except OSError as error:
        raise InputError(f"{folder}: 不是备份 is not a backup: {FILE} cannot be read ({error.strerror})") from error
    except msgspec.DecodeError as error:
        raise InputError(f"{folder / FILE}: {error}") from error


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write it, last of all: a folder without it is no backup."""
    (folder / FILE).write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=2))
