"""What plans would have done in a past: which steps when, and what loss that would have avoided under stated assumptions. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from schemas.alert import Alert
from services.response.playbook import StepKind
from services.response.record import Change

Place = tuple[str, str, str]
"""Node, product and hazard."""


class Loss(Struct, frozen=True, kw_only=True):
    """Expected loss of a place as judged at a moment, in CNY over 30 d without help."""

    node: str
    product: str
    hazard: str
    at: datetime
    cny: float


class Assumptions(Struct, frozen=True):
    """Help that begins by ``lead_h`` before the break avoids the share ``effect`` of the loss still expected then; later help avoids nothing. Help at
    a place helps all places of its incident: a port loses nothing by itself, those it feeds do."""

    effect: float = 0.5
    lead_h: float = 24.0


class Taken(Struct, frozen=True, kw_only=True):
    """A step of a past run: minutes after the warning that it was taken, and how it ended."""

    step: str
    text_zh: str
    minutes: float
    outcome: str
    overdue: int


class Account(Struct, frozen=True, kw_only=True):
    """A run as it would have gone. ``helped_h``: hours from the warning to the first help; ``left_h``: hours left to the break then (None: none
    was forecast); ``loss_cny``: expected then at all places of the ``incident``; ``avoided_cny``: what the help is assumed to avoid of it."""

    run_id: str
    incident: str
    playbook: str
    name_zh: str
    node: str
    product: str
    started_at: datetime
    ended_at: datetime | None
    response: str
    steps: tuple[Taken, ...]
    helped_h: float | None
    left_h: float | None
    loss_cny: float | None
    avoided_cny: float


_HELP = frozenset({StepKind.RESERVE, StepKind.REMEDY, StepKind.TASK})


def accounts(
    changes: Sequence[Change], losses: Iterable[Loss], assumed: Assumptions, heard: Iterable[Alert] = ()
) -> list[Account]:
    """An account of each run, in the order they began. ``heard`` are all warnings of that past: they say which places an incident came to."""
    by_run: dict[str, list[Change]] = {}
    for change in changes:
        by_run.setdefault(change.after.run.run_id, []).append(change)
    known, places = sorted(losses, key=lambda loss: loss.at), _places(heard)
    found = (_account(own, known, places, assumed) for own in by_run.values())
    return sorted(found, key=lambda a: (a.started_at, a.run_id))


def avoided_by_all(found: Iterable[Account]) -> float:
    """What all runs together are assumed to avoid, in CNY: what is lost in an incident is avoided once, however many plans help."""
    most: dict[str, float] = {}
    for account in found:
        key = account.incident or account.run_id
        most[key] = max(most.get(key, 0.0), account.avoided_cny)
    return sum(most.values())


def _places(heard: Iterable[Alert]) -> dict[str, set[Place]]:
    found: dict[str, set[Place]] = {}
    for alert in heard:
        if alert.incident:
            found.setdefault(alert.incident, set()).add((alert.node, alert.product, alert.hazard.value))
    return found


def _account(changes: list[Change], losses: list[Loss], places: dict[str, set[Place]], assumed: Assumptions) -> Account:
    last, run = changes[-1].after, changes[-1].after.run
    helped = _helped_at(changes)
    alert = _heard_by(changes, helped)
    incident = alert.incident if alert is not None else ""
    own = {(run.node, run.product, alert.hazard.value)} if alert is not None else set()
    loss = _loss_at(losses, own | places.get(incident, set()), helped)
    left = _left_h(alert, helped)
    is_in_time = left is None or left >= assumed.lead_h
    return Account(
        run_id=run.run_id,
        incident=incident,
        playbook=run.playbook,
        name_zh=run.name_zh,
        node=run.node,
        product=run.product,
        started_at=run.started_at,
        ended_at=next((c.ended_at for c in changes if c.ended_at is not None), None),
        response=max((c.after.progress.response for c in changes), key=_height),
        steps=tuple(
            _taken(changes, name) for name in last.progress.steps if not name.startswith("@") and name in last.taken
        ),
        helped_h=(helped - run.started_at) / timedelta(hours=1) if helped is not None else None,
        left_h=left,
        loss_cny=loss,
        avoided_cny=assumed.effect * loss if helped is not None and loss is not None and is_in_time else 0.0,
    )


def _height(level: str) -> int:
    return {"": 0, "IV": 1, "III": 2, "II": 3, "I": 4}[level]


def _helped_at(changes: list[Change]) -> datetime | None:
    """When the first help was found, released, or proposed by those who work on it."""
    for change in changes:
        for event in change.events:
            step = change.after.playbook.step(event.step)
            is_help = step is not None and step.kind in _HELP
            if is_help and (event.kind in ("released", "done") or event.detail.get("outcome") == "found"):
                return event.at
    return None


def _heard_by(changes: list[Change], at: datetime | None) -> Alert | None:
    heard = [c.after.progress.alert for c in changes if c.after.progress.alert is not None]
    early = [alert for alert in heard if at is None or alert.as_of <= at]
    return early[-1] if early else None


def _left_h(alert: Alert | None, at: datetime | None) -> float | None:
    if alert is None or at is None or alert.hours_to_minimum_p50 is None:
        return None
    return alert.hours_to_minimum_p50 - (at - alert.as_of) / timedelta(hours=1)


def _loss_at(losses: list[Loss], places: set[Place], at: datetime | None) -> float | None:
    """The newest loss told of each place by then, together; None where none was told. Where a node has several goods or hazards at stake, its loss is
    told with each and counts once."""
    newest: dict[str, dict[Place, float]] = {}
    for loss in losses:
        place = (loss.node, loss.product, loss.hazard)
        if place in places and at is not None and loss.at <= at:
            newest.setdefault(loss.node, {})[place] = loss.cny
    return sum(max(told.values()) for told in newest.values()) if newest else None


def _taken(changes: list[Change], name: str) -> Taken:
    last = changes[-1].after
    step, state = last.playbook.step(name), last.progress.steps[name]
    events = [event for change in changes for event in change.events if event.step == name]
    return Taken(
        step=name,
        text_zh=step.text_zh if step is not None else name,
        minutes=(state.at - last.run.started_at) / timedelta(minutes=1),
        outcome=state.outcome or "open",
        overdue=sum(event.kind in ("overdue", "escalated") for event in events),
    )
