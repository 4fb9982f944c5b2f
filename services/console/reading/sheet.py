"""A value of an operator's file as text, for looking at."""

from typing import Any

_HIDDEN = ("secret", "password", "token", "密钥", "口令")


def as_cell(name: str, value: Any) -> str:
    """The value of a field; one that sounds like a secret is hidden.

    >>> as_cell("人员", ["甲", {"姓名": "乙", "密钥": "x"}])
    '甲、姓名 乙；密钥 ***'
    """
    if value is None:
        return ""
    if any(word in name.lower() for word in _HIDDEN):
        return "***"
    if isinstance(value, list):
        return "、".join(as_cell(name, each) for each in value)
    if isinstance(value, dict):
        return "；".join(f"{key} {as_cell(str(key), each)}" for key, each in value.items())
    return str(value)
