"""``/login``, ``/logout``, ``/language/{language}``, ``/alive``: what is open to everybody."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi import Form as Fields
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from services.console.access.entrance import Entered, Refused
from services.console.access.person import Person
from services.console.access.secrets import form_proof, is_form_proof, new_secret
from services.console.errors import ForbiddenError
from services.console.language import COOKIE, Language, language_of
from services.console.page import VISIT_COOKIE, render
from services.console.routes.form import Form, local_path
from services.console.routes.guard import SESSION_COOKIE, origin_of, signed_in
from services.console.shell import shell_of

router = APIRouter()
_YEAR_S = 31_536_000


class SignIn(Form):
    """The form of the entrance."""

    name: str
    password: str
    wall: str = ""
    next: str = "/"


@router.get("/login")
def show(request: Request, next: Annotated[str, Query(max_length=500)] = "/") -> HTMLResponse:  # noqa: A002  # the usual name in the address
    """The entrance, with a secret of its own to prove the form by."""
    return _entrance(request, local_path(next))


@router.post("/login")
async def enter(request: Request, form: Annotated[SignIn, Fields()]) -> Response:
    """Begin a new session; whatever session the browser had before is not taken over."""
    visit = request.cookies.get(VISIT_COOKIE)
    if not visit or not is_form_proof(visit, form.csrf):
        raise ForbiddenError("表单已失效，请重新打开登录页", "this form is no longer valid: open the page again")
    entrance = shell_of(request).entrance
    found = await run_in_threadpool(
        entrance.sign_in, form.name, form.password, origin_of(request), is_wall=bool(form.wall)
    )
    if isinstance(found, Refused):
        return _entrance(request, local_path(form.next), refused=found, name=form.name)
    return entered(request, found, "/wall" if form.wall and "/wall" in request.app.state.served else form.next)


@router.post("/logout")
def leave(request: Request, person: Annotated[Person, Depends(signed_in)]) -> Response:
    """End this session."""
    del person
    shell_of(request).entrance.sign_out(request.state.admitted, origin_of(request))
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(SESSION_COOKIE, path="/")
    return answer


@router.get("/language/{wanted}")
def speak(wanted: Language, next: Annotated[str, Query(max_length=500)] = "/") -> Response:  # noqa: A002  # as above
    """Read the pages in this language from now on."""
    answer = RedirectResponse(local_path(next), 303)
    answer.set_cookie(COOKIE, language_of(wanted), max_age=_YEAR_S, samesite="lax", httponly=True)
    return answer


@router.get("/alive")
def alive(request: Request) -> Response:
    """Whether pages can be served: asked by pages that could not. Raises UnreachableError."""
    shell_of(request).shelf.rows("SELECT 1 AS one")
    return PlainTextResponse("ok\n")


def entered(request: Request, found: Entered, leads_to: str) -> Response:
    """On to the page asked for, with the new session's cookie."""
    answer = RedirectResponse(local_path(leads_to), 303)
    life = int((found.session.expires_at - found.session.created_at).total_seconds())
    answer.set_cookie(
        SESSION_COOKIE, found.secret, max_age=life, path="/", httponly=True, samesite="lax", secure=is_secure(request)
    )
    answer.delete_cookie(VISIT_COOKIE, path="/")
    return answer


def _entrance(request: Request, leads_to: str, *, refused: Refused | None = None, name: str = "") -> HTMLResponse:
    visit = new_secret()
    text = render(
        request,
        "login.html",
        next=leads_to,
        refused=refused,
        name=name,
        proof=form_proof(visit),
        has_oidc=bool(shell_of(request).settings.oidc_issuer),
    )
    answer = HTMLResponse(text, 200 if refused is None else (429 if refused.wait else 401))
    answer.set_cookie(VISIT_COOKIE, visit, path="/", httponly=True, samesite="lax", secure=is_secure(request))
    return answer


def is_secure(request: Request) -> bool:
    """Whether cookies may travel over TLS only: it is used, or a proxy before us uses it."""
    return bool(shell_of(request).settings.console_secure) or request.url.scheme == "https"
