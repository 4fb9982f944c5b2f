"""The table of roles in the documentation is that of the code."""

from pathlib import Path

from services.console.access.person import RIGHTS, ROLE_WORDS, Right, Role

TEXT = (Path(__file__).resolve().parents[3] / "docs" / "console.md").read_text(encoding="utf-8")


def test_the_roles_and_rights_are_those_of_the_code() -> None:
    lines = {line.split("`")[1]: line for line in TEXT.splitlines() if line.startswith("| `")}
    for role in Role:
        cells = [cell.strip() for cell in lines[role.value].strip("|").split("|")]
        assert cells[1] == ROLE_WORDS[role][0]
        assert [right for right, cell in zip(Right, cells[2:], strict=True) if cell] == [
            right for right in Right if right in RIGHTS[role]
        ]
