"""``/api/v1/audit``: the audit log, the newest first."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime, BaseModel

from services.console.routes.guard import Auditing
from services.console.shell import shell_of

router = APIRouter(prefix="/audit", tags=["audit"])
Word = Annotated[str, Query(max_length=80, pattern=r"^[^\x00]*$")]
_LAST = 2**62


class Entry(BaseModel):
    """One entry; ``digest`` covers it and ``previous``."""

    sequence: int
    at: datetime
    actor: str
    action: str
    subject: str
    lane: str
    address: str
    detail: dict[str, str]
    previous: str
    digest: str


@router.get("")
def show(
    request: Request,
    person: Auditing,
    actor: Word = "",
    action: Word = "",
    subject: Word = "",
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
    before: Annotated[int | None, Query(ge=1, le=_LAST)] = None,
    most: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[Entry]:
    """Entries that fit; go on with ``before`` = the last ``sequence``."""
    del person
    wanted = {
        "actor": actor, "action": action, "subject": subject, "since": since, "until": until, "before": before
    }  # fmt: skip
    return [
        Entry(
            sequence=entry.sequence,
            at=entry.at,
            actor=entry.note.actor,
            action=entry.note.action,
            subject=entry.note.subject,
            lane=entry.note.lane,
            address=entry.note.address,
            detail=dict(entry.note.detail),
            previous=entry.previous,
            digest=entry.digest,
        )
        for entry in shell_of(request).store.newest_entries(wanted, most)
    ]
