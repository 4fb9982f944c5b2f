"""Tables as people send them: encodings, delimiters, dates, units, merged headings; and every kind of damage, by line and column."""

import zipfile
from datetime import UTC, date, datetime, time
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.chain import Series
from schemas.rejection import Reason
from services.intake.candidate import Candidate, Finding
from services.intake.document import read_table
from services.intake.feeds.configuration import load_yaml
from services.intake.json_records import Items
from services.intake.table.mapping import Mapping, WideColumn, chosen
from services.intake.table.moment import moment_of
from services.runtime.chain import load_chain

CLONE = Path(__file__).resolve().parents[2]
SERIES: dict[str, Series] = {s.id: s for s in load_chain(CLONE / "deploy/config/chains/ordos").series}
DAILY = load_yaml(CLONE / "deploy/config/intake/mappings/enterprise-daily.yaml", Mapping)
PLAIN = Mapping(name="plain")
BEIJING = ZoneInfo("Asia/Shanghai")
QHD = "stock.P_QHD.steam_coal"


def read(text: str | bytes, mapping: Mapping = PLAIN, file: str = "a.csv") -> Items:
    body = text.encode() if isinstance(text, str) else text
    return read_table(file, body, mapping, SERIES)


def good(items: Items) -> list[tuple[str, str, float, str | None]]:
    found = [i for i in items if isinstance(i, Candidate)]
    return [(c.series, c.observed_at.astimezone(BEIJING).isoformat()[:16], c.value, c.unit) for c in found]


def bad(items: Items) -> list[tuple[Reason, str]]:
    return [(i.reason, i.origin) for i in items if isinstance(i, Finding)]


def workbook(rows: list[list[Any]], *, merge: tuple[str, ...] = (), title: str = "日报") -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(row)
    for each in merge:
        sheet.merge_cells(each)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


LONG = f"序列,日期,数值,单位\n{QHD},2026-11-22,520,万吨\n"
WANTED = [(QHD, "2026-11-22T18:00", 520.0, "万吨")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
def test_encodings(encoding: str) -> None:
    assert good(read(LONG.encode(encoding))) == WANTED


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(delimiter: str) -> None:
    assert good(read(LONG.replace(",", delimiter))) == WANTED


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22",
        "2026/11/22",
        "2026.11.22",
        "2026年11月22日",
        "20261122",
        "46348",
        "2026-11-22 18:00",
        "2026-11-22T10:00:00Z",
        "2026-11-22T18:00:00+08:00",
        "2026年11月22日18时",
        "2026年11月22日 18时00分",
        "２０２６－１１－２２",
    ],
)
def test_forms_of_a_date(text: str) -> None:
    assert good(read(f"序列,日期,数值,单位\n{QHD},{text},520,万吨\n")) == WANTED


