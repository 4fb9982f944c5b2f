"""The playbook engine's decision: an alert and the runs of its episode in, changes of runs out. Pure.

The same alerts in the same order give the same ids, events, tasks and notifications; all times are lane times of the alerts.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from msgspec import Struct, structs

from schemas.alert import Alert, AlertState
from schemas.chain import Node
from schemas.lane import LaneKind, kind_of
from schemas.level import LEVEL_ZH, Level, rank
from schemas.run import Run, RunEvent, RunState
from services.response.contacts import Contacts
from services.response.playbook import Playbook, Step, StepKind, Trigger, is_at_least
from services.response.record import Change, Notification, Standing, Task, digest
from services.response.wording import message, stamp

_LEVEL = "@level"
_CLOSED = "@closed"


class Plans(Struct, frozen=True):
    """The playbooks in order of id, and who stands behind their roles."""

    playbooks: tuple[Playbook, ...]
    contacts: Contacts


def decide(alert: Alert, standing: Sequence[Standing], plans: Plans, nodes: Mapping[str, Node]) -> list[Change]:
    """Changes that an alert brings. ``standing``: every run of the alert's episode, ended ones too; ``nodes`` of its chain by id.

    A repeated or older step of an episode changes nothing. A playbook that has a run in the episode, in whatever version, starts no other.
    """
    changes: list[Change] = []
    for run in standing:
        if run.run.state is RunState.RUNNING and alert.sequence > run.sequence:
            changes += _continue(alert, run, plans.contacts, nodes)
    if alert.state is not AlertState.CLOSED:
        known = {run.run.playbook for run in standing}
        changes += [
            _start(alert, playbook, plans.contacts, nodes)
            for playbook in plans.playbooks
            if playbook.id not in known and is_met(playbook.trigger, alert, nodes)
        ]
    return changes


def is_met(trigger: Trigger, alert: Alert, nodes: Mapping[str, Node]) -> bool:
    """True when an alert meets every condition of a trigger. A node that the chain does not have is of no kind."""
    node = nodes.get(alert.node)
    on_path = {nodes[name].kind for name in alert.path if name in nodes}
    return (
        is_at_least(alert.level, trigger.level)
        and _is_among(alert.hazard.value, trigger.hazards)
        and _is_among(node.kind if node is not None else "", trigger.kinds)
        and _is_among(alert.product, trigger.products)
        and (not trigger.path_kinds or bool(on_path & set(trigger.path_kinds)))
        and (not trigger.lane_kinds or kind_of(alert.lane) in trigger.lane_kinds)
    )


def _is_among(value: str, allowed: tuple[str, ...]) -> bool:
    return not allowed or value in allowed


def _start(alert: Alert, playbook: Playbook, contacts: Contacts, nodes: Mapping[str, Node]) -> Change:
    run = Run(
        run_id=digest("run", alert.lane, alert.episode, playbook.id, playbook.version),
        lane=alert.lane,
        episode=alert.episode,
        playbook=playbook.id,
        version=playbook.version,
        state=RunState.RUNNING,
        started_at=alert.as_of,
        node=alert.node,
        product=alert.product,
        level=alert.level.value,
        name_zh=playbook.name_zh,
        name_en=playbook.name_en,
    )
    started = _event(
        alert,
        run,
        "",
        "started",
        f"预案启动：系统研判{LEVEL_ZH[alert.level]}，{alert.headline_zh}",
        f"playbook started at {alert.level.value} (system proposal): {alert.headline_en}",
    )
    before = Standing(run=run, playbook=playbook, sequence=alert.sequence)
    return structs.replace(_take_steps(alert, before, (started,), contacts, nodes), is_new=True)


def _continue(alert: Alert, standing: Standing, contacts: Contacts, nodes: Mapping[str, Node]) -> Iterator[Change]:
    run = standing.run
    if alert.state is AlertState.CLOSED:
        yield _finish(alert, standing, contacts, nodes)
    elif alert.level.value != run.level:
        changed = _event(
            alert,
            run,
            "",
            "level",
            f"系统研判由{LEVEL_ZH[Level(run.level)]}变为{LEVEL_ZH[alert.level]}",
            f"system proposal went from {run.level} to {alert.level.value}",
        )
        after = Standing(
            run=structs.replace(run, level=alert.level.value),
            playbook=standing.playbook,
            sequence=alert.sequence,
            taken=standing.taken,
        )
        change = _take_steps(alert, after, (changed,), contacts, nodes)
        if (rank(alert.level) or 0) > (rank(Level(run.level)) or 0):
            action = (
                f"等级升高，请复核 {len(standing.taken)} 项已启动步骤",
                "the level rose; please check the steps under way",
            )
            told = _tell(alert, standing, _LEVEL, _told(standing), action, contacts, nodes)
            change = structs.replace(change, notifications=(*told, *change.notifications))
        yield change


def _finish(alert: Alert, standing: Standing, contacts: Contacts, nodes: Mapping[str, Node]) -> Change:
    run = structs.replace(standing.run, state=RunState.DONE, level=alert.level.value)
    done = _event(
        alert, run, "", "done", "系统研判风险解除，预案运行结束", "the episode was closed by the system; the run ends"
    )
    action = ("系统研判风险解除，未办任务随之取消", "the episode is closed; open tasks are cancelled with it")
    return Change(
        after=structs.replace(standing, run=run, sequence=alert.sequence),
        ended_at=alert.as_of,
        events=(done,),
        notifications=tuple(_tell(alert, standing, _CLOSED, _told(standing), action, contacts, nodes)),
    )


def _take_steps(
    alert: Alert, standing: Standing, events: tuple[RunEvent, ...], contacts: Contacts, nodes: Mapping[str, Node]
) -> Change:
    """Take every step that the level calls for and that was not taken yet, in the order of the playbook."""
    due = [s for s in standing.playbook.steps if s.id not in standing.taken and is_at_least(alert.level, s.from_level)]
    taken = tuple(_event(alert, standing.run, step.id, "taken", step.text_zh, step.text_en) for step in due)
    notes = [n for s in due for n in _tell(alert, standing, s.id, s.roles, _action(alert, s), contacts, nodes)]
    return Change(
        after=structs.replace(standing, taken=standing.taken | {s.id for s in due}),
        events=(*events, *taken),
        tasks=tuple(_task(alert, standing.run, s, contacts, nodes) for s in due if s.kind is not StepKind.NOTIFY),
        notifications=tuple(notes),
    )


def _told(standing: Standing) -> tuple[str, ...]:
    """Roles that were told of the run, each once."""
    return tuple(
        dict.fromkeys(role for step in standing.playbook.steps if step.id in standing.taken for role in step.roles)
    )


def _action(alert: Alert, step: Step) -> tuple[str, str]:
    if step.within_minutes is None:
        return step.text_zh, step.text_en
    due = stamp(alert.as_of + timedelta(minutes=step.within_minutes))
    word_zh, word_en = ("请示：", "decide: ") if step.kind is StepKind.ASK else ("", "")
    return f"{word_zh}{step.text_zh}（{due} 前）", f"{word_en}{step.text_en} (by {due})"


def _tell(
    alert: Alert,
    standing: Standing,
    step: str,
    roles: Sequence[str],
    action: tuple[str, str],
    contacts: Contacts,
    nodes: Mapping[str, Node],
) -> list[Notification]:
    """One notification for each role and channel. A role that the contacts no longer have is reached by its name over the log."""
    run = standing.run
    text_zh, text_en = message(alert, nodes, (standing.playbook.name_zh, standing.playbook.name_en), action)
    return [
        Notification(
            notification_id=digest("note", run.run_id, step, role, channel, alert.sequence),
            run_id=run.run_id,
            lane=run.lane,
            step=step,
            channel=channel,
            recipient=_office(role, contacts, nodes.get(alert.node)),
            text_zh=text_zh,
            text_en=text_en,
            created_at=alert.as_of,
            role=role,
            level=alert.level.value,
        )
        for role in roles
        for channel in _channels(role, contacts, run.lane)
    ]


def _channels(role: str, contacts: Contacts, lane: str) -> tuple[str, ...]:
    """Channels of a role; replays reach nobody but the log. Whom a drill reaches is decided where it is sent, by its roster."""
    return contacts[role].channels if role in contacts and kind_of(lane) is not LaneKind.REPLAY else ("log",)


def _task(alert: Alert, run: Run, step: Step, contacts: Contacts, nodes: Mapping[str, Node]) -> Task:
    role = step.roles[0]
    return Task(
        task_id=digest("task", run.run_id, step.id),
        run_id=run.run_id,
        lane=run.lane,
        step=step.id,
        title_zh=step.text_zh,
        title_en=step.text_en,
        assignee=f"{role}: {_office(role, contacts, nodes.get(alert.node))}",
        state="open",
        created_at=alert.as_of,
        due_at=alert.as_of + timedelta(minutes=step.within_minutes or 0),
        detail={"kind": step.kind.value, "level": alert.level.value},
    )


def _office(role: str, contacts: Contacts, node: Node | None) -> str:
    contact = contacts.get(role)
    return f"{contact.name_zh} {contact.office_for(node)}" if contact is not None else role


def _event(alert: Alert, run: Run, step: str, kind: str, text_zh: str, text_en: str) -> RunEvent:
    return RunEvent(
        run_id=run.run_id,
        lane=run.lane,
        step=step,
        kind=kind,
        sequence=alert.sequence,
        at=alert.as_of,
        text_zh=text_zh,
        text_en=text_en,
    )
