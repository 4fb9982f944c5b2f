"""What notices say: which are in force or ahead, where they hold, and how long what is disturbed may still last by them."""

import json
import math
from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from schemas.chain import Node
from services.risk.blueprint import Blueprint
from services.risk.evidence import HOUR_US, Evidence
from services.risk.state.priors import Priors
from services.runtime.chain.area import covers
from services.runtime.clock import to_us

_YELLOW = 2
_REMEMBERED_H = 240.0
_LONGEST_H = 720.0
_SEEN_WITHIN_H = 12.0
_FORGETS_H = 24.0
_CARRIERS = frozenset({"road_corridor", "rail_line"})


class Notice(Struct, frozen=True):
    """A notice in force or ahead: event, area, level, hours to onset (negative: since) and to the stated end."""

    event: str
    area: str
    level: int
    onset_h: float
    ends_h: float
    series: str


def notices(blueprint: Blueprint, evidence: Evidence, as_of_us: int) -> list[Notice]:
    """Notices of yellow and above that are in force, ahead, or ended within ten days: newest word of each series. One that was lifted ended then."""
    found = []
    for area, many in blueprint.hazards.items():
        for series in many:
            history = evidence.of(series.id)
            if history is None:
                continue
            told, lifted_us = history.newest_at_least(
                _YELLOW - 0.5, as_of_us, int((_REMEMBERED_H + _LONGEST_H) * HOUR_US)
            )
            if told is None:
                continue
            onset, ends = _span(told.detail or history.newest_detail(told.observed_us), as_of_us)
            if lifted_us is not None:
                lifted = (lifted_us - as_of_us) / HOUR_US
                ends = lifted if ends is None else min(ends, lifted)
            if ends is not None and ends > -_REMEMBERED_H:
                found.append(Notice(series.id.split(".")[1], area, round(told.value), onset, ends, series.id))
    return found


def _span(detail: str | None, as_of_us: int) -> tuple[float, float | None]:
    """Hours to onset and to the stated end; an end that is not stated is None."""
    try:
        told = json.loads(detail) if detail else {}
    except ValueError:
        told = {}
    hours = {}
    for name in ("onset", "expires", "until"):
        text = told.get(name) if isinstance(told, dict) else None
        try:
            moment = datetime.fromisoformat(text) if isinstance(text, str) else None
        except ValueError:
            moment = None
        if moment is not None and moment.tzinfo is not None:
            hours[name] = (to_us(moment) - as_of_us) / HOUR_US
    return hours.get("onset", 0.0), hours.get("until", hours.get("expires"))


def _counties(node: Node, blueprint: Blueprint, *, is_wide: bool) -> set[str]:
    """Where a node stands; of a carrier, wide, also the counties of those it takes goods from: a corridor is closed wherever it is closed."""
    if not is_wide or node.kind not in _CARRIERS:
        return {node.admin_code}
    account = blueprint.account[node.id, node.product]
    links = blueprint.structure.in_links[blueprint.arrival_of.get(account, account)]
    sources = (blueprint.places[blueprint.structure.links[k].source][0] for k in links)
    return {node.admin_code, *(blueprint.nodes[s].admin_code for s in sources)}


class Ending(Struct, frozen=True):
    """How long something may still last: hours to its announced end, or, once that has passed (``is_overdue``), the middle of how long it may still
    last; None: nothing was announced. ``weight`` is the chance that this is what holds."""

    ends_h: float | None
    is_overdue: bool
    weight: float


def endings(node: Node, since_h: float, told: Iterable[Notice], priors: Priors, blueprint: Blueprint) -> list[Ending]:
    """What the notices say of a disturbance that began ``since_h`` ago, likeliest first; empty without a notice that may speak of it.

    A notice counts the more, the nearer its onset lies to the beginning seen (reports come every twelve hours or so) and the fewer places it can
    speak of. Where none fits well the rest of the chance is that nothing was announced. A road or railway of whose own county nothing is said listens
    to the counties of those it takes goods from.
    """
    fits, found = _fitting(node, since_h, told, priors, blueprint, is_wide=False)
    if not found and node.kind in _CARRIERS:
        fits, found = _fitting(node, since_h, told, priors, blueprint, is_wide=True)
    if not found:
        return []
    best, total = max(fits), sum(weight for _, weight in found)
    told_endings = [Ending(*ending, best * weight / total) for ending, weight in found]
    if best < 1.0:
        told_endings.append(Ending(None, False, 1.0 - best))
    return sorted(told_endings, key=lambda e: -e.weight)


def _fitting(
    node: Node, since_h: float, told: Iterable[Notice], priors: Priors, blueprint: Blueprint, *, is_wide: bool
) -> tuple[list[float], list[tuple[tuple[float, bool], float]]]:
    """How well each notice fits that may speak of a disturbance, and what end it gives it with what weight."""
    fits, found = [], []
    for notice in told:
        prior = priors.notices.get(notice.event)
        if prior is None or notice.onset_h >= _FORGETS_H or notice.ends_h <= -since_h:
            continue
        able = [n for n in blueprint.nodes.values() if n.kind in prior.kinds]
        hit = [n.id for n in able if any(covers(notice.area, c) for c in _counties(n, blueprint, is_wide=is_wide))]
        if node.id not in hit:
            continue
        fit = math.exp(-max(0.0, abs(notice.onset_h + since_h) - _SEEN_WITHIN_H) / _FORGETS_H)
        left = notice.ends_h - prior.end_margin_h
        fits.append(fit)
        found.append(((left, False) if left > 0 else (prior.end_margin_h - left, True), fit / len(hit)))
    return fits, found
