"""``lianjing chain remedy | balance | blockages``: tables that fit, JSON and CSV for programs, clear refusals."""

import csv
import json

import pytest
from click.testing import CliRunner, Result
from rich.cells import cell_len

from services.cli.chain import command


def _run(*words: str) -> Result:
    return CliRunner().invoke(command, list(words))


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("balance", "--at-rest", "--on", "2026-03-02", "--product", "steam_coal"), 0, "供需平衡表"),
        (("blockages", "--at-rest", "--on", "2026-03-02", "--lost", "R_DQ"), 1, "大秦铁路"),
        (("blockages", "--at-rest", "--on", "2026-03-02"), 0, "没有堵点"),
        (("remedy", "C_XN", "steam_coal", "--at-rest", "--on", "2026-03-02", "--lost", "H_BM"), 0, "示例达拉特物流园"),
        (("remedy", "C_YTH", "steam_coal", "--at-rest", "--on", "2026-03-02", "--lost", "H_BM"), 1, "建议即日起压减"),
        (("remedy", "P_QHD", "steam_coal", "--at-rest", "--on", "2026-03-02", "--lost", "R_DQ"), 1, "无替代"),
        (("remedy", "D_CST", "steam_coal", "--at-rest", "--on", "2026-03-02"), 0, "14 天内不缺"),
    ],
)
def test_tables_are_said_in_both_languages_and_fit(words: tuple[str, ...], code: int, said: str) -> None:
    result = _run(*words)
    assert result.exit_code == code, result.output
    assert said in result.output
    assert "from the configured state of rest" in result.output
    assert max(cell_len(line.rstrip()) for line in result.output.splitlines()) <= 100


def test_a_program_reads_them() -> None:
    told = json.loads(
        _run("remedy", "C_XN", "steam_coal", "--at-rest", "--on", "2026-03-02", "--lost", "H_BM", "--json").stdout
    )
    assert not told["basis"]["lane"]
    [plan] = told["plans"]
    assert plan["is_enough"] is True
    assert plan["with_plan"]["chance"] < plan["limit"] <= plan["before"]["chance"]
    rows = json.loads(_run("balance", "--at-rest", "--on", "2026-03-02", "--json").stdout)["rows"]
    assert {"steam_coal", "methanol", "urea"} <= {row["product"] for row in rows}
    table = list(csv.DictReader(_run("balance", "--at-rest", "--on", "2026-03-02", "--csv").stdout.splitlines()))
    assert len(table) == len(rows)
    assert float(table[0]["supply"]) > 0
    blocked = list(
        csv.DictReader(
            _run("blockages", "--at-rest", "--on", "2026-03-02", "--lost", "R_DQ", "--csv").stdout.splitlines()
        )
    )
    assert blocked[0]["source"] == "R_DQ"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("balance", "--at-rest", "--scenario", "daqin-stylised"), "--at-rest"),
        (("balance", "--at-rest", "--on", "2026-03-02", "--product", "gold"), "gold"),
        (("remedy", "NOBODY", "steam_coal", "--at-rest", "--on", "2026-03-02"), "NOBODY"),
        (("remedy", "R_DQ", "steam_coal", "--at-rest", "--on", "2026-03-02"), "keeps no stock"),
        (("blockages", "--at-rest", "--on", "2026-03-02", "--lost", "NOBODY"), "NOBODY"),
        (("balance", "--scenario", "daqin-stylised", "--day", "99"), "--day"),
    ],
)
def test_wrong_use_is_refused_with_what_would_be_right(words: tuple[str, ...], said: str) -> None:
    result = _run(*words)
    assert result.exit_code == 2
    assert said in result.output


@pytest.mark.parametrize("name", ["remedy", "balance", "blockages"])
def test_help_shows_an_example(name: str) -> None:
    assert f"Example:  lianjing chain {name}" in _run(name, "--help").output
