"""A playbook: when it starts and what is done then. Values only; a run keeps a copy."""

from enum import StrEnum

from msgspec import Struct

from schemas.lane import LaneKind
from schemas.level import Level, rank
from services.response.condition import Condition


class StepKind(StrEnum):
    """What a step does. People work on CALL, TASK and CONFER, decide on ASK, PUBLISH, RESPOND and RESERVE, see to a REPORT; the rest needs nobody."""

    NOTIFY = "notify"
    CALL = "call"
    TASK = "task"
    ASK = "ask"
    CONFER = "confer"
    PUBLISH = "publish"
    RESPOND = "respond"
    RESERVE = "reserve"
    REPORT = "report"
    WAIT = "wait"
    BRANCH = "branch"
    PARALLEL = "parallel"
    SUB_PLAN = "sub_plan"
    WHAT_IF = "what_if"
    REMEDY = "remedy"
    WEBHOOK = "webhook"


WORK = frozenset({StepKind.CALL, StepKind.TASK, StepKind.CONFER, StepKind.REPORT})
"""Kinds that one role works on."""
DECISIONS = frozenset({StepKind.ASK, StepKind.PUBLISH, StepKind.RESPOND, StepKind.RESERVE})
"""Kinds that roles agree to or refuse."""
QUESTIONS = frozenset({StepKind.WHAT_IF, StepKind.REMEDY})
"""Kinds that ask the risk stage."""


class ReportKind(StrEnum):
    """首报, 续报, 终报."""

    FIRST = "first"
    FOLLOW_UP = "follow_up"
    FINAL = "final"


class Start(StrEnum):
    """How a run begins: by an alert, by the price or other figure of a series, by a person, or only out of another plan."""

    ALERT = "alert"
    FIGURE = "figure"
    PERSON = "person"
    SUB_PLAN = "sub_plan"


class Step(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One step. It is taken once the run has reached ``from_level``, every step of ``after`` ended well, and the block it stands in chose its arm.

    ``within_minutes`` counts from then, in lane time; for a WAIT it is the longest wait, for a WHAT_IF or REMEDY the patience. ``overdue``: roles
    told one after the other when the deadline passed. ``quorum`` assents of different roles and persons are needed;
    ``is_dual``: of two different persons.
    ``block`` is the BRANCH or PARALLEL step around it, ``arm`` its place there. ``arms`` of a BRANCH: the condition of each arm, None for 否则.
    ``joins_any`` of a PARALLEL: one finished step is enough. ``undo_*``: what is done when the step is taken back.
    A REPORT goes ``to`` roles, a follow-up ``every_minutes``.
    """

    id: str
    kind: StepKind
    text_zh: str
    text_en: str
    roles: tuple[str, ...] = ()
    within_minutes: int | None = None
    from_level: Level = Level.NORMAL
    after: tuple[str, ...] = ()
    overdue: tuple[str, ...] = ()
    quorum: int = 1
    is_dual: bool = False
    may_delegate: bool = False
    undo_zh: str = ""
    undo_en: str = ""
    block: str = ""
    arm: int = 0
    arms: tuple[Condition | None, ...] = ()
    joins_any: bool = False
    until: Condition | None = None
    every_minutes: int | None = None
    report: ReportKind = ReportKind.FIRST
    to: tuple[str, ...] = ()
    response: str = ""
    playbook: str = ""
    endpoint: str = ""
    question: dict[str, str] = {}


class Figure(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A series and the values that start a run: above ``above`` or below ``below``. ``node`` is the place the run is about."""

    series: str
    node: str
    product: str
    level: Level
    above: float | None = None
    below: float | None = None

    def is_met(self, value: float) -> bool:
        """True for a value outside."""
        return (self.above is not None and value > self.above) or (self.below is not None and value < self.below)


class Trigger(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a run starts. Empty tuples mean any, of ``hazards`` any that is not of data. ``level`` UNKNOWN means 情况不明.
    ``path_kinds``: kinds of nodes of which one must
    stand on the cause path; ``cause_kinds``: kinds the first node of that path may be of; ``regions``: beginnings of GB/T 2260 codes."""

    level: Level
    hazards: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    path_kinds: tuple[str, ...] = ()
    lane_kinds: tuple[LaneKind, ...] = ()
    cause_kinds: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    start: Start = Start.ALERT
    figure: Figure | None = None


class Response(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A response level (I to IV), the role that approves its start, change and end, and the colour at which it starts by rule (III and IV only)."""

    level: str
    role: str
    by_rule: Level | None = None


class Publication(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who signs the official warning (正式预警) of this plan, and its scope unless another is stated."""

    role: str
    scope: str


class Playbook(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A plan. ``version`` is the stated version and a digest of the content, so that no change keeps the old name.

    ``overdue`` are the roles told of what is overdue where a step names none.
    """

    id: str
    name_zh: str
    name_en: str
    version: str
    basis: str
    trigger: Trigger
    steps: tuple[Step, ...]
    responses: tuple[Response, ...] = ()
    publication: Publication | None = None
    overdue: tuple[str, ...] = ()

    def step(self, name: str) -> Step | None:
        """The step of an id, None without one."""
        return next((step for step in self.steps if step.id == name), None)

    def response(self, level: str) -> Response | None:
        """What the plan says of a response level, None when nothing."""
        return next((each for each in self.responses if each.level == level), None)


RESPONSES = ("IV", "III", "II", "I")
"""Response levels, the gravest last. They are a scale of their own beside the colours."""
BY_APPROVAL_ONLY = frozenset({"I", "II"})


def is_at_least(level: Level, wanted: Level) -> bool:
    """True when ``level`` is ``wanted`` or graver; UNKNOWN is never."""
    height = rank(level)
    return height is not None and height >= (rank(wanted) or 0)
