"""Improvement items: what went wrong stays open until a person closes it, and opens again when the next drill fails at it again. Pure.

An item is about one expectation of one drill file under one playbook; its name is the same in every drill of that file.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from msgspec import Struct, structs

from schemas.drill import DrillEvent, DrillEventKind
from schemas.drill_plan import Expectation, Plan
from services.runtime.debrief.scoring import Judged, Outcome, Score


class ItemAction(StrEnum):
    """What happened to an item."""

    OPENED = "opened"
    FAILED_AGAIN = "failed_again"
    REOPENED = "reopened"
    PASSED = "passed"
    CLOSED = "closed"


class Item(Struct, frozen=True, kw_only=True):
    """An item as it stands. ``version`` is the playbook's when it last failed; ``history`` is (drill, action), oldest first."""

    id: str
    title_zh: str
    title_en: str
    playbook: str
    version: str
    is_open: bool
    history: tuple[tuple[str, ItemAction], ...]
    closed_by: str = ""
    reason: str = ""


class ItemChange(Struct, frozen=True, kw_only=True):
    """What a drill does to an item, for the log."""

    id: str
    action: ItemAction
    title_zh: str
    title_en: str
    playbook: str
    version: str

    def detail(self) -> dict[str, str]:
        """What the event keeps."""
        return {
            "action": self.action.value,
            "playbook": self.playbook,
            "version": self.version,
            "title_zh": self.title_zh,
            "title_en": self.title_en,
        }


def items_of(events: Iterable[DrillEvent]) -> dict[str, Item]:
    """Items by id from the events of all drills, in the order in which they were noted."""
    found: dict[str, Item] = {}
    for event in sorted(
        (e for e in events if e.kind is DrillEventKind.ITEM), key=lambda e: (e.wall, e.drill, e.sequence)
    ):
        found[event.subject] = _changed(found.get(event.subject), event)
    return found


def changes_after(
    plan: Plan, score: Score, versions: Mapping[str, str], standing: Mapping[str, Item]
) -> list[ItemChange]:
    """What a drill's score does to the items: failed opens or reopens, on time is noted as passed (a person still has to close it)."""
    found = []
    for judged in score.judged:
        expected = judged.expected
        name = item_id(plan, expected)
        action = _action(judged, standing.get(name))
        if action is not None:
            zh, en = _title(plan, judged)
            version = versions.get(expected.playbook, "")
            found.append(
                ItemChange(
                    id=name, action=action, title_zh=zh, title_en=en, playbook=expected.playbook, version=version
                )
            )
    return found


def item_id(plan: Plan, expected: Expectation) -> str:
    """Name of the item about an expectation: the same in every drill of the file."""
    parts = "|".join((plan.id, expected.playbook, expected.id))
    return "item-" + hashlib.sha256(parts.encode()).hexdigest()[:8]


def open_items(items: Iterable[Item]) -> list[Item]:
    """Those still open, by id."""
    return sorted((i for i in items if i.is_open), key=lambda i: i.id)


def _action(judged: Judged, item: Item | None) -> ItemAction | None:
    if judged.outcome in (Outcome.MISSED, Outcome.LATE):
        if item is None:
            return ItemAction.OPENED
        return ItemAction.FAILED_AGAIN if item.is_open else ItemAction.REOPENED
    if judged.outcome is Outcome.ON_TIME and item is not None and item.is_open:
        return ItemAction.PASSED
    return None


def _title(plan: Plan, judged: Judged) -> tuple[str, str]:
    expected = judged.expected
    member = plan.member(expected.member)
    who = member.name if member is not None else expected.member
    word_zh, word_en = ("超时完成", "late") if judged.outcome is Outcome.LATE else ("未完成", "not done")
    if judged.outcome is Outcome.ON_TIME:
        word_zh, word_en = "已按时完成", "on time"
    return f"{who}：{expected.text_zh}（{word_zh}）", f"{who}: {expected.text_en or expected.text_zh} ({word_en})"


def _changed(item: Item | None, event: DrillEvent) -> Item:
    action = ItemAction(event.detail["action"])
    step = (event.drill, action)
    if item is None:
        return Item(
            id=event.subject,
            title_zh=event.detail.get("title_zh", ""),
            title_en=event.detail.get("title_en", ""),
            playbook=event.detail.get("playbook", ""),
            version=event.detail.get("version", ""),
            is_open=action is not ItemAction.CLOSED,
            history=(step,),
        )
    item = structs.replace(item, history=(*item.history, step))
    if action is ItemAction.CLOSED:
        return structs.replace(item, is_open=False, closed_by=event.actor, reason=event.detail.get("reason", ""))
    if action is ItemAction.PASSED:
        return item
    named = {name: event.detail[name] for name in ("title_zh", "title_en", "version") if event.detail.get(name)}
    return structs.replace(item, is_open=True, closed_by="", reason="", **named)


def history_words(history: Sequence[tuple[str, ItemAction]]) -> str:
    """The history in one line of Chinese."""
    words = {
        "opened": "首次",
        "failed_again": "再次未达标",
        "reopened": "重新打开",
        "passed": "本次达标",
        "closed": "已关闭",
    }
    return "；".join(f"{drill} {words[action.value]}" for drill, action in history)
