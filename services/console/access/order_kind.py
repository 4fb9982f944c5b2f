"""Which right each kind of command asks for. A kind that is not named here cannot be ordered from the console."""

from services.console.access.person import Person, Right

KINDS: dict[str, Right] = {
    "alert.acknowledge": Right.ACT,
    "alert.act": Right.ACT,
    "alert.close": Right.ACT,
    "alert.approve": Right.APPROVE,
    "alert.mute": Right.ADMINISTER,
    "alert.unmute": Right.ADMINISTER,
    "outcome.confirm": Right.APPROVE,
    "message.acknowledge": Right.ACT,
    "call.answered": Right.ACT,
    "task.done": Right.ACT,
    "task.delegate": Right.ACT,
    "playbook.start": Right.ACT,
    "playbook.undo": Right.ACT,
    "playbook.approve": Right.APPROVE,
    "playbook.refuse": Right.APPROVE,
    "playbook.respond": Right.ACT,
    "playbook.lift": Right.ACT,
    "playbook.end": Right.APPROVE,
    "risk.what_if": Right.ASK,
    "risk.key_links": Right.ASK,
    "risk.risk_points": Right.ASK,
    "risk.remedy": Right.ASK,
    "risk.balance": Right.ASK,
    "risk.blockages": Right.ASK,
    "risk.flows": Right.ASK,
    "rejection.resend": Right.PROVIDE,
    "shift.take": Right.ACT,
    "shift.hand": Right.ACT,
}

# To propose a response or its end is work; whether it comes is decided by the role that the plan names.

FAMILIES: dict[str, Right] = {"report.": Right.REPORT, "drill.": Right.DRILL, "contact.": Right.ADMINISTER}
"""Kinds that begin so, where they are not named above."""

OF_PLAYERS = ("drill.act", "drill.stop", "drill.mark")
"""What whoever may see may say: the director counts it only from those whom the plan of the drill names, and notes the rest as refused."""

OF_APPROVERS = ("drill.files", "drill.start")
"""What who approves may order, too: a drill without notice is started by its approver in person."""

OF_PROGRAMS = ("drill.roster",)
"""What the director alone says; no person orders it."""


def may_order(person: Person, kind: str) -> bool:
    """Whether the person has the right that a kind asks for; never for a kind that is not known here."""
    if (kind in OF_PLAYERS and person.may(Right.SEE)) or (kind in OF_APPROVERS and person.may(Right.APPROVE)):
        return True
    right = right_of(kind)
    return right is not None and person.may(right)


def right_of(kind: str) -> Right | None:
    """The right a kind asks for; None: it cannot be ordered here.

    >>> right_of("alert.approve"), right_of("report.event"), right_of("table.rebuild")
    (<Right.APPROVE: 'approve'>, <Right.REPORT: 'report'>, None)
    """
    if kind in OF_PROGRAMS:
        return None
    if kind in KINDS:
        return KINDS[kind]
    return next((right for beginning, right in FAMILIES.items() if kind.startswith(beginning)), None)