@pytest.mark.parametrize(
    ("day_end", "shift_d", "wanted"),
    [(time(18), 0, "2026-11-22T18:00"), (time(8), 1, "2026-11-23T08:00"), (None, 0, "2026-11-23T00:00")],
)
def test_a_day_ends_as_the_mapping_says(day_end: time | None, shift_d: int, wanted: str) -> None:
    found = moment_of(date(2026, 11, 22), BEIJING, day_end, shift_d)
    assert found is not None
    assert found.isoformat()[:16] == wanted
    midnight = moment_of("2026-11-22 24:00", BEIJING, day_end)
    assert midnight == datetime(2026, 11, 22, 16, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2026-13-01", "2026-02-30", "soon", "99999999", "11/22/2026", "2026-11-22 25:00"])
def test_no_date(text: str) -> None:
    assert bad(read(f"序列,日期,数值\n{QHD},{text},5\n")) == [(Reason.BAD_TIME, "file:a.csv!2:2")]


@pytest.mark.parametrize(
    ("cell", "wanted"),
    [
        ("520", 520.0),
        ('"5,200.5"', 5200.5),
        ("５２０", 520.0),
        ("520万吨", 520.0),
        (" 520 ", 520.0),
        ("5.2e2", 520.0),
        ("12-5", Reason.WRONG_TYPE),
        ("约500", Reason.WRONG_TYPE),
        ('"12,5"', Reason.WRONG_TYPE),
        ("#REF!", Reason.WRONG_TYPE),
        ("nan", Reason.NOT_FINITE),
        ("-inf", Reason.NOT_FINITE),
        ("1e999", Reason.NOT_FINITE),
        ("-", Reason.MISSING_FIELD),
        ("", Reason.MISSING_FIELD),
    ],
)
def test_forms_of_a_number(cell: str, wanted: float | Reason) -> None:
    items = read(f"序列,日期,数值,单位\n{QHD},2026-11-22,{cell},t\n")
    if isinstance(wanted, Reason):
        assert bad(items) == [(wanted, "file:a.csv!2:3")]
    else:
        assert [g[2] for g in good(items)] == [wanted]


def test_a_wide_table_by_names_of_series_with_units_in_the_heading() -> None:
    name = SERIES[QHD].name_zh
    items = read(
        f"日期,{name}(万吨),inflow.P_QHD.steam_coal（吨）,备注\n2026-11-21,520,-,盘点\n2026-11-22,521,600000,\n"
    )
    assert bad(items) == []
    assert good(items) == [
        (QHD, "2026-11-21T18:00", 520, "万吨"),
        (QHD, "2026-11-22T18:00", 521, "万吨"),
        ("inflow.P_QHD.steam_coal", "2026-11-22T18:00", 600000, "吨"),
    ]


def test_an_excel_report_with_title_merged_heading_and_units() -> None:
    body = workbook(
        [
            ["沿海港口日报", None, None, None, None],
            ["填报单位：港口集团", None, None, "单位：万吨", None],
            ["日期", "港口", "库存", "铁路调运", None],
            [None, None, None, "调入", "调出"],
            [date(2026, 11, 22), "秦皇岛港", 520, 55.5, 50],
            [None, "黄骅港", 230.5, 60, None],
            ["合计", None, 750.5, 115.5, 50],
        ],
        merge=("A1:E1", "A3:A4", "B3:B4", "C3:C4", "D3:E3", "A5:A6"),
    )
    items = read(body, DAILY, "港口日报.xlsx")
    assert bad(items) == []
    assert good(items) == [
        (QHD, "2026-11-22T18:00", 520, "万吨"),
        ("inflow.P_QHD.steam_coal", "2026-11-22T18:00", 55.5, "万吨"),
        ("outflow.P_QHD.steam_coal", "2026-11-22T18:00", 50, "万吨"),
        ("stock.P_HH.steam_coal", "2026-11-22T18:00", 230.5, "万吨"),
        ("inflow.P_HH.steam_coal", "2026-11-22T18:00", 60, "万吨"),
    ]
    assert {i.period_h for i in items if isinstance(i, Candidate)} == {24}


def test_the_same_report_as_gbk_csv_with_a_row_of_units_and_the_day_in_the_title() -> None:
    text = "港口日报（2026年11月22日）,,,\n港口,库存,调运,\n,,调入,调出\n,万吨,吨,吨\n秦皇岛港,520,555000,500000\n"
    assert good(read(text.encode("gbk"), DAILY, "x.csv")) == [
        (QHD, "2026-11-22T18:00", 520, "万吨"),
        ("inflow.P_QHD.steam_coal", "2026-11-22T18:00", 555000, "吨"),
        ("outflow.P_QHD.steam_coal", "2026-11-22T18:00", 500000, "吨"),
    ]


def test_all_faults_of_a_sheet_are_told_by_line_and_column() -> None:
    body = workbook(
        [
            ["日期", "港口", "库存(万吨)", "空气"],
            ["2026-11-22", "秦皇岛港", 520, 1],
            ["2026-11-22", "月亮港", 520, None],
            ["前天", "黄骅港", 230, None],
            ["2026-11-22", "黄骅港", "很多", None],
            [None, "黄骅港", 230, None],
            ["2026-11-22", "黄骅港", "=1+1", None],
        ]
    )
    mapping = Mapping(name="m", entities=DAILY.entities, wide=DAILY.wide)
    items = read(body, mapping, "库存.xlsx")
    assert bad(items) == [
        (Reason.UNKNOWN_SERIES, "file:库存.xlsx#日报!1:D"),
        (Reason.UNKNOWN_SERIES, "file:库存.xlsx#日报!3:B"),
        (Reason.BAD_TIME, "file:库存.xlsx#日报!4:A"),
        (Reason.WRONG_TYPE, "file:库存.xlsx#日报!5:C"),
        (Reason.MISSING_FIELD, "file:库存.xlsx#日报!6:A"),
        (Reason.WRONG_TYPE, "file:库存.xlsx#日报!7:C"),
    ]
    assert len(good(items)) == 1


def zipped(members: dict[str, bytes]) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def _with_member(name: str, content: bytes) -> bytes:
    out = BytesIO(workbook([["日期"]]))
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr(name, content)
    return out.getvalue()


BOMB = b"<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'>]><x>&a;</x>"


@pytest.mark.parametrize(
    ("body", "file", "reason"),
    [
        (b"", "a.csv", Reason.TRUNCATED),
        (b"\n \n", "a.csv", Reason.TRUNCATED),
        (b"\xff\xff\xff\xff", "a.csv", Reason.BAD_ENCODING),
        (b"\x00\x01\x02\x03", "a.csv", Reason.BAD_ENCODING),
        (LONG.encode("gbk") + b"\xff\xff", "a.csv", Reason.BAD_ENCODING),
        (b"\xff\xfea", "a.csv", Reason.BAD_ENCODING),
        (LONG.encode() + f'{QHD},"2026'.encode(), "a.csv", Reason.TRUNCATED),
        (LONG.encode() + f"{QHD},{'9' * 70_000},1\n".encode(), "a.csv", Reason.TOO_LARGE),
        ((LONG + "," * 600 + "\n").encode(), "a.csv", Reason.TOO_LARGE),
        (b"hello world", "a.csv", Reason.MISSING_FIELD),
        ("日期,数值\n2026-11-22,5\n".encode(), "a.csv", Reason.MISSING_FIELD),
        ("序列,日期,数值\n".encode(), "a.csv", Reason.MISSING_FIELD),
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 512, "a.xls", Reason.MALFORMED),
        (b"%PDF-1.7", "a.pdf", Reason.MALFORMED),
        (workbook([["日期"]])[:-200], "a.xlsx", Reason.TRUNCATED),
        (workbook([["日期"]])[:40], "a.xlsx", Reason.TRUNCATED),
        (b"PK\x03\x04 nonsense", "a.xlsx", Reason.TRUNCATED),
        (b"not a zip", "a.xlsx", Reason.TRUNCATED),
        (zipped({"a.txt": b"x"}), "a.xlsx", Reason.MALFORMED),
        (_with_member("xl/vbaProject.bin", b"x"), "a.xlsm", Reason.UNSAFE),
        (_with_member("xl/evil.xml", b"0" * 120_000_000), "a.xlsx", Reason.UNSAFE),
        (_with_member("xl/evil.bin", b"0" * 20_000_000), "a.xlsx", Reason.UNSAFE),
        (_with_member("xl/evil.xml", BOMB), "a.xlsx", Reason.UNSAFE),
        (_with_member("xl/evil.xml", BOMB.decode().encode("utf-16")), "a.xlsx", Reason.UNSAFE),
        (zipped({f"m{i}": b"" for i in range(1200)}), "a.xlsx", Reason.UNSAFE),
        (zipped({"xl/workbook.xml": b"<broken"}), "a.xlsx", Reason.MALFORMED),
        (workbook([["甲", "乙"], [1, 2]]), "a.xlsx", Reason.MISSING_FIELD),
        (workbook([]), "a.xlsx", Reason.MISSING_FIELD),
    ],
    # A workbook's bytes hold the hour they were made: no name of a test may.
    ids=lambda value: "body" if isinstance(value, bytes) else None,
)
def test_a_file_that_cannot_be_read_is_one_finding(body: bytes, file: str, reason: Reason) -> None:
    items = read(body, PLAIN, file)
    assert [r for r, _ in bad(items)] == [reason]
    (found,) = items
    assert isinstance(found, Finding)
    assert found.origin == f"file:{file}"
    assert " / " in found.wanted


