"""Listens to the database for every open page of this process."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import AsyncConnection

from services.console.stream.box import Box
from services.console.stream.change import CHANNEL, NOUNS, REACHABLE, UNREACHABLE, told
from services.runtime.logs import logger

_log = logger("console.stream")
_CHECK_S = 2.0
_AGAIN_S = 0.5
_CONNECT_S = 3


class Listener:
    """One connection that listens, shared by all post boxes. It begins with the first page and goes on until ``close``.

    With the database away every page is told ``unreachable`` at once and asked to come back; when it is there again every page is told ``reachable``
    and that everything may have changed, for what happened meanwhile was heard by nobody.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._boxes: set[Box] = set()
        self._task: asyncio.Task[None] | None = None
        self.is_reachable = True
        self._is_listening = False
        self._epoch = 0
        self._changes: dict[str, int] = {}

    def stamp(self, lane: str) -> tuple[int, int] | None:
        """Differs once anything was told of the lane, or may have been missed; None while nothing is heard. May be asked from any thread."""
        return (self._epoch, self._changes.get(lane, 0)) if self._is_listening else None

    @contextmanager
    def box(self, lane: str) -> Iterator[Box]:
        """A post box for a page, for as long as it is open."""
        box = Box(lane)
        self._boxes.add(box)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run(), name="console-listener")
        if not self.is_reachable:
            box.put((UNREACHABLE,))
        try:
            yield box
        finally:
            self._boxes.discard(box)

    async def close(self) -> None:
        """Stop listening."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        is_first = True
        while True:
            try:
                await self._listen(is_first=is_first)
            except (psycopg.Error, TimeoutError, OSError) as error:
                self._lost(error)
                await asyncio.sleep(_AGAIN_S)
            is_first = False

    def _lost(self, error: Exception) -> None:
        self._is_listening = False
        if self.is_reachable:
            _log.warning("console cannot listen to the database", why=str(error).strip())
        self.is_reachable = False
        self._tell(UNREACHABLE)

    async def _listen(self, *, is_first: bool) -> None:
        """Listen until the connection breaks. The server is asked now and then whether it is still there: a silent network says nothing."""
        connection = await AsyncConnection.connect(
            self._url, autocommit=True, connect_timeout=_CONNECT_S, application_name="lianjing-console-stream"
        )
        async with connection:
            await connection.execute(f"LISTEN {CHANNEL}".encode())
            self._epoch += 1
            self._is_listening = True
            if not (is_first and self.is_reachable):
                self.is_reachable = True
                self._tell(REACHABLE, *NOUNS)
            while True:
                async for notice in connection.notifies(timeout=_CHECK_S):
                    change = told(notice.payload)
                    if change is None:
                        continue
                    self._changes[change.lane] = self._changes.get(change.lane, 0) + 1
                    for box in list(self._boxes):
                        box.take(change)
                await asyncio.wait_for(connection.execute(b"SELECT 1"), _CHECK_S)

    def _tell(self, *events: str) -> None:
        for box in list(self._boxes):
            box.put(events)
