"""An operator's file as tables of text, for looking at."""

from typing import Any

from msgspec import Struct

_HIDDEN = ("secret", "password", "token", "密钥", "口令")


class Sheet(Struct, frozen=True):
    """One list of a file. ``rows`` have a text for each of the ``columns``."""

    file: str
    title: str
    columns: list[str]
    rows: list[list[str]]


def sheets_of(file: str, tree: Any) -> list[Sheet]:
    """Each list of maps in a file becomes a table; a file that cannot be read becomes an empty one. Fields that sound like secrets are hidden.

    >>> sheets_of("a.yaml", {"值班": [{"角色": "值班员", "人员": ["甲", "乙"]}]})[0].rows
    [['值班员', '甲、乙']]
    """
    if not isinstance(tree, dict):
        return [Sheet(file, "", [], [])]
    return [_sheet(file, str(title), rows) for title, rows in tree.items() if isinstance(rows, list)]


def _sheet(file: str, title: str, rows: list[Any]) -> Sheet:
    maps = [row if isinstance(row, dict) else {"": row} for row in rows]
    columns = list(dict.fromkeys(str(name) for row in maps for name in row))
    return Sheet(file, title, columns, [[_cell(name, row.get(name)) for name in columns] for row in maps])


def _cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    if any(word in name.lower() for word in _HIDDEN):
        return "***"
    if isinstance(value, list):
        return "、".join(_cell(name, each) for each in value)
    if isinstance(value, dict):
        return "；".join(f"{key} {_cell(str(key), each)}" for key, each in value.items())
    return str(value)
