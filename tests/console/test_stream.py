"""What open pages are told: only of their lane, each noun once however often it changed, and whether the database is there."""

import asyncio
from collections.abc import Callable
from typing import Any

import psycopg

from services.console.access.person import Role
from services.console.stream.box import Box
from services.console.stream.change import NOUNS, REACHABLE, UNREACHABLE, Change, told
from services.console.stream.store import Listener
from tests.boards.conftest import NOW
from tests.console.conftest import Console

_TASK = """
INSERT INTO task (task_id, run_id, lane, step, title_zh, title_en, assignee, state, created_at)
VALUES (%s, %s, %s, 'call', '电话核实', 'call', 'duty: 值班员', 'open', %s)
"""


def _emptied(box: Box) -> list[str]:
    return asyncio.run(box.emptied(0.0))


def test_a_notification_that_is_none_of_ours_is_passed_over() -> None:
    assert told("alert live") == Change("alert", "live")
    assert told("alert") is None
    assert told("ghost live") is None
    assert told("") is None


def test_a_box_takes_what_concerns_its_page_once() -> None:
    box = Box("live")
    for change in (
        Change("alert", "live"),
        Change("alert", "live"),
        Change("task", "drill:b"),
        Change("lane", "drill:b"),
    ):
        box.take(change)
    assert _emptied(box) == ["alert", "lane"]
    assert _emptied(box) == []


def test_what_was_last_said_of_the_database_counts() -> None:
    box = Box("live")
    box.put((UNREACHABLE,))
    box.put((REACHABLE, "alert"))
    assert _emptied(box) == [REACHABLE, "alert"]


def test_changes_are_told_by_lane_with_their_commit(crisis: Any) -> None:
    async def hear() -> tuple[list[str], list[str]]:
        listener = Listener(crisis.url)
        with listener.box("live") as live, listener.box("drill:b") as drill:
            await _until_it_listens(crisis, live)
            async with await psycopg.AsyncConnection.connect(crisis.url) as writer:
                await writer.execute(_TASK.encode(), ("t-1", "run-live", "live", NOW))
                early = await live.emptied(0.2)
                await writer.commit()
                heard = await live.emptied(5.0)
            other = await drill.emptied(0.1)
        await listener.close()
        assert early == []
        return heard, [name for name in other if name != "command"]

    assert asyncio.run(hear()) == (["task"], [])


def test_a_database_that_goes_and_comes_back_is_told(crisis: Any) -> None:
    async def hear() -> tuple[list[str], list[str]]:
        listener = Listener(crisis.url)
        with listener.box("live") as box:
            await _until_it_listens(crisis, box)
            await asyncio.to_thread(crisis.stop)
            gone = await box.emptied(10.0)
            await asyncio.to_thread(crisis.start)
            back = await box.emptied(10.0)
            while REACHABLE not in back:
                back = await box.emptied(10.0)
        await listener.close()
        return gone, back

    gone, back = asyncio.run(hear())
    assert gone == [UNREACHABLE]
    assert set(back) == {REACHABLE, *NOUNS}


def test_the_stream_begins_with_everything_and_beats(console: Console, served: Callable[[], str]) -> None:
    import httpx

    cookies = dict(console.client(Role.VIEWER).cookies)
    seen: list[str] = []
    with httpx.stream("GET", f"{served()}/stream?lane=live", cookies=cookies, timeout=10) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        for line in answer.iter_lines():
            if line.startswith("event: "):
                seen.append(line.removeprefix("event: "))
            if set(seen) >= {"heartbeat", *NOUNS}:
                break


def test_a_foreign_lane_has_no_stream(console: Console) -> None:
    assert console.client(Role.VIEWER, chains=frozenset({"other"})).get("/stream?lane=live").status_code == 404


async def _until_it_listens(database: Any, box: Box) -> None:
    """A listener says nothing of when it begins: knock until it is heard."""
    async with await psycopg.AsyncConnection.connect(database.url, autocommit=True) as knocker:
        while not await box.emptied(0.2):
            await knocker.execute(b"SELECT pg_notify('lianjing_change', 'command live')")
        while await box.emptied(0.3):
            pass
