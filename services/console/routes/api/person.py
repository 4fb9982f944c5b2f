"""``/api/v1/me``: who a key or session speaks for."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from services.console.access.person import Person
from services.console.routes.guard import signed_in

router = APIRouter(tags=["access"])


class Me(BaseModel):
    """Who is asking. ``chains`` null: every chain."""

    name: str
    display: str
    roles: list[str]
    rights: list[str]
    chains: list[str] | None
    provider: str | None


@router.get("/me")
def me(person: Annotated[Person, Depends(signed_in)]) -> Me:
    """Who this key or session speaks for, with roles, rights and limits."""
    return Me(
        name=person.name,
        display=person.display,
        roles=sorted(person.roles),
        rights=sorted(person.rights),
        chains=None if person.chains is None else sorted(person.chains),
        provider=person.provider,
    )
