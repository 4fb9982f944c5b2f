"""``/api/v1/accounts``: who may come in, for administrators."""

from typing import Annotated

from fastapi import APIRouter, Request
from msgspec import structs
from pydantic import BaseModel, ConfigDict, Field

from services.console.access.account import Account, is_name
from services.console.access.person import Role
from services.console.errors import UnknownError
from services.console.routes.guard import Administering
from services.console.shell import shell_of

router = APIRouter(prefix="/accounts", tags=["access"])
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._@-]{0,62}$")]
Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")]


class Shown(BaseModel):
    """An account without its password. ``chains`` null: every chain."""

    name: str
    display: str
    roles: list[str]
    chains: list[str] | None
    provider: str
    subject: str | None
    is_disabled: bool
    revision: int


class New(BaseModel):
    """An account to be made."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    display: Annotated[str, Field(min_length=1, max_length=80)]
    roles: Annotated[list[Role], Field(min_length=1)]
    chains: list[Id] | None = None
    provider: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{0,64}$")] = ""
    subject: Annotated[str, Field(max_length=200, pattern=r"^[^\x00]+$")] | None = None


class Made(BaseModel):
    """The password made, shown this once; it must be changed at the first sign-in."""

    name: str
    password: str


class Changed(BaseModel):
    """What is to be changed; what is not named stays. ``revision`` as last seen: if it moved on meanwhile nothing is changed."""

    model_config = ConfigDict(extra="forbid")

    revision: Annotated[int, Field(ge=1, le=2**31 - 2)]
    display: Annotated[str, Field(min_length=1, max_length=80)] | None = None
    roles: Annotated[list[Role], Field(min_length=1)] | None = None
    is_disabled: bool | None = None


@router.get("")
def show(request: Request, person: Administering) -> list[Shown]:
    """All accounts, by name."""
    del person
    return [_shown(account) for account in shell_of(request).store.accounts()]


@router.post("", status_code=201)
def add(new: New, request: Request, person: Administering) -> Made:
    """Make an account."""
    shell = shell_of(request)
    now = shell.clock.now()
    account = Account(
        name=new.name,
        display=new.display,
        roles=frozenset(new.roles),
        chains=None if new.chains is None else frozenset(new.chains),
        provider=new.provider,
        subject=new.subject,
        created_at=now,
        changed_at=now,
    )
    return Made(name=new.name, password=shell.clerk.add(person.name, account))


@router.patch("/{name}")
def change(name: Name, changed: Changed, request: Request, person: Administering) -> Shown:
    """Change name to show, roles or whether it is disabled."""
    shell = shell_of(request)
    account = shell.store.account(name) if is_name(name) else None
    if account is None:
        raise UnknownError("没有这个用户", "there is no such account")
    given = changed.model_dump(exclude_none=True)
    if "roles" in given:
        given["roles"] = frozenset(changed.roles or ())
    shell.clerk.change(person.name, structs.replace(account, **given))
    return _shown(shell.store.account(name) or account)


def _shown(account: Account) -> Shown:
    return Shown(
        name=account.name,
        display=account.display,
        roles=sorted(account.roles),
        chains=None if account.chains is None else sorted(account.chains),
        provider=account.provider,
        subject=account.subject,
        is_disabled=account.is_disabled,
        revision=account.revision,
    )
