"""The post box of one open page: which events wait for it. Bounded, for an event that waits already is not put in twice."""

import asyncio
from collections.abc import Iterable

from services.console.stream.change import REACHABLE, UNREACHABLE, Change

EVERY_LANE = ("lane",)
"""Nouns that concern every page, whatever lane it shows: a lane opened or closed."""


class Box:
    """What waits for a page that shows one lane. Used within one event loop."""

    def __init__(self, lane: str) -> None:
        self.lane = lane
        self._waiting: dict[str, None] = {}
        self._filled = asyncio.Event()

    def take(self, change: Change) -> None:
        """Put in a change if it concerns the page."""
        if change.lane == self.lane or change.noun in EVERY_LANE:
            self.put((change.noun,))

    def put(self, events: Iterable[str]) -> None:
        """Put in events. What was last said of the database counts."""
        for event in events:
            self._waiting.pop({REACHABLE: UNREACHABLE, UNREACHABLE: REACHABLE}.get(event, event), None)
            self._waiting[event] = None
        if self._waiting:
            self._filled.set()

    async def emptied(self, timeout_s: float) -> list[str]:
        """All events that wait, in the order they came, as soon as there is one; none after ``timeout_s``."""
        if not self._waiting:
            try:
                await asyncio.wait_for(self._filled.wait(), timeout_s)
            except TimeoutError:
                return []
        events, self._waiting = list(self._waiting), {}
        self._filled.clear()
        return events
