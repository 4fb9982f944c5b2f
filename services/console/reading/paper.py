"""Papers that were asked for, and how far each has come."""

from datetime import datetime, timedelta

from msgspec import Struct

from services.console.access.person import Person
from services.console.shelf import Shelf

_COLUMNS = "SELECT paper_id, kind, lane, chain, since, until, asked_by, asked_at, stage, problem FROM paper"
_NEWEST = _COLUMNS + " WHERE (%(chains)s::text[] IS NULL OR chain = ANY(%(chains)s)) ORDER BY asked_at DESC LIMIT 100"
_ONE = _COLUMNS + " WHERE paper_id = %(paper)s"
_CONTENT = {
    "pdf": "SELECT pdf AS content FROM paper WHERE paper_id = %(paper)s AND stage = 'done'",
    "docx": "SELECT docx AS content FROM paper WHERE paper_id = %(paper)s AND stage = 'done'",
}
LOST_AFTER = timedelta(minutes=10)
_STEPS = {"waiting": 0, "reading": 1, "setting": 2, "done": 3, "failed": 3}
KINDS = {
    "handover": ("交接班单", "handover sheet"),
    "brief": ("值班快报", "brief"),
    "week": ("周报", "weekly report"),
    "month": ("月报", "monthly report"),
}


class Paper(Struct, frozen=True, kw_only=True):
    """A paper: what, of what, about when, who asked, how far it is."""

    paper_id: str
    kind: str
    lane: str
    chain: str
    since: datetime
    until: datetime
    asked_by: str
    asked_at: datetime
    stage: str
    problem: str

    @property
    def step(self) -> int:
        """Steps done, of three."""
        return _STEPS[self.stage]

    @property
    def words(self) -> tuple[str, str]:
        """What kind it is, in both languages."""
        return KINDS[self.kind]

    def is_lost(self, now: datetime) -> bool:
        """Whoever was making it is gone: it has to be asked for again."""
        return self.stage not in ("done", "failed") and now - self.asked_at > LOST_AFTER

    def is_awaited(self, now: datetime) -> bool:
        """It is still being made."""
        return self.stage not in ("done", "failed") and not self.is_lost(now)


def papers(shelf: Shelf, person: Person) -> list[Paper]:
    """The newest hundred about chains of the person, the newest first. Raises UnreachableError."""
    chains = None if person.chains is None else sorted(person.chains)
    return [Paper(**row) for row in shelf.rows(_NEWEST, {"chains": chains})]


def paper_of(shelf: Shelf, paper_id: str) -> Paper | None:
    """One paper. Raises UnreachableError."""
    row = shelf.row(_ONE, {"paper": paper_id})
    return None if row is None else Paper(**row)


def content_of(shelf: Shelf, paper_id: str, form: str) -> bytes | None:
    """The file of a paper that is done. Raises UnreachableError."""
    row = shelf.row(_CONTENT[form], {"paper": paper_id})
    return None if row is None else bytes(row["content"])
