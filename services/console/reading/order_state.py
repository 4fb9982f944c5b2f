"""What came of an order: waiting, done, or refused and why."""

from msgspec import Struct

from services.console.shelf import Shelf

_COMMAND = "SELECT kind, actor, lane, arguments FROM command WHERE command_id = %s"
_EVENT = """
SELECT kind, text_zh, text_en, run_id FROM run_event WHERE detail ? 'command' AND detail ->> 'command' = %s
ORDER BY kind <> 'rejected', sequence LIMIT 1
"""
_STEP = "SELECT state, headline_zh, headline_en FROM alert WHERE lane = %s AND episode = %s AND command_id = %s LIMIT 1"
_ANSWER = "SELECT headline_zh, headline_en, problem FROM answer WHERE lane = %s AND command_id = %s"


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
    answer = shelf.row(_ANSWER, (lane, command_id))
    if answer is not None and answer["problem"]:
        return OrderState(command_id, "refused", f"未能推算：{answer['problem']}", f"not computed: {answer['problem']}")
    if answer is not None:
        return OrderState(command_id, "done", answer["headline_zh"], answer["headline_en"])
    return OrderState(command_id, "sent", "已发出，等待执行", "sent, not yet obeyed")
