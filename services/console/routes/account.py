"""``/account``: who I am here, my password, my sessions, my keys."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi import Form as Fields
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import Field

from services.console.access.audit import Note
from services.console.access.keyring import LONGEST_DAYS
from services.console.access.person import RIGHT_WORDS, ROLE_WORDS, Person, Right
from services.console.page import page
from services.console.routes.form import Form
from services.console.routes.guard import in_person, signed_in
from services.console.shell import shell_of
from services.runtime.errors import InputError

router = APIRouter()


class PasswordChange(Form):
    """The form of a new password."""

    old: str
    new: str
    again: str


class NewKey(Form):
    """The form of a new key."""

    name: str
    rights: Annotated[list[Right], Field(default_factory=list)]
    days: Annotated[int, Field(ge=1, le=LONGEST_DAYS)] = 90


@router.get("/account")
def show(request: Request, person: Annotated[Person, Depends(signed_in)]) -> HTMLResponse:
    """The person's own page."""
    return _page(request, person, {})


@router.post("/account/password")
def change_password(
    request: Request, form: Annotated[PasswordChange, Fields()], person: Annotated[Person, Depends(in_person)]
) -> Response:
    """Choose a new password; the other sessions end."""
    if form.new != form.again:
        return _page(
            request, person, {"password": ("两次输入的新口令不同", "the new password was typed differently")}, 422
        )
    session_id = request.state.admitted.session.session_id
    try:
        shell_of(request).clerk.change_own_password(person.name, form.old, form.new, session_id=session_id)
    except InputError as error:
        zh, _, en = str(error).partition(" / ")
        return _page(request, person, {"password": (zh, en)}, 422)
    return RedirectResponse("/account?done=password", 303)


@router.post("/account/keys")
def make_key(
    request: Request, form: Annotated[NewKey, Fields()], person: Annotated[Person, Depends(in_person)]
) -> Response:
    """Make a key and show it, this once."""
    try:
        made = shell_of(request).keyring.make(person, form.name, frozenset(form.rights), form.days)
    except InputError as error:
        zh, _, en = str(error).partition(" / ")
        return _page(request, person, {"key": (zh, en)}, 422)
    return _page(request, person, {}, made=made)


@router.post("/account/keys/{token_id}/revoke")
def revoke_key(token_id: str, request: Request, person: Annotated[Person, Depends(in_person)]) -> Response:
    """End one of one's own keys."""
    shell_of(request).keyring.revoke(person.name, token_id, account=person.name)
    return RedirectResponse("/account?done=key", 303)


@router.post("/account/sessions/{session_id}/end")
def end_session(session_id: str, request: Request, person: Annotated[Person, Depends(in_person)]) -> Response:
    """End one of one's own sessions, on a machine that was left."""
    note = Note(actor=person.name, action="sessions end", subject=person.name, detail={"session": session_id[:32]})
    shell_of(request).store.end_sessions(person.name, note, only=session_id)
    return RedirectResponse("/account?done=session", 303)


def _page(
    request: Request,
    person: Person,
    problems: Mapping[str, tuple[str, str]],
    status: int = 200,
    *,
    made: str = "",
) -> HTMLResponse:
    shell = shell_of(request)
    return page(
        request,
        "account.html",
        status=status,
        sessions=shell.store.sessions_of(person.name),
        keys=shell.keyring.tokens(person.name),
        now=shell.clock.now(),
        role_words=ROLE_WORDS,
        right_words=RIGHT_WORDS,
        problems=problems,
        made=made,
        done=request.query_params.get("done", ""),
    )
