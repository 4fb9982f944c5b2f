"""Database roles of the stages: each has a password of its own, made once and kept in the home's secrets folder."""

import secrets
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from services.runtime.roles import ROLES


def secret(folder: Path, name: str) -> str:
    """The secret of that name, made at the first call (32 random characters, file mode 0600, folder 0700)."""
    path = folder / name
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(24))
    return path.read_text().strip()


def role_passwords(folder: Path) -> dict[str, str]:
    """A password for every role."""
    return {role: secret(folder, role) for role in ROLES}


def role_url(url: str, role: str, password: str) -> str:
    """The same database as another role.

    >>> role_url("postgresql://postgres:x@127.0.0.1:15432/lianjing", "lianjing_ingest", "a/b")
    'postgresql://lianjing_ingest:a%2Fb@127.0.0.1:15432/lianjing'
    """
    parts = urlsplit(url)
    host = parts.netloc.rsplit("@", 1)[-1]
    return urlunsplit(parts._replace(netloc=f"{role}:{quote(password, safe='')}@{host}"))
