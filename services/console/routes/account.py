"""``/account``: who I am here, my password, my sessions, my keys."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from services.console.access.person import RIGHT_WORDS, ROLE_WORDS, Person
from services.console.page import page
from services.console.routes.guard import signed_in
from services.console.shell import shell_of

router = APIRouter()


@router.get("/account")
def show(request: Request, person: Annotated[Person, Depends(signed_in)]) -> HTMLResponse:
    """The person's own page."""
    sessions = shell_of(request).store.sessions_of(person.name)
    return page(request, "account.html", sessions=sessions, role_words=ROLE_WORDS, right_words=RIGHT_WORDS)
