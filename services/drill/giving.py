"""What is given to participants: messages, telephone scripts and notices about the drill itself. Only members of the roster, always marked. Pure."""

from collections.abc import Iterator

from schemas.drill import Member
from schemas.drill_plan import Inject, InjectKind, Plan
from services.drill.effect import Deliver, Letter
from services.runtime.debrief.marking import marked, script

STAND_INS = {"phone": "电话替身", "webhook": "回调替身", "reserve": "储备动用替身", "order": "调度指令替身"}
"""Built-in stand-ins: what a drill would do to the world outside is noted in its log and goes nowhere."""


def texts_of(inject: Inject, told: tuple[str, str] | None = None) -> tuple[str, str]:
    """What an inject says, marked; a telephone script opens and closes with 演练. ``told``: the headline of an awaited warning."""
    en = inject.text_en or inject.text_zh
    if inject.kind is InjectKind.PHONE:
        return script(inject.text_zh, en, inject.sender)
    if inject.kind is InjectKind.ALERT and told is not None:
        return marked(*told)
    return marked(f"{inject.sender}：{inject.text_zh}", f"{inject.sender}: {en}")


def letters_of(inject: Inject, plan: Plan, lane: str, number: int) -> Iterator[Deliver]:
    """One letter to each member of the audience; nobody else can be named. A telephone script is read to them by the controller."""
    zh, en = texts_of(inject)
    for name in inject.audience:
        member = plan.member(name)
        if member is None:
            continue
        yield Deliver(letter_to(member, f"{inject.id}.{number}", lane, zh, en))


def letter_to(member: Member, subject: str, lane: str, zh: str, en: str) -> Letter:
    """A letter about something to a member of the roster, marked."""
    marked_zh, marked_en = marked(zh, en)
    return Letter(
        id=f"{lane}/{subject}/{member.id}",
        lane=lane,
        member=member.id,
        recipient=f"{member.role} {member.name}",
        text_zh=marked_zh,
        text_en=marked_en,
    )


def opened_text(plan: Plan) -> tuple[str, str]:
    """What everybody is told when an announced drill begins."""
    word = plan.stop_word
    return marked(
        f"{plan.name_zh}开始。所有消息均为演练，不得对外转发。任何参演者说出口令“{word}”，演练立即停止。",
        f"{plan.name_en} begins. Every message is an exercise. Any participant may stop it by the word {word!r}.",
    )


def aborted_text(headline_zh: str, headline_en: str) -> tuple[str, str]:
    """What everybody is told when a real red alert starts."""
    return marked(
        f"演练中止，转入实战。请立即签收。真实险情：{headline_zh}",
        f"the drill is aborted, turn to the real event. Acknowledge at once. Real event: {headline_en}",
    )


def stopped_text(who: str) -> tuple[str, str]:
    """What everybody is told when somebody used the stop word."""
    return marked(
        f"演练停止（{who} 使用口令）。未完成的演练任务全部作废。",
        f"the drill is stopped by the word ({who}). Open drill tasks are void.",
    )
