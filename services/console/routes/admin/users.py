"""``/admin`` and ``/admin/users/{name}``: accounts, their roles, chains and sessions."""

from typing import Annotated, Self

from fastapi import APIRouter, Request
from fastapi import Form as Fields
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from msgspec import structs
from pydantic import Field, model_validator

from services.console.access.account import Account, is_name
from services.console.access.audit import Note
from services.console.access.person import ROLE_WORDS, Role
from services.console.errors import UnknownError
from services.console.page import page
from services.console.routes.form import Form
from services.console.routes.guard import Administering
from services.console.shell import Shell, shell_of
from services.runtime.errors import InputError

router = APIRouter()
Administrator = Administering
_CHAINS = "SELECT DISTINCT chain FROM chain WHERE is_current ORDER BY chain"
_PROVIDERS = "SELECT provider, name_zh, name_en FROM provider ORDER BY provider"


class Fill(Form):
    """What may be said of an account. ``chains`` counts where ``limited`` is set."""

    display: Annotated[str, Field(max_length=80)]
    roles: Annotated[list[Role], Field(default_factory=list)]
    limited: str = ""
    chains: Annotated[list[str], Field(default_factory=list, max_length=50)]
    provider: Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9._-]*$")] = ""
    subject: Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")] = ""

    def on(self, account: Account) -> Account:
        """The account as the form would have it."""
        return structs.replace(
            account,
            display=self.display,
            roles=frozenset(self.roles),
            chains=frozenset(self.chains) if self.limited else None,
            provider=self.provider,
            subject=self.subject or None,
        )

    @model_validator(mode="after")
    def _names_are_short(self) -> Self:
        if any(not 1 <= len(chain) <= 64 or not chain.isprintable() for chain in self.chains):
            raise ValueError("chains: 1 to 64 signs each")
        return self


class NewUser(Fill):
    """The form of a new account."""

    name: Annotated[str, Field(max_length=63)]


class ChangedUser(Fill):
    """The form of a changed account; ``revision`` as last seen."""

    revision: Annotated[int, Field(ge=1, le=2**31 - 2)]
    disabled: str = ""


@router.get("/admin")
def show(request: Request, person: Administrator) -> HTMLResponse:
    """All accounts, and the form of a new one."""
    del person
    return _users(request)


@router.post("/admin/users")
def add(request: Request, form: Annotated[NewUser, Fields()], person: Administrator) -> HTMLResponse:
    """Make an account and show its first password, this once."""
    shell = shell_of(request)
    now = shell.clock.now()
    account = form.on(Account(name=form.name, display=form.display, created_at=now, changed_at=now))
    try:
        password = shell.clerk.add(person.name, account)
    except InputError as error:
        return _users(request, problem=_words(error), typed=form)
    return _users(request, made=(form.name, password))


@router.get("/admin/users/{name}")
def look(name: str, request: Request, person: Administrator) -> HTMLResponse:
    """One account."""
    del person
    return _user(request, _account(shell_of(request), name))


@router.post("/admin/users/{name}")
def change(name: str, request: Request, form: Annotated[ChangedUser, Fields()], person: Administrator) -> Response:
    """Change it, unless somebody else did meanwhile. Nobody takes the administration from himself."""
    shell = shell_of(request)
    account = _account(shell, name)
    if name == person.name and (form.disabled or Role.ADMINISTRATOR not in form.roles):
        raise InputError(
            "不能停用自己，也不能取消自己的管理员角色 / you cannot disable yourself nor give up your own administration"
        )
    wanted = structs.replace(form.on(account), is_disabled=bool(form.disabled), revision=form.revision)
    try:
        shell.clerk.change(person.name, wanted)
    except InputError as error:
        return _user(request, account, problem=_words(error))
    return RedirectResponse(f"/admin/users/{name}?done=1", 303)


@router.post("/admin/users/{name}/password")
def set_password(name: str, request: Request, person: Administrator) -> HTMLResponse:
    """A new first password, shown this once; all sessions of the account end."""
    shell = shell_of(request)
    _account(shell, name)
    password = shell.clerk.set_password(person.name, name)
    return _user(request, _account(shell, name), made=password)


@router.post("/admin/users/{name}/sessions/end")
def end_sessions(name: str, request: Request, person: Administrator) -> Response:
    """End all sessions of an account."""
    shell = shell_of(request)
    _account(shell, name)
    note = Note(actor=person.name, action="sessions end", subject=name, detail={"why": "administrator"})
    shell.store.end_sessions(name, note)
    return RedirectResponse(f"/admin/users/{name}?done=1", 303)


def _users(
    request: Request,
    *,
    problem: tuple[str, str] | None = None,
    typed: NewUser | None = None,
    made: tuple[str, str] | None = None,
) -> HTMLResponse:
    shell = shell_of(request)
    return page(
        request,
        "admin_users.html",
        status=200 if problem is None else 422,
        accounts=shell.store.accounts(),
        problem=problem,
        typed=typed,
        made=made,
        **_choices(shell),
    )


def _user(
    request: Request, account: Account, *, problem: tuple[str, str] | None = None, made: str = ""
) -> HTMLResponse:
    shell = shell_of(request)
    return page(
        request,
        "admin_user.html",
        status=200 if problem is None else 422,
        account=account,
        sessions=shell.store.sessions_of(account.name),
        problem=problem,
        made=made,
        done=request.query_params.get("done", ""),
        **_choices(shell),
    )


def _choices(shell: Shell) -> dict[str, object]:
    chains = [row["chain"] for row in shell.shelf.rows(_CHAINS)]
    return {"role_words": ROLE_WORDS, "chains": chains, "providers": shell.shelf.rows(_PROVIDERS)}


def _account(shell: Shell, name: str) -> Account:
    found = shell.store.account(name) if is_name(name) else None
    if found is None:
        raise UnknownError("没有这个用户", "there is no such account")
    return found


def _words(error: InputError) -> tuple[str, str]:
    zh, _, en = str(error).partition(" / ")
    return zh, en or zh
