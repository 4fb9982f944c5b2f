"""What the organiser or a participant does to a running drill: pause, resume, step, rewind, rate, give, end, and the stop word. Pure."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from schemas.command import Command
from schemas.drill import DrillEventKind
from schemas.drill_plan import InjectKind
from services.drill import closing
from services.drill.effect import Effect
from services.drill.giving import stopped_text
from services.drill.phase import Phase

if TYPE_CHECKING:  # conduct obeys these, so it imports them
    from services.drill.conduct import Conduct

STANDING = 1e-6
"""Rate of a lane's clock that stands: a lane wants one above 0, and this is a second in eleven days."""
MOST_RATE = 1000.0


def pause(conduct: "Conduct", command: Command, wall: datetime) -> list[Effect]:
    """Stand still; a paused drill stays as it is."""
    if conduct.clock.is_paused:
        return [conduct.refuse(command, wall, "时钟未走 the clock does not run")]
    return conduct.set_clock(conduct.clock.paused(wall), wall, ("演练暂停", "paused"), command.actor)


def resume(conduct: "Conduct", command: Command, wall: datetime) -> list[Effect]:
    """Go on."""
    if not _is_running(conduct) or not conduct.clock.is_paused:
        return [conduct.refuse(command, wall, "未暂停 it is not paused")]
    return conduct.set_clock(conduct.clock.running(wall), wall, ("演练继续", "resumed"), command.actor)


def step(conduct: "Conduct", command: Command, wall: datetime) -> list[Effect]:
    """While paused, go so many minutes ahead at once."""
    minutes = _number(command, "minutes")
    if (
        not _is_running(conduct)
        or not conduct.clock.is_paused
        or minutes is None
        or not 0 < minutes <= conduct.plan.minutes
    ):
        return [conduct.refuse(command, wall, "先暂停；minutes 大于 0 pause first; minutes above 0")]
    words = (f"单步 {minutes:g} 分钟", f"stepped {minutes:g} minutes")
    return conduct.set_clock(conduct.clock.moved(wall, minutes), wall, words, command.actor)


def rewind(conduct: "Conduct", command: Command, wall: datetime) -> list[Effect]:
    """Go back to a minute of drill time, in a lane of its own."""
    minute = _number(command, "to")
    if not _is_running(conduct) or minute is None or not 0 <= minute <= conduct.minute(wall):
        return [conduct.refuse(command, wall, "to: 应为已过的分钟 a minute that has passed")]
    return conduct.rewind(minute, wall, command.actor)


def change_rate(conduct: "Conduct", command: Command, wall: datetime) -> list[Effect]:
    """Run slower or faster from now on."""
    rate = _number(command, "rate")
    if not _is_running(conduct) or rate is None or not 1 <= rate <= MOST_RATE:
        return [conduct.refuse(command, wall, f"rate: 1 至 {MOST_RATE:g} from 1 to {MOST_RATE:g}")]
    changed = conduct.clock.running(wall, rate)
    changed = changed.paused(wall) if conduct.clock.is_paused else changed
    return conduct.set_clock(changed, wall, (f"倍速改为 ×{rate:g}", f"the rate is x{rate:g}"), command.actor)


def give(conduct: "Conduct", command: Command, wall: datetime) -> list[Effect]:
    """Give an inject before its time. Each is given once; a warning of the system cannot be given, it is awaited."""
    wanted = command.arguments.get("inject", "")
    inject = conduct.plan.inject(wanted)
    if not _is_running(conduct) or inject is None or inject.kind is InjectKind.ALERT or inject.id in conduct.given:
        there = [i.id for i in conduct.plan.injects if i.kind is not InjectKind.ALERT and i.id not in conduct.given]
        right = f"应为演练中尚未给出的注入 an inject not given yet, while the drill runs: {', '.join(there) or '—'}"
        return [conduct.refuse(command, wall, f"inject {wanted!r}: {right}")]
    return conduct.give(inject, wall, {"by": command.actor}, None)


def end(conduct: "Conduct", command: Command, wall: datetime) -> list[Effect]:
    """End before the planned time."""
    return conduct.end(wall, command.actor)


def stop(conduct: "Conduct", command: Command, wall: datetime) -> list[Effect]:
    """The stop word: any participant may use it, the controllers too; it works at once and nobody is asked why."""
    if command.arguments.get("word", "").strip() != conduct.plan.stop_word:
        return [conduct.refuse(command, wall, "口令不对 not the stop word")]
    plan = conduct.plan
    member = plan.member(command.actor)
    if member is None and command.actor not in (*plan.evaluators, plan.approver):
        return [conduct.refuse(command, wall, "不是参演者、评估员或批准人 neither participant, evaluator nor approver")]
    words = stopped_text(member.name if member is not None else command.actor)
    effects: list[Effect] = [conduct.emit(DrillEventKind.STOPPED, wall, actor=command.actor, words=words)]
    effects += conduct.tell(plan.roster, "stop", words)
    return [*effects, *closing.void(conduct, wall, "演练停止 drill stopped"), *conduct.finish(wall)]


def _is_running(conduct: "Conduct") -> bool:
    return conduct.phase is Phase.RUNNING


def _number(command: Command, name: str) -> float | None:
    try:
        return float(command.arguments.get(name, ""))
    except ValueError:
        return None


CONTROLS: Mapping[str, Callable[["Conduct", Command, datetime], list[Effect]]] = {
    "drill.pause": pause,
    "drill.resume": resume,
    "drill.step": step,
    "drill.rewind": rewind,
    "drill.rate": change_rate,
    "drill.give": give,
    "drill.end": end,
    "drill.stop": stop,
}
