"""Who may call an endpoint: ``Depends(allowed(Right.X))`` gives the Person, or refuses. Every endpoint but those in ``app.OPEN`` has one."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request
from msgspec import structs
from starlette.concurrency import run_in_threadpool

from services.console.access.entrance import Admitted, Origin
from services.console.access.person import Person, Right
from services.console.access.secrets import is_form_proof
from services.console.errors import ForbiddenError, SignInError
from services.console.shell import Shell, shell_of

SESSION_COOKIE = "session"
CSRF_FIELD = "csrf"
CSRF_HEADER = "X-CSRF-Token"
API = "/api/"
_SAFE = {"GET", "HEAD", "OPTIONS"}
_WITHOUT_CHANGE = {"/account", "/account/password", "/logout"}
"""All that somebody may open who has to choose a new password first."""


class Allowed:
    """A guard. ``right`` None: whoever is signed in; ``in_person``: by a session of his own, not by a key or a wall display.

    An endpoint that changes anything also asks for the proof that the form is ours.
    """

    def __init__(self, right: Right | None, *, in_person: bool = False) -> None:
        self.right = right
        self.in_person = in_person

    async def __call__(self, request: Request) -> Person:
        """The person. Raises SignInError, ForbiddenError, UnreachableError."""
        admitted = await _admitted(request)
        if admitted is None:
            raise SignInError
        request.state.admitted = admitted
        if request.method not in _SAFE and admitted.secret:
            await prove_form(request, admitted.secret)
        person = structs.replace(admitted.person, address=origin_of(request).address)
        if person.must_change and request.url.path not in _WITHOUT_CHANGE:
            raise ForbiddenError("请先在“账户”页更换初始口令", "choose a new password on your account page first")
        if self.right is not None and not person.may(self.right):
            raise ForbiddenError("您的角色没有这项权限", "your roles do not give you this right")
        if self.in_person and (admitted.session is None or admitted.session.is_wall):
            raise ForbiddenError("请用本人账户在浏览器中登录后再做", "sign in yourself, in a browser, to do this")
        return person


def allowed(right: Right) -> Callable[..., object]:
    """The guard of an endpoint that asks for a right."""
    return Allowed(right)


Seeing = Annotated[Person, Depends(allowed(Right.SEE))]
Reporting = Annotated[Person, Depends(allowed(Right.REPORT))]
Asking = Annotated[Person, Depends(allowed(Right.ASK))]
Acting = Annotated[Person, Depends(allowed(Right.ACT))]
Approving = Annotated[Person, Depends(allowed(Right.APPROVE))]
Drilling = Annotated[Person, Depends(allowed(Right.DRILL))]
Providing = Annotated[Person, Depends(allowed(Right.PROVIDE))]
Auditing = Annotated[Person, Depends(allowed(Right.AUDIT))]
Administering = Annotated[Person, Depends(allowed(Right.ADMINISTER))]
"""What an endpoint says of its person: somebody with that right."""

signed_in = Allowed(None)
"""The guard of an endpoint for everybody who is signed in."""


in_person = Allowed(None, in_person=True)
"""The guard of what only a person does: own password, own sessions, making keys."""


async def prove_form(request: Request, secret: str) -> None:
    """Raise ForbiddenError unless header or field prove that the form came from a page of ours."""
    given = request.headers.get(CSRF_HEADER)
    if given is None and _is_form(request):
        field = (await request.form()).get(CSRF_FIELD)
        given = field if isinstance(field, str) else None
    if given is None or not is_form_proof(secret, given):
        raise ForbiddenError("表单已失效，请重新打开页面再提交", "this form is no longer valid: open the page again")


def origin_of(request: Request) -> Origin:
    """Where the request comes from: the address of the peer, which uvicorn takes from a trusted proxy's header."""
    address = request.client.host if request.client is not None else ""
    return Origin(address, request.headers.get("user-agent", ""))


async def _admitted(request: Request) -> Admitted | None:
    shell = shell_of(request)
    if request.url.path.startswith(API) and "authorization" in request.headers:
        return await run_in_threadpool(_by_key, shell, request.headers["authorization"])
    secret = request.cookies.get(SESSION_COOKIE)
    return await run_in_threadpool(shell.entrance.admit, secret) if secret else None


def _by_key(shell: Shell, header: str) -> Admitted | None:
    """Who a bearer key speaks for. A key needs no proof of forms: no browser sends it by itself."""
    scheme, _, secret = header.partition(" ")
    person = shell.keyring.person_of(secret.strip()) if scheme.lower() == "bearer" else None
    return None if person is None else Admitted(person, None)


def _is_form(request: Request) -> bool:
    kind = request.headers.get("content-type", "")
    return kind.startswith(("application/x-www-form-urlencoded", "multipart/form-data"))
