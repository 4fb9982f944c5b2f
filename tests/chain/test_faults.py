"""Every kind of fault in a chain's files is found, with file, line, column and the words to mend it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from services.runtime.chain import ChainFilesError, inspect_chain, load_chain
from services.runtime.chain.problem import Problem
from services.runtime.chain.wording import WORDING
from services.runtime.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Protocol

    class SmallChain(Protocol):
        folder: Path

        def path(self, file: str) -> Path: ...
        def swap(self, file: str, old: str, new: str) -> None: ...
        def append(self, file: str, line: str) -> None: ...


SERIES_ROW = "stock.X_G.electricity,production,X_G,库存,stock,stock,MWh,1,24,4,0,900,power,X_G,electricity,,no"

SWAPS = [
    # file, old, new, code, file of the finding, its line
    ("chain.csv", "2026-01-01T00:00:00+08:00", "2026-01-01T00:00:00", "not_a_moment", "chain.csv", 2),
    ("chain.csv", "2026-01-01T00:00:00+08:00", "", "blank", "chain.csv", 2),
    ("nodes.csv", "mine,steam_coal,800", "mime,steam_coal,800", "not_a_choice", "nodes.csv", 2),
    ("nodes.csv", "M_A,甲矿", "矿甲,甲矿", "bad_id", "nodes.csv", 2),
    ("nodes.csv", "M_A,甲矿", "M_A,", "blank", "nodes.csv", 2),
    ("nodes.csv", "800,t/d", "eight,t/d", "not_a_number", "nodes.csv", 2),
    ("nodes.csv", "800,t/d", "nan,t/d", "not_a_number", "nodes.csv", 2),
    ("nodes.csv", "800,t/d", "inf,t/d", "not_a_number", "nodes.csv", 2),
    ("nodes.csv", "800,t/d", "-800,t/d", "out_of_range", "nodes.csv", 2),
    ("nodes.csv", "800,t/d", "800,bushel/d", "bad_unit", "nodes.csv", 2),
    ("nodes.csv", "800,t/d", "800,t", "not_a_rate", "nodes.csv", 2),
    ("nodes.csv", "39.5,110.0,150627", "139.5,110.0,150627", "out_of_range", "nodes.csv", 2),
    ("nodes.csv", "39.5,110.0,150627", "39.5,110.0,15062", "bad_admin_code", "nodes.csv", 2),
    ("nodes.csv", "39.5,110.0,150627", "39.5,110.0,", "bad_admin_code", "nodes.csv", 2),
    ("nodes.csv", "150627,2,400,yes,\nM_B", "150627,0,400,yes,\nM_B", "out_of_range", "nodes.csv", 2),
    ("nodes.csv", "150627,2,400,yes,\nM_B", "150627,1.5,400,yes,\nM_B", "not_a_number", "nodes.csv", 2),
    ("nodes.csv", "150627,2,400,yes,\nM_B", "150627,2,400,maybe,\nM_B", "not_a_flag", "nodes.csv", 2),
    ("nodes.csv", "M_B,乙矿", "M_A,乙矿", "node_twice", "nodes.csv", 3),
    ("nodes.csv", "mine,steam_coal,500", "mine,steam_coal,100", "throughput_over_capacity", "nodes.csv", 3),
    ("nodes.csv", ",illustrative,note", ",illustrative,note,colour", "cell_count", "nodes.csv", 2),
    ("nodes.csv", ",illustrative,note", ",illustrated,note", "column_unknown", "nodes.csv", 1),
    ("nodes.csv", ",illustrative,note", ",note,note", "column_twice", "nodes.csv", 1),
    ("nodes.csv", "id,name_zh", "ident,name_zh", "column_missing", "nodes.csv", 1),
    ("nodes.csv", "C_M,甲醇厂", 'C_M,"甲醇厂', "bad_csv", "nodes.csv", 6),
    ("links.csv", "M_A,R_1", "M_X,R_1", "unknown_node", "links.csv", 2),
    ("links.csv", "M_A,R_1", "M_A,M_A", "self_link", "links.csv", 2),
    ("links.csv", "M_A,R_1", "D_C,R_1", "demand_sends", "links.csv", 2),
    ("links.csv", "M_A,R_1,steam_coal", "M_A,R_1,methanol", "cannot_send", "links.csv", 2),
    ("links.csv", "C_M,D_M,methanol", "C_M,D_C,methanol", "cannot_take", "links.csv", 7),
    ("links.csv", "M_A,R_1,steam_coal", "M_A,R_1,steam_cole", "unknown_product", "links.csv", 2),
    ("links.csv", "rail_load,600", "camel,600", "not_a_choice", "links.csv", 2),
    ("links.csv", "600,t/d", "600,MWh/d", "unit_mismatch", "links.csv", 2),
    ("links.csv", "6,0.6,", "6,0.5,", "share_sum", "links.csv", 3),
    ("links.csv", "6,0.6,", "6,60%,", "not_a_number", "links.csv", 2),
    ("links.csv", "6,0.6,", "6,1.6,", "out_of_range", "links.csv", 2),
    ("links.csv", "rail_load,600", "rail_load,100", "flow_over_capacity", "links.csv", 2),
    ("links.csv", "R_1,D_C,steam_coal,rail,400,t/d,12,1", "R_1,D_C,steam_coal,rail,400,t/d,12,0", "dormant_only", "links.csv", 5),
    ("links.csv", "road,100,t/d", "road,0,t/d", "dormant_incomplete", "links.csv", 8),
    ("links.csv", "20,0,80,", "0,0,80,", "dormant_incomplete", "links.csv", 8),
    ("links.csv", "20,0,80,", "20,0,,", "dormant_incomplete", "links.csv", 8),
    ("links.csv", "值班席 desk", "", "dormant_incomplete", "links.csv", 8),
    ("links.csv", "2028-12-31", "", "dormant_incomplete", "links.csv", 8),
    ("links.csv", "2028-12-31", "2025-12-31", "dormant_expired", "links.csv", 8),
    ("links.csv", "2028-12-31", "31.12.2028", "not_a_date", "links.csv", 8),
    ("links.csv", "M_B,R_1", "M_A,R_1", "row_twice", "links.csv", 3),
    ("links.csv", "X_G,C_M,electricity,grid,60,MWh/d,0,1,,,,yes,\n", "", "input_never_arrives", "recipes.csv", 3),
    ("recipes.csv", "C_M,electricity", "C_N,electricity", "unknown_node", "recipes.csv", 3),
    ("recipes.csv", "C_M,electricity", "D_M,electricity", "demand_recipe", "recipes.csv", 3),
    ("recipes.csv", "C_M,electricity", "C_M,methanol", "own_product_input", "recipes.csv", 3),
    ("recipes.csv", "C_M,electricity", "C_M,steam", "unknown_product", "recipes.csv", 3),
    ("recipes.csv", "steam_coal,2,t/t", "steam_coal,0,t/t", "out_of_range", "recipes.csv", 2),
    ("recipes.csv", "steam_coal,2,t/t", "steam_coal,2,m3/t", "unit_mismatch", "recipes.csv", 2),
    ("stocks.csv", "output,3,1,7", "output,1,3,7", "stock_order", "stocks.csv", 2),
    ("stocks.csv", "output,3,1,7", "output,3,3,7", "stock_order", "stocks.csv", 2),
    ("stocks.csv", "output,3,1,7", "output,9,1,7", "stock_order", "stocks.csv", 2),
    ("stocks.csv", "output,3,1,7", "input,3,1,7", "wrong_role", "stocks.csv", 2),
    ("stocks.csv", "output,3,1,7", "stack,3,1,7", "not_a_choice", "stocks.csv", 2),
    ("stocks.csv", "M_A,steam_coal", "M_A,methanol", "stock_not_held", "stocks.csv", 2),
    ("quality.csv", "consumer,4700,6200,5,18", "consumer,6200,4700,5,18", "quality_order", "quality.csv", 4),
    ("quality.csv", "consumer,4700,6200,5,18", "consumer,5300,6200,5,18", "blend_outside", "quality.csv", 4),
    ("quality.csv", "consumer,4700,6200,5,18", "consumer,5100,6200,5,18", "blend_needed", "quality.csv", 4),
    ("quality.csv", "M_B,steam_coal,source,5000,5000,15,15,0.6,0.6,\n", "", "quality_missing", "nodes.csv", 3),
    ("quality.csv", "D_C,steam_coal,consumer", "D_M,steam_coal,consumer", "stock_not_held", "quality.csv", 5),
    ("quality.csv", "M_A,steam_coal,source,5200", "M_A,steam_coal,source,52000", "out_of_range", "quality.csv", 2),
    ("responsibility.csv", "M_A,链长", "M_Z,链长", "unknown_node", "responsibility.csv", 2),
    ("responsibility.csv", "M_B,链长,链主,牵头部门,专班\n", "", "no_responsibility", "nodes.csv", 3),
    ("offers.csv", "steam_coal,0.3", "steam_cole,0.3", "unknown_product", "offers.csv", 2),
    ("offers.csv", "C_M D_C", "C_M D_X", "unknown_node", "offers.csv", 2),
    ("offers.csv", "C_M D_C", "C_M D_M", "cannot_take", "offers.csv", 2),
    ("offers.csv", "C_M D_C", "", "blank", "offers.csv", 2),
    ("offers.csv", "C_M D_C,R_1", "C_M D_C,R_9", "unknown_node", "offers.csv", 2),
    ("offers.csv", "C_M D_C,R_1", "C_M D_C,M_A", "offer_via", "offers.csv", 2),
    ("offers.csv", "5300,12,0.5", "5300,,0.5", "offer_grade", "offers.csv", 2),
    ("offers.csv", "5300,12,0.5", "4500,12,0.5", "offer_quality", "offers.csv", 2),
    ("offers.csv", "5300,12,0.5", "53,12,0.5", "out_of_range", "offers.csv", 2),
    ("offers.csv", "0.3,kt/d", "0,kt/d", "out_of_range", "offers.csv", 2),
    ("offers.csv", "0.3,kt/d", "0.3,kt", "unit_mismatch", "offers.csv", 2),
    ("offers.csv", "610,20", "free,20", "not_a_number", "offers.csv", 2),
    ("offers.csv", "2028-12-31", "2025-12-31", "offer_expired", "offers.csv", 2),
    ("offers.csv", "2028-12-31", "", "blank", "offers.csv", 2),
    ("offers.csv", "2028-12-31", "soon", "not_a_date", "offers.csv", 2),
    ("offers.csv", "F_2,乙", "F_1,乙", "row_twice", "offers.csv", 3),
    ("series.csv", "flow.R_1.D_C.steam_coal", "flow.R_1.D_C", "bad_series_id", "series.csv", 6),
    ("series.csv", "R_1,steam_coal,D_C", "R_1,steam_coal,D_M", "series_link", "series.csv", 6),
    ("series.csv", "desk,,,,no", "desk,NOWHERE,,,no", "unknown_node", "series.csv", 7),
    ("series.csv", "price.BSPI", "BSPI.price", "bad_series_id", "series.csv", 7),
    ("series.csv", "market.BSPI", "市场", "bad_group", "series.csv", 7),
    ("series.csv", "price,CNY/t", "price,t", "unit_mismatch", "series.csv", 7),
    ("series.csv", "flow,t/d,", "flow,kt/d,", "unit_not_kept", "series.csv", 6),
    ("series.csv", "168,240,240,300", "168,240,24,300", "silence_short", "series.csv", 7),
    ("series.csv", "300,1800", "1800,300", "plausible_order", "series.csv", 7),
    ("series.csv", "0,520,rail", "0,52,rail", "implausible_normal", "series.csv", 6),
    ("series.csv", "hazard,area", "weather,area", "not_a_choice", "series.csv", 8),
    ("series.csv", "stock.M_A.steam_coal,production,M_A,库存,stock,stock,t,24,72,50,0,9000,mines,M_A,steam_coal,,yes\n", "",
     "stock_unwatched", "stocks.csv", 2),
]  # fmt: skip

APPENDS = [
    ("chain.csv", "two,二,Two,2026-01-01T00:00:00Z", "one_row", "chain.csv", 3),
    ("nodes.csv", "E_X,厂,Plant,power_plant,electricity,10,MWh/d,39,110,150627,3,1,yes,", "recipe_missing", "nodes.csv", 9),
    ("nodes.csv", "D_X,户,User,demand,electricity,10,MWh/d,39,110,150627,3,1,yes,", "input_never_arrives", "nodes.csv", 9),
    ("nodes.csv", "R_2,线,Line,rail_line,steam_coal,10,t/d,39,110,150627,3,1,yes,", "unreachable", "nodes.csv", 9),
    ("nodes.csv", "M_C,丙矿,Mine C,mine,steam_coal,10,t/d,39,110,150627,3,1,yes,", "leads_nowhere", "nodes.csv", 9),
    ("recipes.csv", "C_M,electricity,0.3,MWh/t,yes,", "row_twice", "recipes.csv", 4),
    ("stocks.csv", "M_A,steam_coal,output,4,1,8,yes,", "row_twice", "stocks.csv", 6),
    ("series.csv", "price.BSPI,hazard,market.BSPI,x,x,price,CNY/t,24,24,48,1,9,desk,,,,no", "series_twice", "series.csv", 9),
    ("series.csv", SERIES_ROW.replace("X_G", "Q_Q"), "unknown_node", "series.csv", 9),
    ("series.csv", SERIES_ROW.replace("X_G,electricity", "X_G,water"), "unknown_product", "series.csv", 9),
    ("series.csv", SERIES_ROW.replace("MWh", "gallon"), "bad_unit", "series.csv", 9),
    ("series.csv", SERIES_ROW.replace(",stock,stock,", ",stock,stok,"), "not_a_choice", "series.csv", 9),
]  # fmt: skip


def _found(problems: list[Problem], code: str) -> Problem:
    matching = [problem for problem in problems if problem.code == code]
    assert matching, f"no {code} in {[(p.code, p.file, p.line) for p in problems]}"
    return matching[0]


def _check(problems: list[Problem], code: str, file: str, line: int) -> None:
    problem = _found(problems, code)
    assert (problem.file, problem.line) == (file, line)
    sentence = problem.sentence()
    assert f"{file}:{line}" in sentence
    assert problem.fix_zh in sentence
    assert problem.fix_en in sentence
    assert not re.search(r"[{}]", sentence.replace(repr(problem.given), "")), "a brace was not filled in"


def test_the_small_chain_is_right(small: SmallChain) -> None:
    chain, problems = inspect_chain(small.folder)
    assert problems == []
    assert chain is not None
    flows = {(link.source, link.target): link.normal_flow for link in chain.links}
    assert flows["M_A", "R_1"] == pytest.approx(0.6 * 700)
    assert flows["X_G", "C_M"] == pytest.approx(40)
    assert {s.daily_use for s in chain.stocks} == {420.0, 400.0, 200.0, 300.0}


@pytest.mark.parametrize(("file", "old", "new", "code", "where", "line"), SWAPS)
def test_a_fault_is_named(small: SmallChain, file: str, old: str, new: str, code: str, where: str, line: int) -> None:
    small.swap(file, old, new)
    chain, problems = inspect_chain(small.folder)
    _check(problems, code, where, line)
    assert (chain is None) == (WORDING[code].severity == "error")


@pytest.mark.parametrize(("file", "row", "code", "where", "line"), APPENDS)
def test_a_row_too_many_is_named(small: SmallChain, file: str, row: str, code: str, where: str, line: int) -> None:
    small.append(file, row)
    chain, problems = inspect_chain(small.folder)
    _check(problems, code, where, line)
    assert chain is None


def test_all_faults_of_all_files_come_at_once(small: SmallChain) -> None:
    small.swap("nodes.csv", "800,t/d", "nan,t/d")
    small.swap("links.csv", "2028-12-31", "soon")
    small.swap("recipes.csv", "C_M,electricity", "C_N,electricity")
    small.swap("series.csv", "price.BSPI", "BSPI.price")
    with pytest.raises(ChainFilesError) as caught:
        load_chain(small.folder)
    assert isinstance(caught.value, ConfigurationError)
    assert {finding.file for finding in caught.value.findings} >= {
        "nodes.csv",
        "links.csv",
        "recipes.csv",
        "series.csv",
    }
    assert len(caught.value.problems) == len(caught.value.findings)


@pytest.mark.parametrize("file", ["chain.csv", "nodes.csv", "links.csv", "stocks.csv", "series.csv"])
def test_a_missing_file_is_named(small: SmallChain, file: str) -> None:
    small.path(file).unlink()
    _, problems = inspect_chain(small.folder)
    assert _found(problems, "file_missing").file == file


def test_a_missing_folder_is_named(small: SmallChain) -> None:
    chain, problems = inspect_chain(small.folder / "nowhere")
    assert chain is None
    assert [problem.code for problem in problems] == ["folder_missing"]


def test_a_file_that_is_a_folder_is_named(small: SmallChain) -> None:
    small.path("stocks.csv").unlink()
    small.path("stocks.csv").mkdir()
    _, problems = inspect_chain(small.folder)
    assert _found(problems, "file_unreadable").file == "stocks.csv"


def test_empty_and_bare_files_are_named(small: SmallChain) -> None:
    small.path("stocks.csv").write_text("", encoding="utf-8")
    small.path("series.csv").write_text(
        small.path("series.csv").read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8"
    )
    _, problems = inspect_chain(small.folder)
    assert _found(problems, "table_empty").file == "stocks.csv"
    assert _found(problems, "table_bare").file == "series.csv"


def test_gbk_is_named_with_its_line(small: SmallChain) -> None:
    path = small.path("nodes.csv")
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_bytes(
        b"".join(line.encode("ascii", "ignore") if i < 3 else line.encode("gbk") for i, line in enumerate(lines))
    )
    _, problems = inspect_chain(small.folder)
    _check(problems, "bad_encoding", "nodes.csv", 4)


def test_a_loop_that_feeds_on_itself_is_named(small: SmallChain) -> None:
    small.append("nodes.csv", "E_P,电厂,Plant,power_plant,electricity,9e9,MWh/d,39,110,150627,3,1,yes,")
    small.append("links.csv", "M_A,E_P,steam_coal,belt,9e9,t/d,1,1,,,,yes,")
    small.append("links.csv", "E_P,M_A,electricity,grid,9e9,MWh/d,0,1,,,,yes,")
    small.append("recipes.csv", "E_P,steam_coal,2,t/MWh,yes,")
    small.append("recipes.csv", "M_A,electricity,2,MWh/t,yes,")
    _, problems = inspect_chain(small.folder)
    assert _found(problems, "flows_diverge").file == "nodes.csv"


def test_a_stock_nobody_uses_is_named(small: SmallChain) -> None:
    small.append("nodes.csv", "M_C,丙矿,Mine C,mine,steam_coal,10,t/d,39,110,150627,3,1,yes,")
    small.append("links.csv", "M_C,R_1,steam_coal,road,10,t/d,6,0,70,席,2028-01-01,yes,")
    small.append("stocks.csv", "M_C,steam_coal,output,3,1,7,yes,")
    small.append("quality.csv", "M_C,steam_coal,source,5100,5100,12,12,0.5,0.5,")
    _, problems = inspect_chain(small.folder)
    _check(problems, "stock_without_use", "stocks.csv", 6)


def test_an_alternate_outside_the_accepted_range_is_a_warning(small: SmallChain) -> None:
    small.swap("quality.csv", "consumer,4700,6200,5,20,0,0.8", "consumer,4700,5150,5,20,0,0.8")
    chain, problems = inspect_chain(small.folder)
    assert chain is not None
    _check(problems, "dormant_quality", "links.csv", 8)


def test_no_demand_is_named(small: SmallChain) -> None:
    nodes = small.path("nodes.csv").read_text(encoding="utf-8").replace(",demand,", ",port,")
    small.path("nodes.csv").write_text(nodes, encoding="utf-8")
    _, problems = inspect_chain(small.folder)
    assert _found(problems, "no_demand").file == "nodes.csv"


def test_every_word_of_the_findings_is_tested() -> None:
    with_own_test = {
        *("folder_missing", "file_missing", "file_unreadable", "bad_encoding", "table_empty", "table_bare"),
        *("flows_diverge", "stock_without_use", "dormant_quality", "no_demand"),
    }
    assert {row[3] for row in SWAPS} | {row[2] for row in APPENDS} | with_own_test == set(WORDING)
