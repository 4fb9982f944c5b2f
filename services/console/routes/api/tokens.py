"""``/api/v1/tokens``: one's own keys for programs."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from services.console.access.keyring import LONGEST_DAYS, Token
from services.console.access.person import Person, Right
from services.console.routes.guard import in_person, signed_in
from services.console.shell import shell_of

router = APIRouter(prefix="/tokens", tags=["access"])


class Wanted(BaseModel):
    """A key to be made: some of one's own rights, for some days."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=80)]
    rights: Annotated[list[Right], Field(min_length=1)]
    days: Annotated[int, Field(ge=1, le=LONGEST_DAYS)] = 90


class Made(BaseModel):
    """The key, shown this once."""

    token: str


class Listed(BaseModel):
    """A key without its secret."""

    token_id: str
    name: str
    rights: list[str]
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None


@router.get("")
def show(request: Request, person: Annotated[Person, Depends(signed_in)]) -> list[Listed]:
    """One's own keys, the newest first."""
    return [_listed(token) for token in shell_of(request).keyring.tokens(person.name)]


@router.post("", status_code=201)
def make(wanted: Wanted, request: Request, person: Annotated[Person, Depends(in_person)]) -> Made:
    """Make a key. Only a person can, signed in by the browser: no key makes another."""
    secret = shell_of(request).keyring.make(person, wanted.name, frozenset(wanted.rights), wanted.days)
    return Made(token=secret)


@router.delete("/{token_id}", status_code=204)
def revoke(token_id: str, request: Request, person: Annotated[Person, Depends(signed_in)]) -> None:
    """End one of one's own keys."""
    shell_of(request).keyring.revoke(person.name, token_id, account=person.name)


def _listed(token: Token) -> Listed:
    return Listed(
        token_id=token.token_id,
        name=token.name,
        rights=sorted(token.rights),
        created_at=token.created_at,
        expires_at=token.expires_at,
        used_at=token.used_at,
        revoked_at=token.revoked_at,
    )