@pytest.mark.parametrize(
    ("row", "reason", "place"),
    [
        (f"{QHD},2026-11-22,1,200,t", Reason.BAD_COLUMNS, "!3:5"),
        (f"{QHD},2026-1", Reason.BAD_TIME, "!3:2"),
        (",2026-11-22,5,t", Reason.MISSING_FIELD, "!3:1"),
    ],
)
def test_rows_beside_a_bad_row_pass(row: str, reason: Reason, place: str) -> None:
    items = read(f"{LONG}{row}\n{QHD},2026-11-21,520,万吨\n")
    assert bad(items) == [(reason, f"file:a.csv{place}")]
    assert len(good(items)) == 2


def test_a_file_cut_in_the_middle_of_its_last_row() -> None:
    items = read(f"{LONG}{QHD},2026-11")
    assert bad(items) == [(Reason.TRUNCATED, "file:a.csv!3:3")]
    assert good(items) == WANTED


def test_a_mapping_is_chosen_by_provider_and_file_name() -> None:
    own = Mapping(name="own", providers=["port"], files=["*.CSV"])
    assert chosen([own, DAILY], "port", "a.csv").name == "own"
    assert chosen([own, DAILY], "mine", "日报1.csv").name == "enterprise-daily"
    assert chosen([own], "mine", "a.csv").name == "default"
    assert Mapping(name="x", day_end="25:00", timezone="Mars/Base", columns={"colour": []}).problems()
    assert DAILY.problems() == []
    assert all(c.series.count("{node}") == 1 for c in DAILY.wide)


