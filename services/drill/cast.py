"""Scripted participants: what the plan lets them do, when its minute has come. Pure. They speak by commands, as people do."""

from msgspec import Struct

from schemas.drill import DrillEvent, DrillEventKind
from schemas.drill_plan import Plan, Step
from services.drill.acts import ABORT


class Said(Struct, frozen=True, kw_only=True, order=True):
    """One command of a scripted participant, due at a minute of drill time."""

    minute: float
    actor: str
    kind: str
    arguments: dict[str, str]
    reason: str = ""


class Cast:
    """Hears the drill's own events and says what is due. Without ``acts`` in the plan it is silent, but for acknowledging an abort."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._coming: list[Said] = []

    def hear(self, event: DrillEvent) -> None:
        """Take one event of the drill in."""
        if event.kind is DrillEventKind.INJECT:
            self._coming += self._answers(event)
        elif event.kind is DrillEventKind.REWOUND:
            back_to = float(event.detail["to"])
            self._coming = [s for s in self._coming if s.minute < back_to]
        elif event.kind is DrillEventKind.ABORTED:
            arguments = {"step": Step.ACKNOWLEDGE.value, "on": ABORT}
            self._coming = [
                Said(minute=0.0, actor=m.id, kind="drill.act", arguments=arguments) for m in self._plan.roster
            ]
        elif event.kind in (DrillEventKind.ENDED, DrillEventKind.STOPPED):
            self._coming = []

    def due(self, minute: float) -> list[Said]:
        """What is said by now, in order of time; each once."""
        found = sorted((s for s in self._coming if s.minute <= minute), key=lambda s: (s.minute, s.actor))
        self._coming = [s for s in self._coming if s.minute > minute]
        return found

    def _answers(self, event: DrillEvent) -> list[Said]:
        scripted = {a.expectation: a for a in self._plan.acts}
        return [
            _said(event, x.member, x.step, event.minute + scripted[x.id].after_minutes, scripted[x.id].note)
            for x in self._plan.expected_of(event.subject)
            if x.id in scripted
        ]


def _said(event: DrillEvent, member: str, step: Step, minute: float, note: str) -> Said:
    """An awaited warning is acknowledged by the command of the live system, everything else by the drill's own."""
    episode = event.detail.get("episode", "")
    if episode and step is Step.ACKNOWLEDGE:
        return Said(minute=minute, actor=member, kind="alert.acknowledge", arguments={"episode": episode}, reason=note)
    arguments = {"step": step.value, "on": event.subject}
    return Said(minute=minute, actor=member, kind="drill.act", arguments=arguments, reason=note)
