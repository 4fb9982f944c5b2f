"""docs/method.md: every setting stands there with its default, every test it names exists."""

import ast
import re
from dataclasses import fields
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Any

import msgspec
import pytest

from detectors.network.habits import Habits
from services.risk.rules import Colour, Rule
from services.risk.state.network import HABITS
from services.risk.state.priors import (
    NoticePrior,
    Planned,
    Priors,
    RecoveryPrior,
    SortPrior,
    Stretch,
    UnrestPrior,
    YearlyRest,
)

CLONE = Path(__file__).resolve().parents[2]
PAGE = (CLONE / "docs" / "method.md").read_text(encoding="utf-8")
STRUCTS = [Priors, RecoveryPrior, SortPrior, NoticePrior, Planned, YearlyRest, UnrestPrior, Stretch, Rule, Colour]


def rows_under(heading: str) -> dict[str, list[str]]:
    """Cells of the table under a heading of the page, by the setting in the first."""
    section = re.split(r"^#+ ", PAGE.split(f"### `{heading}`\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:3] == "| `"]
    return {row[0].strip("`"): row[1:] for row in rows}


def shown(value: Any) -> str:
    """A default as the page writes it."""
    if value is None or value in ({}, ()):
        return "—"
    if isinstance(value, msgspec.Struct):
        return f"见 see `{type(value).__name__}`"
    if isinstance(value, tuple):
        return ", ".join(str(v) for v in value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Enum | date | str):
        return str(value)
    return "∞" if value == float("inf") else f"{value:g}"


def default_of(field: msgspec.structs.FieldInfo) -> str:
    """The default of a field of a Struct as the page writes it."""
    if field.default_factory is not msgspec.NODEFAULT:
        return shown(field.default_factory())
    return "必填 required" if field.default is msgspec.NODEFAULT else shown(field.default)


@pytest.mark.parametrize("struct", STRUCTS, ids=lambda s: s.__name__)
def test_every_setting_of_the_rule_file_is_explained_with_its_default(struct: type[msgspec.Struct]) -> None:
    expected = {f.name: default_of(f) for f in msgspec.structs.fields(struct)}
    assert {name: cells[0] for name, cells in rows_under(struct.__name__).items()} == expected


def test_every_habit_is_explained_with_its_default_and_what_is_used_live() -> None:
    expected = {f.name: [shown(getattr(Habits(), f.name)), shown(getattr(HABITS, f.name))] for f in fields(Habits)}
    assert {name: cells[:2] for name, cells in rows_under("Habits").items()} == expected


def test_every_meaning_is_told_in_both_languages() -> None:
    for heading in [*(s.__name__ for s in STRUCTS), "Habits"]:
        for name, cells in rows_under(heading).items():
            assert re.search(r"[\u4e00-\u9fff]", cells[-1]) or cells[-1].startswith("`"), (heading, name)
            assert re.search(r"[a-z]{2}", cells[-1]), (heading, name)


def test_every_test_the_page_names_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)
    assert len(named) >= 15
    for file, function in named:
        tree = ast.parse((CLONE / file).read_text(encoding="utf-8"))
        assert function in {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}, (file, function)


def test_the_reference_checks_are_all_held_by_a_test() -> None:
    table = PAGE.split("### 参考核对", 1)[1].split("\n\n不变量", 1)[0]
    for check in ("T1", "T4", "T5", "T6", "T7a", "T7b", "T7c", "ESRI"):
        assert any(check in line.split("|")[1] for line in table.splitlines() if "tests/" in line), check
