"""Contacts with changes on top of the operator's files."""

from typing import Any

import pytest

from schemas.command import Command
from services.runtime.contact_files import END, PUT, ContactChange, change_of, entries_of, key_of, overlaid
from services.runtime.errors import InputError
from tests.phone import NOW

ROSTER = """# 值班表
值班:
  - {角色: 值班员, 班次: 08:00-20:00, 人员: 甲}
  - {角色: 值班员, 班次: 20:00-08:00, 人员: 乙, 电话: 0477123}
"""
DAY = "值班员|08:00-20:00||"


def change(key: str, entry: dict[str, Any] | None) -> ContactChange:
    return ContactChange(command_id="c", file="roster", key=key, entry=entry)


def people(*changes: ContactChange) -> list[str]:
    return [entry["人员"] for entry in entries_of(overlaid(ROSTER, "roster", changes), "roster")]


def test_without_changes_the_file_stays_as_it_is() -> None:
    assert overlaid(ROSTER, "roster", []) == ROSTER
    assert overlaid(ROSTER, "contacts", [change(DAY, None)]) == ROSTER


def test_an_entry_takes_the_place_of_another_and_ends() -> None:
    other = {"角色": "值班员", "班次": "08:00-20:00", "人员": "丙"}
    assert people(change(DAY, other)) == ["丙", "乙"]
    assert people(change("", other)) == ["丙", "乙"], "no two are called the same"
    assert people(change("", other | {"班次": "06:00-08:00"})) == ["甲", "乙", "丙"]
    assert people(change(DAY, other), change(DAY, None)) == ["乙"]
    kept = entries_of(overlaid(ROSTER, "roster", [change(DAY, other)]), "roster")[1]
    assert (kept["电话"], key_of("roster", kept)) == ("0477123", "值班员|20:00-08:00||"), (
        "numbers stay as they were written"
    )


@pytest.mark.parametrize(
    "arguments",
    [{}, {"file": "secrets", "key": "x"}, {"file": "roster", "entry": "no"}, {"file": "roster", "entry": "[]"}],
)
def test_a_senseless_command_says_what_would_be_right(arguments: dict[str, str]) -> None:
    with pytest.raises(InputError, match="应为"):
        change_of(_command(PUT, arguments))


def test_a_command_is_a_change() -> None:
    assert change_of(_command(END, {"file": "roster", "key": DAY})) == change(DAY, None)


def _command(kind: str, arguments: dict[str, str]) -> Command:
    return Command(
        command_id="c", lane="live", kind=kind, actor="admin", reason="x", issued_at=NOW, arguments=arguments
    )
