"""How often each office is interrupted: pages within ten minutes and a day, and whether it is a flood. Pure.

A page is one interruption of one office about one incident at one moment: places of an incident that change together make one page. More than ten
pages in ten minutes are a flood until there are fewer than five (ISA-18.2, IEC 62682).
"""

from collections import deque
from datetime import datetime, timedelta

from msgspec import Struct

from schemas.alert import Alert

WINDOW = timedelta(minutes=10)
DAY = timedelta(days=1)
FLOOD_FROM = 10
FLOOD_UNTIL = 5


class Page(Struct, frozen=True, order=True):
    """One interruption: when (lane time), whom, about which incident."""

    at: datetime
    office: str
    incident: str


def pages_of(alert: Alert) -> list[Page]:
    """The pages of a step; a hidden one interrupts nobody."""
    return [Page(alert.acted_at or alert.as_of, office, alert.incident) for office in alert.interrupts]


class Load(Struct, frozen=True):
    """Pages of an office in the last ten minutes and the last day of lane time, and whether it is flooded."""

    window: int
    day: int
    is_flooded: bool


class Budget:
    """Counts pages of one lane. Bounded by what one day brings."""

    def __init__(self) -> None:
        self._pages: dict[str, deque[Page]] = {}
        self._seen: set[Page] = set()
        self._flooded: set[str] = set()
        self._now: datetime | None = None

    def take(self, alert: Alert) -> None:
        """Count a step; a page told twice counts once."""
        at = alert.acted_at if alert.interrupts and alert.acted_at else alert.as_of
        self._now = max(at, self._now or at)
        for page in pages_of(alert):
            if page not in self._seen:
                self._seen.add(page)
                self._pages.setdefault(page.office, deque()).append(page)
        self._forget(self._now - DAY)

    def loads(self) -> dict[str, Load]:
        """By office; an office stays once it was paged."""
        found = {}
        for office, pages in self._pages.items():
            window = sum(self._now is not None and p.at > self._now - WINDOW for p in pages)
            is_flooded = window > FLOOD_FROM or (office in self._flooded and window >= FLOOD_UNTIL)
            (self._flooded.add if is_flooded else self._flooded.discard)(office)
            found[office] = Load(window, len(pages), is_flooded)
        return found

    def _forget(self, before: datetime) -> None:
        for pages in self._pages.values():
            while pages and pages[0].at <= before:
                self._seen.discard(pages.popleft())
