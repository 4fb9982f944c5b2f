"""Everything that happened about an incident, the newest first: steps of the warning, events of runs, commands, answers, messages, calls. Pure."""

from collections.abc import Collection, Mapping
from datetime import datetime

from msgspec import Struct

from schemas.alert import Alert, AlertState, Ending
from schemas.level import LEVEL_ZH
from schemas.run import RunEvent
from services.console.reading.answer import Answered
from services.console.reading.command import Ordered
from services.console.reading.message import Call, Message, by_text

KINDS: Mapping[str, tuple[str, str]] = {
    "alert": ("预警", "warning"),
    "run": ("预案", "plan"),
    "command": ("命令", "command"),
    "answer": ("推算", "answer"),
    "message": ("消息", "message"),
    "call": ("电话", "call"),
}
ORDERS: Mapping[str, tuple[str, str]] = {
    "alert.acknowledge": ("确认接手", "acknowledges"),
    "alert.close": ("同意解除", "agrees to close"),
    "alert.approve": ("审批发布", "approves"),
    "alert.act": ("处置", "acts"),
    "task.done": ("办结任务", "task done"),
    "task.delegate": ("委托", "delegates"),
    "playbook.approve": ("同意", "approves"),
    "playbook.refuse": ("不同意", "refuses"),
    "playbook.start": ("启动预案", "starts a plan"),
    "playbook.undo": ("撤销步骤", "takes a step back"),
    "playbook.respond": ("提请调整响应", "proposes a response"),
    "playbook.lift": ("提请解除", "proposes to lift"),
    "playbook.end": ("终止预案", "ends a run"),
    "risk.remedy": ("询问补链", "asks for a remedy"),
    "risk.what_if": ("推演", "asks what if"),
}
_STATES: Mapping[AlertState, tuple[str, str]] = {
    AlertState.OPENED: ("预警开启", "opened"),
    AlertState.WORSENED: ("升级", "worsened"),
    AlertState.EASED: ("降级", "eased"),
    AlertState.UPDATED: ("更新", "updated"),
    AlertState.CLOSED: ("关闭", "closed"),
}
_ENDINGS: Mapping[Ending, tuple[str, str]] = {
    Ending.EASED: ("风险解除", "the danger is over"),
    Ending.PERSON: ("经人确认解除", "closed by a person"),
    Ending.RETRACTED: ("因数据更正撤回", "withdrawn, the data were wrong"),
}


class Entry(Struct, frozen=True, kw_only=True):
    """One happening at a lane time. ``said`` is what the person wrote; ``is_waiting``: ordered, but nothing came of it yet;
    ``refused``: why it does not count."""

    at: datetime
    noun: str
    zh: str
    en: str
    actor: str = ""
    said: str = ""
    level: str = ""
    is_waiting: bool = False
    refused: str = ""


def timeline(
    *,
    steps: Collection[Alert],
    events: Collection[RunEvent],
    commands: Collection[Ordered],
    answers: Collection[Answered],
    messages: Collection[Message],
    calls: Collection[Call],
) -> list[Entry]:
    """All entries, the newest first. A command is told by what it brought; alone only while nothing came of it."""
    ordered = {c.command_id: c for c in commands}
    brought = (
        {s.command_id for s in steps} | {e.detail.get("command", "") for e in events} | {a.command_id for a in answers}
    )
    found = [
        *(_of_step(s, ordered.get(s.command_id)) for s in steps),
        *(_of_event(e) for e in events),
        *(_of_command(c) for c in commands if c.command_id not in brought),
        *(_of_answer(a, ordered.get(a.command_id)) for a in answers if a.as_of is not None),
        *(_of_message(first, group) for first, group in by_text(messages)),
        *(_of_call(c) for c in calls),
    ]
    return sorted(found, key=lambda e: e.at, reverse=True)


def _of_step(step: Alert, command: Ordered | None) -> Entry:
    at = step.acted_at if step.command_id and step.acted_at is not None else step.as_of
    if step.command_id:
        zh, en = ORDERS.get(command.kind, ("操作", "acts")) if command is not None else ("操作", "acts")
        if step.state is AlertState.CLOSED:
            zh, en = f"{zh}，预警关闭", f"{en}, closed"
        return Entry(at=at, noun="alert", zh=zh, en=en, actor=step.actor, said=step.comment, level=step.level.value)
    zh, en = _STATES[step.state]
    if step.ending is not None:
        zh, en = (
            f"{w}: {e}" if "a" <= w[0] <= "z" else f"{w}：{e}"
            for w, e in zip((zh, en), _ENDINGS[step.ending], strict=True)
        )
    if step.is_unknown:
        zh, en = f"{zh}（情况不明）", f"{en} (unknown)"
    return Entry(
        at=at,
        noun="alert",
        zh=f"{zh}·{LEVEL_ZH[step.level]}：{step.headline_zh}",
        en=f"{en}: {step.headline_en}",
        level=step.level.value,
    )


def _of_event(event: RunEvent) -> Entry:
    return Entry(
        at=event.at,
        noun="run",
        zh=event.text_zh,
        en=event.text_en,
        actor=event.detail.get("actor", ""),
        said=event.detail.get("comment", "") or event.detail.get("result", ""),
    )


def _of_command(command: Ordered) -> Entry:
    zh, en = ORDERS.get(command.kind, (command.kind, command.kind))
    return Entry(
        at=command.at,
        noun="command",
        zh=zh,
        en=en,
        actor=command.actor,
        said=command.reason,
        is_waiting=not command.refused,
        refused=command.refused,
    )


def _of_answer(answer: Answered, command: Ordered | None) -> Entry:
    zh, en = (
        (answer.headline_zh, answer.headline_en)
        if not answer.problem
        else (f"未能答复：{answer.problem}", f"no answer: {answer.problem}")
    )
    at = max(answer.as_of, command.at) if command is not None and answer.as_of is not None else answer.as_of
    if at is None:
        raise ValueError(f"answer {answer.command_id} has no time")
    return Entry(at=at, noun="answer", zh=zh, en=en, actor=command.actor if command is not None else "")


def _of_message(first: Message, group: Collection[Message]) -> Entry:
    whom = "、".join(dict.fromkeys(m.recipient for m in group))
    head_zh, head_en = (text.splitlines()[0] if text else "" for text in (first.text_zh, first.text_en))
    return Entry(
        at=first.created_at,
        noun="message",
        zh=f"告知 {whom}：{head_zh}",
        en=f"told {whom}: {head_en}",
        level=first.level,
    )


def _of_call(call: Call) -> Entry:
    zh = {"ringing": "呼叫中", "answered": f"{call.answered_by} 接听", "unanswered": "无人接听", "ended": "结束"}[
        call.state
    ]
    return Entry(
        at=call.placed_at, noun="call", zh=f"第 {call.number} 次叫应 {call.name}：{zh}", en=f"call {call.number} to {call.name}: {call.state}",
        said=call.note, level=call.level,
    )  # fmt: skip
