"""The press: makes papers in a thread of its own, one after the other, and keeps them where every console finds them."""

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, LiteralString

from msgspec import Struct

from services.console.papers.papers import PAPERS
from services.console.papers.source import Ask, known
from services.console.shelf import Shelf
from services.runtime.clock import Clock
from services.runtime.document import as_pdf, as_word
from services.runtime.errors import LianjingError
from services.runtime.logs import logger

PATIENCE_S = 60
_KEPT = timedelta(days=400)
_ENTER = """INSERT INTO paper (paper_id, kind, lane, chain, since, until, asked_by, asked_at, stage)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, 'waiting')"""
_FORGET = "DELETE FROM paper WHERE asked_at < %s"
_STAGE = "UPDATE paper SET stage = %s, problem = %s WHERE paper_id = %s"
_DONE = "UPDATE paper SET stage = 'done', pdf = %s, docx = %s WHERE paper_id = %s"
_log = logger("press")


class Wish(Struct, frozen=True, kw_only=True):
    """Which paper, of which lane and chain, about which part of lane time, for whom."""

    kind: str
    lane: str
    chain: str
    since: datetime
    until: datetime
    person: str


class Press:
    """``order`` returns at once; how far a paper has come stands in its row. What fails says why there."""

    def __init__(self, shelf: Shelf, clock: Clock) -> None:
        self._shelf, self._clock = shelf, clock
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="press")

    def order(self, wish: Wish) -> str:
        """Enter the wish and begin soon; the paper's id. Raises UnreachableError."""
        paper_id, now = secrets.token_hex(8), self._clock.now()
        period = (wish.since, wish.until)
        with self._shelf.writing() as connection:
            connection.execute(_FORGET, (now - _KEPT,))
            connection.execute(_ENTER, (paper_id, wish.kind, wish.lane, wish.chain, *period, wish.person, now))
        self._worker.submit(self._make, paper_id, wish)
        return paper_id

    def wait(self) -> None:
        """Until everything ordered so far is made; for tests."""
        self._worker.submit(bool).result()

    def close(self) -> None:
        """Make nothing more; what is being made is finished."""
        self._worker.shutdown(wait=True, cancel_futures=True)

    def _make(self, paper_id: str, wish: Wish) -> None:
        try:
            self._note(paper_id, "reading")
            with asking(self._shelf, PATIENCE_S) as ask:
                found = known(ask, wish.lane, wish.since, wish.until)
            self._note(paper_id, "setting")
            document = PAPERS[wish.kind](found)
            pdf, docx = as_pdf(document), as_word(document)
            with self._shelf.writing() as connection:
                connection.execute(_DONE, (pdf, docx, paper_id))
        except LianjingError as error:
            self._fail(paper_id, str(error))
        except Exception as error:  # noqa: BLE001  # the outermost loop of a thread: a paper that cannot be made must say so
            _log.exception("a paper could not be made", paper=paper_id, kind=wish.kind)
            self._fail(paper_id, f"制作失败 it could not be made: {type(error).__name__}")

    def _note(self, paper_id: str, stage: str, problem: str = "") -> None:
        with self._shelf.writing() as connection:
            connection.execute(_STAGE, (stage, problem, paper_id))

    def _fail(self, paper_id: str, problem: str) -> None:
        try:
            self._note(paper_id, "failed", problem)
        except LianjingError as error:
            _log.warning("a paper failed and its row could not be reached", paper=paper_id, why=str(error))


@contextmanager
def asking(shelf: Shelf, seconds: int) -> Iterator[Ask]:
    """Questions about one moment that may take longer than those of a page. Raises UnreachableError."""
    with shelf.reading() as connection:
        connection.execute("SELECT set_config('statement_timeout', %s, true)", (f"{seconds}s",))

        def ask(query: LiteralString, arguments: tuple[object, ...]) -> list[dict[str, Any]]:
            return connection.execute(query, arguments).fetchall()

        yield ask
