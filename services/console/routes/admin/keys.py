"""``/admin/keys``: every key of a program, and which providers have keys to send data with."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.console.access.person import RIGHT_WORDS
from services.console.page import page
from services.console.routes.guard import Administering
from services.console.shell import shell_of

router = APIRouter()
Administrator = Administering
_PROVIDERS = "SELECT provider, name_zh, name_en, key_ids, rate_per_second, contact FROM provider ORDER BY provider"


@router.get("/admin/keys")
def show(request: Request, person: Administrator) -> HTMLResponse:
    """All keys; of those of providers only their readable first part is known here."""
    del person
    shell = shell_of(request)
    keys, now = shell.keyring.tokens(), shell.clock.now()
    providers = shell.shelf.rows(_PROVIDERS)
    return page(request, "admin_keys.html", keys=keys, now=now, providers=providers, right_words=RIGHT_WORDS)


@router.post("/admin/keys/{token_id}/revoke")
def revoke(token_id: str, request: Request, person: Administrator) -> Response:
    """End somebody's key."""
    shell_of(request).keyring.revoke(person.name, token_id)
    return RedirectResponse("/admin/keys", 303)
