"""The plans that may be started: id, name and how they start by themselves. Pure."""

import yaml
from msgspec import Struct

from services.runtime.errors import ConfigurationError

CALLED = "子预案"
"""How a plan starts that only others call."""


class Plan(Struct, frozen=True):
    """``starts`` is how it begins by itself, in the words of the file."""

    id: str
    name_zh: str
    name_en: str
    starts: str


def parse_plan(name: str, text: str) -> Plan:
    """From the text of a file of that name. Raises ConfigurationError for one that does not read."""
    try:
        given = yaml.safe_load(text)
        starts = given.get("启动条件") or {}
        return Plan(str(given["预案"]), str(given["名称"]), str(given["英文名称"]), str(starts.get("方式", "预警")))
    except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise ConfigurationError(f"{name}: 不是可读的预案 not a readable plan ({error})") from error