def test_lines_with_quoted_breaks_keep_their_numbers() -> None:
    items = read(f'序列,日期,数值,备注\n{QHD},2026-11-22,1,"两\n行"\n{QHD},前天,2,\n')
    assert bad(items) == [(Reason.BAD_TIME, "file:a.csv!4:2")]


def test_merged_numbers_are_stated_once() -> None:
    body = workbook([["日期", QHD], ["2026-11-21", 5], ["2026-11-22", None]], merge=("B2:B3",))
    assert [g[2] for g in good(read(body, PLAIN, "a.xlsx"))] == [5]


_cells = st.one_of(
    st.none(),
    st.floats(allow_nan=False),
    st.text(max_size=6, alphabet=st.characters(blacklist_categories=["Cs", "Cc"])),
    st.sampled_from([QHD, "2026-11-22", "日期", "数值", "序列", "单位", "万吨", "合计", date(2026, 11, 22), True]),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(_cells, max_size=5), max_size=6))
def test_any_sheet_ends_in_candidates_or_findings(rows: list[list[Any]]) -> None:
    for row in rows:
        row[:] = [c if not isinstance(c, str) or not c.startswith("=") else c[1:] for c in row]
    assert read(workbook(rows), DAILY, "a.xlsx")


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda t: (LONG + t).encode("utf-8", "replace")))
def test_any_bytes_end_in_candidates_or_findings(body: bytes) -> None:
    assert read(body)
    assert read(body, DAILY, "a.xlsx")


def test_wide_columns_may_carry_their_own_unit() -> None:
    mapping = Mapping(name="m", wide=[WideColumn(headings=["库存"], series=QHD, unit="万吨")])
    assert good(read("日期,库存\n2026-11-22,520\n", mapping)) == WANTED
    assert good(read("日期,库存(吨)\n2026-11-22,520\n", mapping)) == [(QHD, "2026-11-22T18:00", 520.0, "吨")]
