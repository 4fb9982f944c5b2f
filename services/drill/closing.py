"""A real red alert has started: the drill ends itself, everybody is told and acknowledges, open drill tasks are void. Pure."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from schemas.alert import Alert
from schemas.drill import DrillEventKind
from schemas.run import RunState
from services.drill.effect import CloseLane, Effect, Order
from services.drill.giving import aborted_text
from services.drill.phase import Phase
from services.runtime.debrief.scoring import open_expectations

if TYPE_CHECKING:  # conduct closes by these, so it imports them
    from services.drill.conduct import Conduct

REMIND_AFTER = timedelta(seconds=60)
PATIENCE = timedelta(minutes=10)


def abort(conduct: "Conduct", alert: Alert, wall: datetime) -> list[Effect]:
    """Letters first, then what is void, then the lane."""
    words = aborted_text(alert.headline_zh, alert.headline_en)
    detail = {
        "episode": alert.episode,
        "node": alert.node,
        "product": alert.product,
        "known_at": alert.known_at.isoformat(),
    }
    effects: list[Effect] = conduct.tell(conduct.plan.roster, "abort", words)
    effects.append(conduct.emit(DrillEventKind.ABORTED, wall, subject=alert.episode, words=words, detail=detail))
    effects += void(conduct, wall, "演练中止，转入实战 drill aborted, real event")
    conduct.clock = conduct.clock.paused(wall)
    effects.append(CloseLane(conduct.lane))
    conduct.phase = Phase.CLOSING
    conduct.absent = {m.id: m for m in conduct.plan.roster}
    conduct.asked_at = conduct.closing_at = wall
    return effects


def void(conduct: "Conduct", wall: datetime, why: str) -> list[Effect]:
    """What nobody has done yet is void, and the playbooks that run in the lane are ended with their tasks."""
    zh, en = f"作废：{why}", f"void: {why}"
    effects: list[Effect] = [
        conduct.emit(
            DrillEventKind.VOID, wall, actor=x.member, subject=x.id, words=(f"{x.text_zh} {zh}", f"{x.text_en} {en}")
        )
        for x in open_expectations(conduct.plan, conduct.events)
    ]
    running = [r for r in conduct.runs.values() if r.state is RunState.RUNNING]
    return effects + [Order(conduct.lane, "playbook.end", {"run": r.run_id}, why) for r in running]


def acknowledge(conduct: "Conduct", member: str, wall: datetime) -> list[Effect]:
    """A member has read that the drill is aborted; once all have, it is over."""
    person = conduct.absent.pop(member, None)
    if person is None:
        return []
    words = (f"{person.name} 已签收：演练中止，转入实战", f"{person.name} acknowledged the abort")
    if not conduct.absent:
        conduct.phase = Phase.OVER
    return [conduct.emit(DrillEventKind.ACKNOWLEDGED, wall, actor=member, words=words)]


def remind(conduct: "Conduct", wall: datetime) -> list[Effect]:
    """Every minute those who have not acknowledged are told again; after ten minutes it is noted who has not."""
    if wall - conduct.closing_at >= PATIENCE:
        return give_up(conduct, wall)
    if wall - conduct.asked_at < REMIND_AFTER:
        return []
    conduct.asked_at = wall
    words = (
        "再次提醒：演练中止，转入实战，请立即签收",
        "again: the drill is aborted, turn to the real event and acknowledge",
    )
    return conduct.tell(conduct.absent.values(), f"abort.{wall.isoformat()}", words)


def give_up(conduct: "Conduct", wall: datetime) -> list[Effect]:
    """Wait for nobody any more: who has not acknowledged is named, so that he is called."""
    conduct.phase = Phase.OVER
    missing, conduct.absent = list(conduct.absent.values()), {}
    return [
        conduct.emit(
            DrillEventKind.UNACKNOWLEDGED,
            wall,
            actor=m.id,
            words=(f"{m.name} 未签收中止消息，请电话叫应", f"{m.name} has not acknowledged the abort: call"),
        )
        for m in missing
    ]
