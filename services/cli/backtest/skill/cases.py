"""One played scenario beside its truth: events and episodes by account, and the cases of the forecasts."""

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from detectors.skill import Episode, Event, Outcome, merged, outcomes, spells
from detectors.skill.baselines import hours_by_line
from services.cli.backtest.skill.ground import BLOCKED, GRAVER, STARVED, Key
from services.cli.backtest.skill.play import ISSUE_H, STOCK_AHEAD, Played
from services.cli.backtest.skill.truth import Facts
from services.intake.scenario.verdict import Verdict

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
RISKS = ("cover", "line", "persistence", "hours")


class Side(Struct, frozen=True):
    """Events and episodes of one class over its ``keys``. ``before``: events that had begun when judging began; they count
    nowhere, nor do warnings of them."""

    keys: tuple[Key, ...]
    events: list[Event]
    episodes: list[Episode]
    before: list[Event]


class Cases(Struct, frozen=True):
    """Columns over the forecasts that can be verified: place in issues × accounts, outcome, and risk by the simple rules (higher is worse)."""

    issue: Ints
    account: Ints
    hours: Floats
    left_h: Floats
    risk: dict[str, Floats]


def first_side(played: Played, facts: Facts) -> Side:
    """The class that targets apply to: (node, product, hazard)."""
    keys = list(played.ground.keys)
    keys += sorted({_key(v) for v in facts.truth.breaks} - set(keys))
    number = {k: i for i, k in enumerate(keys)}
    return _side(tuple(keys), _events(facts.truth.breaks, number), _episodes(played, number), played.from_h)


def graver_side(played: Played, facts: Facts) -> Side:
    """The graver class: nodes whose output or service fell short; any warning of a node speaks for it."""
    nodes = sorted({k[0] for k in played.ground.keys} | {v.event.node for v in facts.truth.graver})
    product = {v.event.node: v.event.product for v in facts.truth.graver}
    keys = tuple((n, product.get(n, ""), GRAVER) for n in nodes)
    number = {k: i for i, k in enumerate(keys)}
    of_node = {key: number[(key[0], product.get(key[0], ""), GRAVER)] for key in played.steps}
    return _side(keys, _events(facts.truth.graver, number), merged(_episodes(played, of_node)), played.from_h)


def _side(keys: tuple[Key, ...], events: list[Event], episodes: list[Episode], from_h: float) -> Side:
    before = [e for e in events if e.hour <= from_h]
    ends = [(e.account, e.hour + e.lasted_h) for e in before]
    counted = [e for e in episodes if not any(e.account == account and e.opened < end for account, end in ends)]
    return Side(keys, [e for e in events if e.hour > from_h], counted, before)


def _key(verdict: Verdict) -> Key:
    return (verdict.event.node, verdict.event.product, verdict.event.kind.value)


def _events(verdicts: list[Verdict], number: dict[Key, int]) -> list[Event]:
    return [
        Event(
            account=number[_key(v)],
            hour=float(v.event.hour),
            lasted_h=float(v.event.hours),
            causes=tuple(v.causes),
            shown_h=v.shown_hour,
            is_foreseeable=v.is_foreseeable,
        )
        for v in verdicts
    ]


def _episodes(played: Played, number: dict[Key, int]) -> list[Episode]:
    found = []
    for key, steps in played.steps.items():
        cause = next((s.cause for s in steps if s.is_warning), "")
        found += spells(number[key], [(s.hour, s.is_warning) for s in steps], cause)
    return found


def outcome_of(played: Played, side: Side) -> Outcome:
    """Outcomes of all forecasts of a play, for the accounts that are judged."""
    judged = len(played.ground.keys)
    events = [e for e in (*side.before, *side.events) if e.account < judged]
    return outcomes(events, judged, played.forecasts.issued.tolist(), played.until_h)


def cases_of(played: Played, outcome: Outcome) -> Cases:
    """The cases at stake, with the risk numbers."""
    given, ground = played.forecasts, played.ground
    margin = ground.margin(given.observed)
    risks = {
        "cover": -margin / ground.daily,
        "line": -hours_by_line(given.issued, margin),
        "persistence": np.where(np.isnan(margin), np.nan, (margin <= 0).astype(np.float64)),
        "hours": np.where(given.is_unknown, np.nan, -given.time[:, :, 1]),
    }
    issue, account = np.nonzero(outcome.is_at_stake)
    return Cases(
        issue=issue,
        account=account,
        hours=outcome.hours[issue, account],
        left_h=outcome.left_h[issue],
        risk={name: values[issue, account] for name, values in risks.items()},
    )


def actual_stock(played: Played, facts: Facts) -> Floats:
    """True stock at each issue plus STOCK_AHEAD, issues × accounts × ahead; NaN beyond the record."""
    places = np.array([facts.places.get(k[:2], -1) for k in played.ground.keys])
    issued = played.forecasts.issued
    found = np.full((len(issued), len(places), len(STOCK_AHEAD)), np.nan)
    for a, ahead in enumerate(STOCK_AHEAD):
        row = np.round((issued + float(ahead) - facts.hours[0]) / ISSUE_H).astype(np.int64)
        is_there = (row >= 0) & (row < len(facts.hours))
        found[is_there, :, a] = np.where(places >= 0, facts.stock[row[is_there]][:, places], np.nan)
    return found


__all__ = ["BLOCKED", "STARVED", "Cases", "Side", "actual_stock", "cases_of", "first_side", "graver_side", "outcome_of"]
