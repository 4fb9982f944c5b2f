"""The unprivileged OS account under which PostgreSQL runs when we are root (it refuses to run as root)."""

import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from services.cli.stack.errors import PartMissingError

ACCOUNT = "lianjing"


@dataclass(frozen=True)
class Account:
    """A user of the system by number and name."""

    name: str
    uid: int
    gid: int


def unprivileged_account() -> Account | None:
    """None when we are not root. Else the system user ``lianjing``, made if missing; where it cannot be made, ``postgres`` or ``nobody``.

    Raises PartMissingError when the system knows none of them.
    """
    if os.geteuid() != 0:
        return None
    if _lookup(ACCOUNT) is None:
        _create()
    for name in (ACCOUNT, "postgres", "nobody"):
        found = _lookup(name)
        if found is not None:
            return found
    raise PartMissingError(
        "缺少非特权系统用户", "no unprivileged system user", f"useradd --system --shell /usr/sbin/nologin {ACCOUNT}"
    )


def owner_of(path: Path) -> Account | None:
    """The account that owns ``path``, or None when it is root's or unknown."""
    status = path.stat()
    if status.st_uid == 0:
        return None
    try:
        entry = pwd.getpwuid(status.st_uid)
    except KeyError:
        return None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def can_reach(path: Path, account: Account) -> bool:
    """Whether the account may pass through every existing folder on the way to ``path``."""
    return all(_may_pass(folder.stat(), account) for folder in path.absolute().parents if folder.exists())


def _may_pass(status: os.stat_result, account: Account) -> bool:
    if status.st_uid == account.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == account.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)


def _lookup(name: str) -> Account | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _create() -> None:
    program = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if program is None:
        return
    arguments = [
        program,
        "--system",
        "--user-group",
        "--no-create-home",
        "--home-dir",
        "/nonexistent",
        "--shell",
        "/usr/sbin/nologin",
        ACCOUNT,
    ]
    subprocess.run(arguments, check=False, capture_output=True)
