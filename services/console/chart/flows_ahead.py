"""What links will carry, as risk last answered: the widths of the map at a later hour. Pure."""

from datetime import datetime

from msgspec import Struct

from schemas.chain import Chain
from services.console.chart.map_state import BLOCKED_BELOW
from services.console.reading.answer import Answered
from services.console.reading.assessment import OLD


class LinkAhead(Struct, frozen=True, kw_only=True):
    """A link by its number in the chain, and what it takes in on each day."""

    link: int
    days: list[float]


class FlowsAhead(Struct, frozen=True, kw_only=True):
    """Days count from ``as_of``, ``age_h`` hours before now; without links nobody knows. ``is_stale``: ask anew. ``problem`` says why the question
    asked last has no answer. Below the share ``hindered_below`` of its normal flow a link counts as hindered."""

    as_of: datetime | None = None
    age_h: float = 0.0
    is_stale: bool = True
    problem: str = ""
    hindered_below: float = BLOCKED_BELOW
    links: list[LinkAhead] = []


def flows_ahead(chain: Chain, answer: Answered | None, asked: Answered | None, now: datetime) -> FlowsAhead:
    """The flows of the newest answer. One older than a judgement may be tells nothing; links that the chain no longer has are left out."""
    problem = asked.problem if asked is not None else ""
    if answer is None or answer.as_of is None or now - answer.as_of > OLD:
        return FlowsAhead(problem=problem)
    number = {(k.source, k.target, k.product): i for i, k in enumerate(chain.links)}
    rows = ((number.get((r["source"], r["target"], r["product"])), r["days"]) for r in answer.body["rows"])
    return FlowsAhead(
        as_of=answer.as_of,
        age_h=round(max(0.0, (now - answer.as_of).total_seconds() / 3600), 2),
        is_stale=answer.is_stale(now),
        problem=problem,
        links=[LinkAhead(link=link, days=days) for link, days in rows if link is not None],
    )
