"""``/stream``: tells an open page what changed in its lane (server-sent events), and every five seconds that server and database are still there."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import msgspec
from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse
from msgspec import Struct
from starlette.concurrency import run_in_threadpool

from services.console.access.secrets import digest_of
from services.console.access.session import is_alive
from services.console.errors import UnknownError
from services.console.page import lane_of, pulse_of
from services.console.reading.lane import LaneView, chosen, lanes
from services.console.routes.guard import Seeing
from services.console.shell import Shell, shell_of
from services.console.stream.change import HEARTBEAT, NOUNS, SIGNED_OUT
from services.console.stream.store import Listener
from services.runtime.clock import Clock
from services.runtime.errors import UnreachableError

router = APIRouter()
BEAT_S = 5.0
_SPACING_S = 0.25
"""So long changes are gathered before the next event: a replay at speed changes faster than a page can draw."""
_ADMISSION_EVERY = 6
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class Beat(Struct, frozen=True, kw_only=True):
    """What a heartbeat says. ``now`` is the lane's time at ``wall``; data and judgement are null while the database is away."""

    wall: datetime
    now: datetime
    rate: float
    data_until: datetime | None = None
    judged_at: datetime | None = None
    is_reachable: bool = True


@router.get("/stream")
async def stream(request: Request, person: Seeing) -> StreamingResponse:
    """Events: the nouns that changed in the lane, ``heartbeat``, ``unreachable`` and ``reachable`` of the database; ``signed-out`` at the end."""
    del person
    lane = await run_in_threadpool(lane_of, request)
    if lane is None:
        raise UnknownError("还没有泳道", "there is no lane yet")
    listener: Listener = request.app.state.listener
    return StreamingResponse(_events(request, lane, listener), media_type="text/event-stream", headers=_HEADERS)


async def _events(request: Request, lane: LaneView, listener: Listener) -> AsyncIterator[bytes]:
    shell, loop = shell_of(request), asyncio.get_running_loop()
    read_at = shell.clock.now()
    with listener.box(lane.name) as box:
        box.put(NOUNS)  # what changed between the page's questions and now was heard by nobody
        yield b"retry: 1000\n\n"
        beats, next_beat = 0, loop.time()
        while True:
            if loop.time() >= next_beat:
                next_beat = loop.time() + BEAT_S
                beats += 1
                if beats % _ADMISSION_EVERY == 0 and not await run_in_threadpool(_is_admitted, request, shell):
                    yield event(SIGNED_OUT)
                    return
                yield event(HEARTBEAT, msgspec.json.encode(await _beat(request, lane, read_at)))
            names = await box.emptied(max(0.0, next_beat - loop.time()))
            if "lane" in names:
                lane, read_at = await run_in_threadpool(_read_again, shell, lane), shell.clock.now()
            if names:
                yield b"".join(event(name) for name in names)
                await asyncio.sleep(_SPACING_S)


def event(name: str, data: bytes = b"{}") -> bytes:
    """One event as it goes over the wire.

    >>> event("alert")
    b'event: alert\\ndata: {}\\n\\n'
    """
    return b"event: %s\ndata: %s\n\n" % (name.encode(), data)


async def _beat(request: Request, lane: LaneView, read_at: datetime) -> Beat:
    shell = shell_of(request)
    now = lane_now(lane, read_at, shell.clock)
    rate = 0.0 if lane.closed_at else lane.rate
    try:
        found = await run_in_threadpool(pulse_of, request, lane)
    except UnreachableError:
        return Beat(wall=shell.clock.now(), now=now, rate=rate, is_reachable=False)
    return Beat(wall=shell.clock.now(), now=now, rate=rate, data_until=found.data_until, judged_at=found.judged_at)


def lane_now(lane: LaneView, read_at: datetime, clock: Clock) -> datetime:
    """What the lane's clock shows, from what it showed when it was read."""
    if lane.closed_at is not None:
        return lane.now
    return lane.now + timedelta(seconds=lane.rate * (clock.now() - read_at).total_seconds())


def _read_again(shell: Shell, lane: LaneView) -> LaneView:
    """The lane with its clock as it runs now: a drill may have been paused, or closed."""
    try:
        return chosen(lanes(shell.shelf), lane.name) or lane
    except UnreachableError:
        return lane


def _is_admitted(request: Request, shell: Shell) -> bool:
    """Whether the session goes on. Asking does not prolong it. A database that is away signs nobody out."""
    session = request.state.admitted.session
    if session is None:
        return True
    try:
        found = shell.store.session(digest_of(request.state.admitted.secret))
    except UnreachableError:
        return True
    if found is None or found[1].is_disabled:
        return False
    return is_alive(found[0], shell.clock.now())
