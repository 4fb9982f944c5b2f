"""``/audit``: who changed what, the newest first, with filters; whether the log is whole."""

from datetime import date, datetime, time, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from services.console.access.audit import first_break
from services.console.access.audit_words import action_words
from services.console.moment import SHANGHAI
from services.console.page import page, part
from services.console.routes.guard import Auditing
from services.console.shell import shell_of

router = APIRouter()
Auditor = Auditing
Word = Annotated[str, Query(max_length=80, pattern=r"^[^\x00]*$")]
_MOST = 100
_ACTIONS = "SELECT DISTINCT action FROM audit ORDER BY action LIMIT 100"


@router.get("/audit")
def show(
    request: Request,
    person: Auditor,
    actor: Word = "",
    action: Word = "",
    subject: Word = "",
    since: Annotated[str, Query(pattern=r"^(\d{4}-\d{2}-\d{2})?$")] = "",
    until: Annotated[str, Query(pattern=r"^(\d{4}-\d{2}-\d{2})?$")] = "",
    before: Annotated[int, Query(ge=0, le=2**62)] = 0,
) -> HTMLResponse:
    """Entries that fit, a hundred at a time. Days are those of Beijing, both included."""
    del person
    shell = shell_of(request)
    wanted = {
        "actor": actor,
        "action": action,
        "subject": subject,
        "since": _midnight(since),
        "until": _midnight(until, days=1),
        "before": before,
    }
    entries = shell.store.newest_entries(wanted, _MOST)
    typed = {"actor": actor, "action": action, "subject": subject, "since": since, "until": until}
    actions = [row["action"] for row in shell.shelf.rows(_ACTIONS)]
    older = entries[-1].sequence if len(entries) == _MOST else 0
    return page(request, "audit.html", entries=entries, typed=typed, actions=actions, older=older, words=action_words)


@router.get("/audit/verify")
def verify(request: Request, person: Auditor) -> HTMLResponse:
    """Walk along the whole log."""
    del person
    return part(request, "_audit_verdict.html", broken=first_break(shell_of(request).store.entries()))


def _midnight(day: str, days: int = 0) -> datetime | None:
    """The beginning of a day in Beijing; None for none, and for a day that no calendar has."""
    try:
        return datetime.combine(date.fromisoformat(day), time(), SHANGHAI) + timedelta(days=days) if day else None
    except (ValueError, OverflowError):
        return None
