"""What came of an order: waiting, done, or refused and why."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from services.console.shelf import Shelf
from services.runtime.contact_files import KINDS as CONTACTS

_COMMAND = "SELECT kind, actor, lane, arguments, extract(epoch FROM now() - issued_at)::float AS age_s FROM command WHERE command_id = %s"
_EVENT = """
SELECT kind, text_zh, text_en, run_id FROM run_event WHERE detail ? 'command' AND detail ->> 'command' = %s
ORDER BY kind <> 'rejected', sequence LIMIT 1
"""
_STEP = "SELECT state, headline_zh, headline_en FROM alert WHERE lane = %s AND episode = %s AND command_id = %s LIMIT 1"
_REFUSAL = "SELECT wanted FROM rejection WHERE source = 'command' AND origin = 'command:' || %s"
_CONTACT = "SELECT 1 AS one FROM contact_change WHERE command_id = %s"
_ANSWER = "SELECT headline_zh, headline_en, problem FROM answer WHERE lane = %s AND command_id = %s"


_SILENT = ("alert.mute", "alert.unmute")
"""Kinds that leave no trace but a refusal."""
_SETTLED_S = 5.0
_LATE_S = 60.0


class OrderState(Struct, frozen=True):
    """``state`` is sent, done or refused; the words tell what came of it."""

    command_id: str
    state: str
    zh: str
    en: str

    @property
    def is_waiting(self) -> bool:
        """True until something came of it."""
        return self.state == "sent"


def state_of(shelf: Shelf, lane: str, command_id: str, episode: str = "") -> OrderState:
    """How far an order came. ``episode`` is what it is about, where the command itself is not on record yet. Raises UnreachableError."""
    command = shelf.row(_COMMAND, (command_id,))
    if command is not None:
        lane, episode = command["lane"], command["arguments"].get("episode", episode)
    event = shelf.row(_EVENT, (command_id,))
    if event is not None:
        return OrderState(
            command_id, "refused" if event["kind"] == "rejected" else "done", event["text_zh"], event["text_en"]
        )
    step = shelf.row(_STEP, (lane, episode, command_id)) if episode else None
    if step is not None:
        return OrderState(command_id, "done", "预警已更新", "the warning was changed")
    if command is not None and command["kind"] in CONTACTS and shelf.row(_CONTACT, (command_id,)) is not None:
        return OrderState(command_id, "done", "更改已生效", "the change holds")
    refusal = shelf.row(_REFUSAL, (command_id,))
    if refusal is not None:
        return OrderState(command_id, "refused", f"未生效：{refusal['wanted']}", f"does not count: {refusal['wanted']}")
    answer = shelf.row(_ANSWER, (lane, command_id))
    if answer is not None and answer["problem"]:
        return OrderState(command_id, "refused", f"未能推算：{answer['problem']}", f"not computed: {answer['problem']}")
    if answer is not None:
        return OrderState(command_id, "done", answer["headline_zh"], answer["headline_en"])
    return _waiting(command_id, command)


def _waiting(command_id: str, command: Mapping[str, Any] | None) -> OrderState:
    """Nothing came of it yet. An order that can only be refused counts once it was not; one that waits long says whom to look after."""
    if command is not None and command["kind"] in _SILENT and command["age_s"] > _SETTLED_S:
        return OrderState(command_id, "done", "已下达，未被拒绝", "ordered, and not refused")
    if command is not None and command["age_s"] > _LATE_S:
        minutes = round(command["age_s"] / 60)
        return OrderState(
            command_id,
            "sent",
            f"已发出 {minutes} 分钟，仍未见生效：执行方可能没有运行，请查流水线健康",
            f"sent {minutes} min ago, not yet obeyed: who obeys may not be running; see the health of the pipeline",
        )
    return OrderState(command_id, "sent", "已发出，等待执行", "sent, not yet obeyed")
