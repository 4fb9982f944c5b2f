"""Contacts, roster and channels: the operator's files, with what was changed by command on top. Pure.

An entry is called by what makes it one of its kind: a contact by its role, a duty by role, shift and days, a channel by its id.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
import yaml
from msgspec import Struct

from schemas.command import Command
from services.runtime.errors import InputError

PUT, END = "contact.put", "contact.end"
KINDS = (PUT, END)
LISTS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "contacts": ("联系人", ("角色",)),
    "roster": ("值班", ("角色", "班次", "自", "至")),
    "channels": ("渠道", ("编号",)),
}
"""List of each file, and the fields that name its entries."""
Entry = Mapping[str, Any]


class ContactChange(Struct, frozen=True, kw_only=True):
    """An entry that was put in place of the one called ``key`` (empty: beside the others), or, without an entry, ended."""

    command_id: str
    file: str
    key: str
    entry: dict[str, Any] | None


def key_of(file: str, entry: Entry) -> str:
    """What an entry is called.

    >>> key_of("roster", {"角色": "值班员", "班次": "08:00-20:00", "人员": "甲"})
    '值班员|08:00-20:00||'
    """
    return "|".join(str(entry.get(name) or "") for name in LISTS[file][1])


def entries_of(text: str, file: str) -> list[dict[str, Any]]:
    """The entries of a file, every value as text. Raises yaml.YAMLError; a file of another shape has none."""
    tree = yaml.load(text, Loader=yaml.BaseLoader) if text else None  # noqa: S506  # it makes texts, lists and maps only
    rows = tree.get(LISTS[file][0]) if isinstance(tree, dict) else None
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def overlaid(text: str, file: str, changes: Iterable[ContactChange]) -> str:
    """The file as it counts: untouched where nothing was changed. Raises yaml.YAMLError."""
    own = [change for change in changes if change.file == file]
    if not own:
        return text
    tree = yaml.load(text, Loader=yaml.BaseLoader) if text else {}  # noqa: S506  # it makes texts, lists and maps only
    entries = entries_of(text, file)
    for change in own:
        entries = _changed(entries, change)
    whole = (tree if isinstance(tree, dict) else {}) | {LISTS[file][0]: entries}
    return str(yaml.safe_dump(whole, allow_unicode=True, sort_keys=False))


def _changed(entries: list[dict[str, Any]], change: ContactChange) -> list[dict[str, Any]]:
    """In place of the old one, so that the order, which counts, stays; a new one comes last. No two are called the same."""
    if change.entry is None:
        return [entry for entry in entries if key_of(change.file, entry) != change.key]
    names = {change.key, key_of(change.file, change.entry)}
    at = next((n for n, entry in enumerate(entries) if key_of(change.file, entry) in names), len(entries))
    others = [entry for entry in entries[at:] if key_of(change.file, entry) not in names]
    return [*entries[:at], change.entry, *others]


def change_of(command: Command) -> ContactChange:
    """What a command changes. Raises InputError for one that does not read."""
    given = command.arguments
    file, key = given.get("file", ""), given.get("key", "")
    if file not in LISTS:
        raise InputError(f"file {file!r}: 应为 one of {', '.join(LISTS)}")
    if command.kind == END:
        return ContactChange(command_id=command.command_id, file=file, key=key, entry=None)
    try:
        entry = msgspec.json.decode(given.get("entry", ""), type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise InputError(f"entry: 应为一个 JSON 对象 one JSON object is wanted: {error}") from error
    return ContactChange(command_id=command.command_id, file=file, key=key, entry=entry)
