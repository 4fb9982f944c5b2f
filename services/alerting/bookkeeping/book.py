"""What the ledger has to say that it does not say yet. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

import msgspec
from msgspec import Struct, structs

from schemas.alert import Alert
from schemas.alert_command import Confirm
from schemas.assessment import Hazard
from schemas.chain import Chain
from schemas.command import Command
from schemas.outcome import Outcome, Verdict
from services.alerting.outcome_rule import Place, is_same, outcomes

Observed = Mapping[str, Sequence[tuple[datetime, float, datetime]]]
"""By series: observations in order, each with value and when it was known."""


class Page(Struct, frozen=True, kw_only=True):
    """One lane as the tables hold it: its chain, observations of stocks, steps of its episodes, newest entries of the ledger, verdicts of people."""

    lane: str
    chain: Chain
    observed: Observed
    alerts: Sequence[Alert]
    known: Mapping[str, Outcome]
    confirmations: Sequence[Command]


def news(page: Page) -> list[Outcome]:
    """Entries to publish: new ones, ones that later data changed, and ones that a person decided. A person's verdict is never changed by rule."""
    told = [o for place, episodes in _places(page) for o in outcomes(place, episodes)]
    found = [o for o in (_changed(page.known.get(o.outcome), o) for o in told) if o is not None]
    found += _vanished(page, {o.outcome for o in told})
    latest = dict(page.known) | {o.outcome: o for o in found}
    for command in page.confirmations:
        entry = _confirmed(latest, command)
        if entry is not None:
            latest[entry.outcome] = entry
            found.append(entry)
    return found


def _changed(known: Outcome | None, told: Outcome) -> Outcome | None:
    if known is None:
        return told
    if known.confirmed_by or is_same(known, told):
        return None
    return structs.replace(told, revision=known.revision + 1)


def _vanished(page: Page, told: set[str]) -> Iterator[Outcome]:
    """Breaks that were entered as missed and that corrected data no longer show; only where their time is still looked at."""
    begins = {series: rows[0][0] for series, rows in page.observed.items() if rows}
    series = {(s.node, s.product): s.id for s in page.chain.series if s.indicator == "stock"}
    for known in page.known.values():
        begin = begins.get(series.get((known.node, known.product), ""))
        is_seen = begin is not None and known.event_at is not None and known.event_at > begin
        if known.verdict is Verdict.MISSED and not known.confirmed_by and is_seen and known.outcome not in told:
            yield structs.replace(
                known,
                revision=known.revision + 1,
                verdict=Verdict.UNDECIDABLE,
                reason_zh="后到数据表明没有断链",
                reason_en="data that came late show no break",
            )


def _confirmed(latest: Mapping[str, Outcome], command: Command) -> Outcome | None:
    """The entry as a person decided it; None for a command that fits no entry."""
    try:
        order = msgspec.convert(command.arguments, Confirm, strict=False)
    except msgspec.ValidationError:
        return None
    known = latest.get(order.outcome)
    if known is None:
        return None
    return structs.replace(
        known,
        revision=known.revision + 1,
        verdict=order.verdict,
        known_at=command.issued_at,
        confirmed_by=command.actor,
        command_id=command.command_id,
        comment=command.reason,
    )


def _places(page: Page) -> Iterator[tuple[Place, list[list[Alert]]]]:
    """Every stock with the limits it can break, and every other place that was warned of, with its episodes."""
    episodes: dict[tuple[str, str, str], dict[str, list[Alert]]] = {}
    for alert in page.alerts:
        key = (alert.node, alert.product, alert.hazard.value)
        episodes.setdefault(key, {}).setdefault(alert.episode, []).append(alert)
    series = {(s.node, s.product): s.id for s in page.chain.series if s.indicator == "stock"}
    limits = dict(_limits(page.chain))
    for node, product, hazard in sorted(limits.keys() | episodes.keys()):
        place = Place(
            lane=page.lane,
            chain=page.chain.id,
            node=node,
            product=product,
            hazard=Hazard(hazard),
            limit=limits.get((node, product, hazard)),
            observed=page.observed.get(series.get((node, product), ""), ()),
        )
        yield place, _in_order(episodes.get((node, product, hazard), {}).values())


def _in_order(episodes: Iterable[list[Alert]]) -> list[list[Alert]]:
    return sorted((sorted(e, key=lambda a: a.sequence) for e in episodes), key=lambda e: e[0].opened_at)


def _limits(chain: Chain) -> Iterator[tuple[tuple[str, str, str], float]]:
    for stock in chain.stocks:
        if stock.role != "output":
            yield (stock.node, stock.product, Hazard.STARVED.value), stock.daily_use * stock.days_min
        if stock.role != "input" and stock.days_max > 0:
            yield (stock.node, stock.product, Hazard.BLOCKED.value), stock.daily_use * stock.days_max
