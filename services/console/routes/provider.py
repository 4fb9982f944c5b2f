"""``/provider``: what a data provider delivered and what was sent back; correct, resend, upload. Nobody sees another's.

Records go to intake's own door, which judges them, under an errand sealed for this provider (``services.console.delivery``).
"""

from typing import Annotated, Any

from fastapi import APIRouter, File, Request, UploadFile
from fastapi import Form as Fields
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool

from services.console.access.audit import Note
from services.console.access.person import Person
from services.console.delivery import Carried
from services.console.errors import ForbiddenError, UnknownError
from services.console.page import lane_of, page, part
from services.console.reading.provider import (
    OwnSeries,
    Refused,
    both_of,
    corrected,
    name_of,
    own_series,
    place_of,
    plain,
    quality_words,
    rejection,
    rejections,
)
from services.console.reading.trust import listed_of, standings_of, watched_of
from services.console.routes.form import Form, Name
from services.console.routes.guard import Providing
from services.console.shell import shell_of
from services.runtime.assets import config_text

router = APIRouter()
Provider = Providing
_TRUST_DAYS = 14.0


class Corrected(Form):
    """The fields of a record as a person typed them."""

    series: str = ""
    observed_at: str = ""
    value: str = ""
    unit: str = ""
    issued_at: str = ""


@router.get("/provider")
def show(request: Request, person: Provider, mended: str = "") -> HTMLResponse:
    """The provider's own page; ``mended`` also shows what was corrected already."""
    provider, shelf = provider_of(person), shell_of(request).shelf
    lane = lane_of(request)
    found: list[OwnSeries] = [] if lane is None else own_series(shelf, provider, lane.name, lane.now)
    return page(
        request,
        "provider.html",
        name=name_of(shelf, provider),
        provider=provider,
        series=[(each, each.pace(lane.now)) for each in found if lane is not None],
        refused=rejections(shelf, provider, all_of_them=bool(mended)),
        mended=bool(mended),
        quality_words=quality_words,
    )


@router.get("/provider/trust")
def trust(request: Request, person: Provider) -> HTMLResponse:
    """How far the provider is believed and why, worked out now from the last two weeks."""
    provider, shell = provider_of(person), shell_of(request)
    watched, lane = watched_of(config_text(shell.settings.config, "detectors/default.yaml")[0]), lane_of(request)
    listed = [] if watched is None else listed_of(shell.shelf.rows, provider, watched)
    found = (
        standings_of(shell.shelf.rows, listed, watched, lane.name, lane.now, _TRUST_DAYS)
        if listed and watched is not None and lane is not None
        else []
    )
    return part(request, "_provider_trust.html", standing=found[0] if found else None, days=_TRUST_DAYS)


@router.get("/provider/rejections/{rejection_id}")
def look(request: Request, rejection_id: Name, person: Provider) -> HTMLResponse:
    """One rejection, to be corrected in place."""
    refused = _own(request, person, rejection_id)
    return page(request, "rejection.html", refused=refused, entered=_entered(refused), answer=None)


@router.post("/provider/rejections/{rejection_id}/resend")
def resend(
    request: Request, rejection_id: Name, person: Provider, form: Annotated[Corrected, Fields()]
) -> HTMLResponse:
    """Send the corrected record in place of the rejected one, and show what intake said."""
    refused = _own(request, person, rejection_id)
    entered = form.model_dump(exclude={"csrf"})
    _note(request, person, f"resend {rejection_id}", entered)
    path = f"/v1/rejections/{refused.name}/resend"
    answer = shell_of(request).carrier.carry(person, "POST", path, corrected(refused, entered))
    return page(
        request, "rejection.html", refused=refused, entered=entered, answer=answer, told=_told(answer), status=200
    )


@router.post("/provider/files")
async def upload(
    request: Request, person: Provider, file: Annotated[UploadFile, File()], rehearse: Annotated[str, Fields()] = ""
) -> HTMLResponse:
    """A CSV or Excel file to intake: sent, or only rehearsed."""
    body = await file.read()
    return await run_in_threadpool(_upload, request, person, file.filename or "", body, bool(rehearse))


def _upload(request: Request, person: Person, name: str, body: bytes, is_rehearsal: bool) -> HTMLResponse:
    _note(request, person, "rehearse file" if is_rehearsal else "upload file", {"name": name, "bytes": str(len(body))})
    query = {"name": name, **({"dry_run": "1"} if is_rehearsal else {})}
    answer = shell_of(request).carrier.carry(person, "POST", "/v1/files", body, query=query)
    return page(request, "upload.html", answer=answer, told=_told(answer), file=name, is_rehearsal=is_rehearsal)


def provider_of(person: Person) -> str:
    """The person's provider. Raises ForbiddenError for somebody of none."""
    if not person.provider:
        raise ForbiddenError("您的账户不属于任何报送单位", "your account belongs to no data provider")
    return person.provider


def _own(request: Request, person: Person, rejection_id: str) -> Refused:
    found = rejection(shell_of(request).shelf, provider_of(person), rejection_id)
    if found is None:
        raise UnknownError("没有这条退回记录，或不属于贵单位", "there is no such rejection, or it is not yours")
    return found


def _entered(refused: Refused) -> dict[str, str]:
    return {name: plain(refused.record.get(name)) for name in Corrected.model_fields if name != "csrf"}


def _told(answer: Carried) -> list[dict[str, Any]]:
    """What intake found wrong, with the place for people."""
    found = answer.body.get("rejections", [])
    return [{**each, "place": place_of(str(each["origin"])), "right": both_of(str(each["wanted"]))} for each in found]


def _note(request: Request, person: Person, action: str, detail: dict[str, str]) -> None:
    shell_of(request).store.write(
        Note(actor=person.name, action="provide", subject=f"{person.provider}: {action}", detail=detail)
    )
