"""An account as its table holds it, and the person it lets in."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from services.console.access.person import Person, Role, rights_of
from services.runtime.errors import InputError

_NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,62}")
MOST_DISPLAY = 80


class Account(Struct, frozen=True, kw_only=True):
    """``password`` is a hash, empty: no sign-in by password. ``chains`` None: all. ``subject`` is the name at the OpenID provider."""

    name: str
    display: str
    password: str = ""
    roles: frozenset[Role] = frozenset()
    chains: frozenset[str] | None = None
    provider: str = ""
    subject: str | None = None
    is_disabled: bool = False
    must_change: bool = False
    created_at: datetime
    changed_at: datetime
    revision: int = 1

    def person(self) -> Person:
        """Who signs in with it."""
        return Person(
            name=self.name,
            display=self.display,
            roles=self.roles,
            rights=rights_of(self.roles),
            chains=self.chains,
            provider=self.provider or None,
            must_change=self.must_change,
        )


def account_of(row: Mapping[str, Any]) -> Account:
    """From a row; roles that this release does not know give nothing."""
    known = {role.value for role in Role}
    return Account(
        name=row["account"],
        display=row["display"],
        password=row["password"],
        roles=frozenset(Role(role) for role in row["roles"] if role in known),
        chains=None if row["chains"] is None else frozenset(row["chains"]),
        provider=row["provider"],
        subject=row["subject"],
        is_disabled=row["is_disabled"],
        must_change=row["must_change"],
        created_at=row["created_at"],
        changed_at=row["changed_at"],
        revision=row["revision"],
    )


def is_name(text: str) -> bool:
    """Whether an account could be called so."""
    return _NAME.fullmatch(text) is not None


def check(account: Account) -> None:
    """Raise InputError when name, display or the provider do not fit."""
    if not is_name(account.name):
        raise InputError(
            f"用户名 {account.name!r} 不对：小写字母、数字和 . _ @ -，至多 63 个 / account name: a-z 0-9 . _ @ -, at most 63"
        )
    if not 1 <= len(account.display.strip()) <= MOST_DISPLAY or not account.display.isprintable():
        raise InputError(
            f"姓名须为 1 至 {MOST_DISPLAY} 个可见字符 / the display name has 1 to {MOST_DISPLAY} visible signs"
        )
    if not account.roles:
        raise InputError(f"至少一个角色 / at least one role: {', '.join(Role)}")
    if Role.PROVIDER in account.roles and not account.provider:
        raise InputError("报送单位角色须写明单位编号 / the role provider needs the provider's id")
