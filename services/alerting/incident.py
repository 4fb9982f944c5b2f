"""One incident per root cause: which incident an episode belongs to, and its place in it. Pure.

An incident is named by its lane, its root and when it began, so that a replay names it the same and the order in which places of one tick are judged
does not matter. An episode stays with the cause it began by, whatever comes on top; one that began without a known cause joins when it learns of one.
"""

import hashlib
from collections.abc import Callable, Iterable
from datetime import datetime

from msgspec import Struct, structs

from schemas.alert import Alert, AlertState, Role

_DATA = "data:"
_MOST_HOPS = 5


Provider = Callable[[str], str]
"""Provider of a series, "" when it is not known."""


class _Incident(Struct):
    id: str
    members: set[str]


class Incidents:
    """Open incidents of all lanes. ``place`` gives a step its incident; ``recall`` takes over a step read back from the topic."""

    def __init__(self, provider_of: Provider) -> None:
        self._provider_of = provider_of
        self._open: dict[tuple[str, str], _Incident] = {}
        self._root_at: dict[tuple[str, str], str] = {}

    def recall(self, alert: Alert) -> None:
        """Take over a newest step of an episode."""
        if alert.incident and alert.state is not AlertState.CLOSED:
            self._join(alert)

    def place(self, previous: Alert | None, alert: Alert) -> Alert:
        """The step with its incident, root and role. ``previous`` is the step before of the same episode, None at its opening."""
        root = self._root_of(previous, alert)
        found = self._open.get((alert.lane, root))
        kept = previous.incident if previous is not None and previous.root == root else ""
        incident = kept or (found.id if found else incident_id(alert.lane, root, alert.as_of))
        role = Role.ROOT if root == alert.node or alert.hazard.is_of_data() else Role.SYMPTOM
        placed = structs.replace(alert, incident=incident, root=root, role=role)
        if previous is not None and previous.incident != incident:
            self._leave(previous)
        if placed.state is AlertState.CLOSED:
            self._leave(placed)
        else:
            self._join(placed)
        return placed

    def forget(self, alerts: Iterable[Alert]) -> None:
        """Drop episodes of a closed lane."""
        for alert in alerts:
            self._leave(alert)

    def _root_of(self, previous: Alert | None, alert: Alert) -> str:
        if alert.hazard.is_of_data():
            provider = next((p for p in map(self._provider_of, alert.series) if p), alert.node)
            return previous.root if previous is not None else f"{_DATA}{alert.hazard.value}:{provider}"
        told = alert.path[0] if alert.path else alert.node
        if previous is not None and previous.root != alert.node:
            return previous.root
        return told if told == alert.node else self._resolved(alert.lane, told)

    def _resolved(self, lane: str, node: str) -> str:
        """The root of the incident that a node is itself a symptom of."""
        for _ in range(_MOST_HOPS):
            further = self._root_at.get((lane, node), node)
            if further == node:
                break
            node = further
        return node

    def _join(self, alert: Alert) -> None:
        found = self._open.setdefault((alert.lane, alert.root), _Incident(alert.incident, set()))
        found.members.add(alert.episode)
        if not alert.hazard.is_of_data():
            self._root_at[(alert.lane, alert.node)] = alert.root

    def _leave(self, alert: Alert) -> None:
        found = self._open.get((alert.lane, alert.root))
        if found is not None:
            found.members.discard(alert.episode)
            if not found.members:
                del self._open[(alert.lane, alert.root)]
        if not alert.hazard.is_of_data() and self._root_at.get((alert.lane, alert.node)) == alert.root:
            del self._root_at[(alert.lane, alert.node)]


def incident_id(lane: str, root: str, began: datetime) -> str:
    """Name of the incident that a root cause opens.

    >>> from datetime import UTC
    >>> incident_id("live", "R_DQ", datetime(2026, 1, 1, tzinfo=UTC))
    'in-fb3a7991e345e005'
    """
    return "in-" + hashlib.sha256("|".join((lane, root, began.isoformat())).encode()).hexdigest()[:16]
