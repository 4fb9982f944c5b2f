"""The figures of the console bench, one after the other."""

import asyncio

from msgspec import Struct

from services.cli.bench.console import load, screen
from services.cli.bench.console.ground import HISTORY_DAYS, LARGE_NODES, ConsoleGround
from services.cli.bench.figures import Figures
from services.runtime.errors import UnreachableError


class Wanted(Struct, frozen=True, kw_only=True):
    """How much is measured."""

    sessions: int
    seconds: float
    think_s: float
    changes: int
    opens: int


def measure(wanted: Wanted) -> tuple[Figures, list[str]]:
    """All figures; those of the browser only where there is one, as the notes say. Raises UnreachableError when console or database do not start."""
    with ConsoleGround() as ground:
        seen, missing = _seen(ground, wanted)
        asked, streams = asyncio.run(
            load.ask(ground.url, ground.sessions(wanted.sessions), wanted.seconds, wanted.think_s)
        )
    notes = [
        f"live: {len(ground.chains['live'].nodes)} nodes with {HISTORY_DAYS} days of judgements; large: {LARGE_NODES} nodes",
        f"{wanted.sessions} sessions, each with a stream ({streams} open at the end), a question each {wanted.think_s:g} s for {wanted.seconds:g} s",
        "overview: the whole page; map: /api/v1/map/state; incident: the whole page",
        "change_to_event: from the commit of a warning to its event in an open page; change_to_page: to its line on the overview",
        "*_ready: from navigation to loaded (overview) or painted (map), in chromium without GPU on this machine, console and database beside it",
    ]
    return {**asked, **seen}, [*notes, *missing]


def _seen(ground: ConsoleGround, wanted: Wanted) -> tuple[Figures, list[str]]:
    try:
        with screen.chromium(ground) as context:
            return {
                **screen.openings(ground, context, wanted.opens),
                **screen.panning(ground, context),
                **screen.changes(ground, context, wanted.changes),
            }, []
    except UnreachableError as error:
        return {}, [f"no figures of the browser: {error}"]
