"""``/login/oidc`` and ``/login/oidc/back``: to the OpenID provider and back, where one is configured."""

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote

import httpx
import msgspec
from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from services.console.access.account import Account
from services.console.access.audit import Note
from services.console.access.oidc import Place, Visit, subject_of
from services.console.errors import AwayError, ForbiddenError, UnknownError
from services.console.routes.form import local_path
from services.console.routes.guard import origin_of
from services.console.routes.sign_in import entered, is_secure
from services.console.shell import Shell, shell_of

router = APIRouter()
COOKIE = "oidc"
_TIMEOUT_S = 5.0
Words = Annotated[str, Query(max_length=2000)]


@router.get("/login/oidc")
def leave(request: Request, next: Annotated[str, Query(max_length=500)] = "/") -> Response:  # noqa: A002  # the usual name in the address
    """Off to the provider; a cookie remembers who left."""
    shell = _configured(request)
    visit = shell.visits.begin(local_path(next), shell.clock.now())
    asked = {
        "response_type": "code",
        "client_id": shell.settings.oidc_client_id,
        "redirect_uri": _way_back(shell),
        "scope": "openid",
        "state": visit.state,
        "nonce": visit.nonce,
        "code_challenge": create_s256_code_challenge(visit.verifier),
        "code_challenge_method": "S256",
    }
    address = add_params_to_uri(_place(shell).authorization_endpoint, list(asked.items()))
    answer = RedirectResponse(address, 303)
    answer.set_cookie(COOKIE, visit.state, max_age=600, httponly=True, samesite="lax", secure=is_secure(request))
    return answer


@router.get("/login/oidc/back")
def arrive(request: Request, code: Words = "", state: Words = "", error: Words = "") -> Response:
    """Back from the provider: whoever it names signs in, if an account carries that name."""
    shell = _configured(request)
    visit = shell.visits.end(state, shell.clock.now())
    if visit is None or request.cookies.get(COOKIE) != state:
        raise ForbiddenError("登录已过期，请重新登录", "this sign-in is over: begin again")
    if error or not code:
        raise ForbiddenError("统一身份认证没有放行", "the OpenID provider did not let you in")
    account = _account(request, _subject(request, code, visit))
    found = shell.entrance.begin(account, origin_of(request), "oidc")
    answer = entered(request, found, visit.leads_to)
    answer.delete_cookie(COOKIE)
    return answer


def _subject(request: Request, code: str, visit: Visit) -> str:
    shell = shell_of(request)
    settings, place = shell.settings, _place(shell)
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": _way_back(shell),
        "code_verifier": visit.verifier,
    }
    login = (quote(settings.oidc_client_id, safe=""), quote(settings.oidc_client_secret, safe=""))
    try:
        answer = httpx.post(place.token_endpoint, data=form, auth=login, timeout=_TIMEOUT_S)
    except httpx.HTTPError as error:
        raise _away() from error
    if answer.is_client_error:
        raise ForbiddenError("统一身份认证没有放行", "the OpenID provider did not let you in")
    token, keys = _tree_of(answer), _asked(place.jwks_uri)
    id_token = str(token.get("id_token", ""))
    return subject_of(id_token, keys, place, settings.oidc_client_id, visit.nonce, shell.clock.now())


def _account(request: Request, subject: str) -> Account:
    shell = shell_of(request)
    account = shell.store.account_of_subject(subject)
    if account is None or account.is_disabled:
        address = origin_of(request).address
        shell.store.write(Note(actor="", action="sign-in refused", subject=subject, address=address))
        raise ForbiddenError(
            f"没有与身份 {subject} 对应的启用账户，请把它告诉管理员",
            f"no enabled account belongs to {subject}: tell this name to the administrator",
        )
    return account


def _configured(request: Request) -> Shell:
    shell = shell_of(request)
    settings = shell.settings
    if not (settings.oidc_issuer and settings.oidc_client_id and settings.console_url):
        raise UnknownError
    return shell


def _way_back(shell: Shell) -> str:
    return f"{shell.settings.console_url.rstrip('/')}/login/oidc/back"


def _place(shell: Shell) -> Place:
    """As the provider says of itself now. Raises AwayError when it does not answer, or speaks for another."""
    issuer = shell.settings.oidc_issuer
    said = _asked(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    try:
        place = msgspec.convert(said, type=Place)
    except msgspec.ValidationError as error:
        raise _away() from error
    if place.issuer != issuer:
        raise _away()
    return place


def _asked(address: str) -> Mapping[str, Any]:
    try:
        return _tree_of(httpx.get(address, timeout=_TIMEOUT_S))
    except httpx.HTTPError as error:
        raise _away() from error


def _tree_of(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        tree: Any = answer.raise_for_status().json()
    except (httpx.HTTPError, ValueError) as error:
        raise _away() from error
    if not isinstance(tree, dict):
        raise _away()
    return tree


def _away() -> AwayError:
    return AwayError(
        "统一身份认证没有正确回应，可改用口令登录",
        "the OpenID provider does not answer rightly; a password still works",
    )
