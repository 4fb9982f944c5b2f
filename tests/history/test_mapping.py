"""A mapping says every fault with its line."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.history.document import parse_document
from services.intake.history.loading import load_history
from services.intake.history.mapping_reader import check_columns, read_mapping
from services.runtime.errors import ConfigurationError, InputError


def test_a_right_mapping_is_read(mapping_text: str) -> None:
    mapping = read_mapping(mapping_text, "m.yaml")
    assert mapping.publication_lag == timedelta(hours=6)
    assert mapping.tick == mapping.cadence == timedelta(days=1)
    assert mapping.chain == "little"
    assert mapping.blanks == {"", "-", "n/a"}
    share = mapping.columns[3]
    assert share.scale_on(date(2024, 6, 6)) == Decimal(100)
    assert share.scale_on(date(2024, 6, 7)) == Decimal(1)
    assert mapping.columns[0].scale_on(date(2024, 6, 7)) == Decimal(1000)


# what is written, what stands there instead, what the message must hold
FAULTS = [
    ("cadence: 1d", "cadence: often", "m.yaml:13:", "30min, 11h, 7d"),
    ("publication_lag: 6h", "publication_lag: -6h", "m.yaml:12:", "30min, 11h, 7d"),
    ("cadence: 1d", "cadance: 1d", "m.yaml:13:", "'cadance' is unknown"),
    ("cadence: 1d", "", "m.yaml:1:", "'cadence' is missing"),
    ("lane: replay:little", "lane: live", "m.yaml:4:", "replay:<id>"),
    ("lane: replay:little", "lane: little", "m.yaml:4:", "replay:<id>"),
    ("id: little", "id: Little Table", "m.yaml:1:", "a-z, 0-9"),
    ('format: "%d.%m.%Y"', 'format: "%d.%m."', "m.yaml:9:", "does not fix a day"),
    ('format: "%d.%m.%Y"', 'format: "%Q"', "m.yaml:9:", "does not fix a day"),
    ('format: "%d.%m.%Y"', "format: year-week", "m.yaml:7:", "two columns"),
    ("zone: Asia/Shanghai", "zone: Asia/Ordos", "m.yaml:10:", "time zone 'Asia/Ordos' is unknown"),
    ("hour: 18", "hour: 25", "m.yaml:11:", "from 0 to 24"),
    ("hour: 18", "hour: noon", "m.yaml:11:", "should be a number"),
    ("kind: demand", "kind: planet", "m.yaml:19:", "known: mine"),
    ("id: T_EAST", "id: t-east", "m.yaml:23:", "A-Z, 0-9"),
    ("role: input", "role: inward", "m.yaml:26:", "known: input, output, both"),
    ("daily_use: need", "daily_use: needs", "m.yaml:28:", "an indicator: need"),
    ("minimum_share: 0.25", "minimum_share: 25", "m.yaml:30:", "from 0 to 0.99"),
    ("  norm: norm", "  norm: norms", "m.yaml:33:", "given 'norms'"),
    ("given_unit: kt, unit: t, plausible: [0, 900000], essential", "given_unit: kt, unit: tonnen, essential", "m.yaml:35:", "'tonnen' is unknown"),
    ("indicator: norm, given_unit: kt", "indicator: norm, given_unit: GWh", "m.yaml:36:", "does not convert"),
    ("indicator: norm, given_unit: kt", "indicator: norm, given_unit: USD/t", "m.yaml:36:", "use scale"),
    ("indicator: norm,", "indicator: stock,", "m.yaml:36:", "same as in line 35"),
    ("indicator: norm,", "indicator: Norm!,", "m.yaml:36:", "a-z 0-9 _"),
    ("plausible: [0, 90000]}", "plausible: [90000, 0]}", "m.yaml:37:", "low < high"),
    ("unit: t/d, ", "unit: t/d, scale: 0, ", "m.yaml:37:", "wipe out"),
    ("unit: t/d, ", "unit: t/d, feed: rumours, ", "m.yaml:37:", "known: production"),
    ("unit: t/d, ", "unit: t/d, node: T_EAST, ", "m.yaml:37:", "names no node"),
    ("until: 2024-06-06, scale: 100", "until: 6 June, scale: 100", "m.yaml:43:", "YYYY-MM-DD"),
    ("until: 2024-06-06, scale: 100", "until: 2024-06-09, scale: 100", "m.yaml:44:", "overlap"),
    ("until: 2024-06-06, scale: 100", "scale: 100", "m.yaml:43:", "needs from or until"),
    ("from: 2024-06-09, until", "from: 2024-06-10, until", "m.yaml:44:", "before from"),
    ("  prefix: T", "  prefix: T\n  prefix: U", "m.yaml:18:", "given twice"),
    ("columns: [day]", "columns: {day: 1}", "m.yaml:8:", "single text"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wrong", "where", "says"), FAULTS)
def test_a_fault_is_named_with_its_line(mapping_text: str, right: str, wrong: str, where: str, says: str) -> None:
    assert mapping_text.count(right) >= 1
    with pytest.raises(ConfigurationError) as caught:
        read_mapping(mapping_text.replace(right, wrong, 1), "m.yaml")
    lines = [p for p in caught.value.problems if p.startswith(where)]
    assert any(says in line for line in lines), caught.value.problems


def test_all_faults_are_told_at_once(mapping_text: str) -> None:
    text = mapping_text.replace("hour: 18", "hour: 99").replace("kind: demand", "kind: planet")
    with pytest.raises(ConfigurationError) as caught:
        read_mapping(text, "m.yaml")
    assert len(caught.value.problems) == 2


@pytest.mark.parametrize("text", ["", "a: [", "- 1\n- 2", "\t", "a: &x [*x]", "{", "%YAML 9.9\n---\nx"])
def test_no_mapping_at_all(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"m\.yaml:\d+:"):
        read_mapping(text, "m.yaml")


def test_neither_entity_nor_nodes_or_both(mapping_text: str) -> None:
    node = "nodes: [{id: A, name_zh: 甲, name_en: A, kind: mine, product: coal}]\n"
    with pytest.raises(ConfigurationError, match="either entity"):
        read_mapping(mapping_text + node, "m.yaml")


def test_unknown_columns_are_named_with_the_line_of_the_mapping(mapping_text: str) -> None:
    mapping = read_mapping(mapping_text, "m.yaml")
    with pytest.raises(ConfigurationError) as caught:
        check_columns(mapping, ["day", "plant", "stock kt", "need", "share"])
    assert len(caught.value.problems) == 1
    assert caught.value.problems[0].startswith("m.yaml:36: ")
    assert "no column 'norm kt'" in caught.value.problems[0]


def test_a_date_format_that_fits_no_row_is_one_clear_error(mapping_text: str, table_text: str) -> None:
    text = mapping_text.replace("%d.%m.%Y", "%Y-%m-%d")
    with pytest.raises(InputError, match=r"no usable value in 6 rows.*06\.06\.2024.*m\.yaml:7"):
        load_history(text, "m.yaml", table_text.encode(), "little.csv")


def test_names_that_make_one_id_are_refused(mapping_text: str, table_text: str) -> None:
    table = table_text + "11.06.2024,Nord P,1,1,1,1\n"
    with pytest.raises(ConfigurationError, match=r"m\.yaml:16: .*both become T_NORD_P"):
        load_history(mapping_text, "m.yaml", table.encode(), "little.csv")


def test_names_without_ascii_need_an_id(mapping_text: str, table_text: str) -> None:
    table = table_text + "11.06.2024,岱海电厂,1,1,1,1\n"
    with pytest.raises(ConfigurationError, match="makes no ASCII id"):
        load_history(mapping_text, "m.yaml", table.encode(), "little.csv")
    fixed = mapping_text.replace("  names:\n", "  names:\n    岱海电厂: {id: T_DAIHAI}\n")
    history = load_history(fixed, "m.yaml", table.encode(), "little.csv")
    assert "T_DAIHAI" in [n.id for n in history.chain.nodes]


@given(st.text(max_size=300))
def test_any_text_is_a_mapping_or_a_clear_error(text: str) -> None:
    with pytest.raises(ConfigurationError):
        read_mapping(text, "m.yaml")


def test_the_example_of_the_documentation_works() -> None:
    text = (Path(__file__).parents[2] / "docs" / "history.md").read_text(encoding="utf-8")
    mapping = text.split("```yaml\n", 1)[1].split("```", 1)[0]
    table = text.split("```\n日期", 1)[1].split("```", 1)[0]
    history = load_history(mapping, "depot.yaml", f"日期{table}".encode("gb18030"), "depot.csv")
    values = {o.series: o.value for o in history.reading.observations}
    assert values["stock.P_DAIHAI.steam_coal"] == 202_000
    assert history.chain.nodes[0].name_zh == "岱海电厂"
    assert history.reading.defects == []


def test_a_problem_is_told_once() -> None:
    entry = parse_document("a: b", "m.yaml")
    entry.complain("坏", "bad")
    entry.complain("坏", "bad")
    assert len(entry.problems.found) == 1
