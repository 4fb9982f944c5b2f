"""Cells become observations; blanks nothing; only stated defects are rejected."""

import random
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.rejection import Reason
from services.intake.history.day import day_of
from services.intake.history.loading import History, load_history
from services.intake.history.mapping import DateRule
from services.intake.history.reading import Reading
from services.intake.history.rejections import rejections_of
from services.intake.history.table import parse_table
from services.runtime.clock import from_us
from services.runtime.errors import InputError


def _values(reading: Reading) -> dict[tuple[str, str], float]:
    return {(o.series, from_us(o.observed_us).isoformat()): o.value for o in reading.observations}


def _read(mapping: str, table: str) -> History:
    return load_history(mapping, "m.yaml", table.encode(), "little.csv")


def test_values_times_and_units(little: History) -> None:
    values = _values(little.reading)
    assert values[("stock.T_NORD_P.steam_coal", "2024-06-06T10:00:00+00:00")] == 53700.0
    first = little.reading.observations[0]
    assert from_us(first.known_us).isoformat() == "2024-06-06T16:00:00+00:00"


def test_blank_is_no_record_and_zero_is_one(little: History) -> None:
    values = _values(little.reading)
    assert values[("stock.T_EAST.steam_coal", "2024-06-06T10:00:00+00:00")] == 0
    assert values[("norm.T_EAST.steam_coal", "2024-06-07T10:00:00+00:00")] == 0
    assert ("stock.T_EAST.steam_coal", "2024-06-07T10:00:00+00:00") not in values
    assert little.reading.blank == 4
    assert little.reading.defects == []


def test_percent_is_converted_by_dated_rules(little: History) -> None:
    values = _values(little.reading)
    share = [values[("norm_share.T_NORD_P.steam_coal", f"2024-06-{d:02}T10:00:00+00:00")] for d in (6, 7, 9, 10)]
    assert share == [54, 50, 40, 41]


@pytest.mark.parametrize(
    ("row", "reason", "column"),
    [
        ("11.06.2024,Nord (P),about 40,100,5000,40", Reason.WRONG_TYPE, "stock kt"),
        ("11.06.2024,Nord (P),1 234,100,5000,40", Reason.WRONG_TYPE, "stock kt"),
        ("11.06.2024,Nord (P),-4,100,5000,40", Reason.IMPLAUSIBLE, "stock kt"),
        ("11.06.2024,Nord (P),40,100000,5000,40", Reason.IMPLAUSIBLE, "norm kt"),
        ("11.06.2024,Nord (P),1e400,100,5000,40", Reason.IMPLAUSIBLE, "stock kt"),
        ("11.06.2024,Nord (P),40,100,NaN,40", Reason.NOT_FINITE, "need"),
        ("11.06.2024,Nord (P),40,100,-inf,40", Reason.NOT_FINITE, "need"),
        ("10.06.2024,Nord (P),42,100,5000,41", Reason.CONFLICTING_DUPLICATE, "stock kt"),
        ("2024-06-11,Nord (P),40,100,5000,40", Reason.BAD_TIME, "day"),
        ("31.06.2024,Nord (P),40,100,5000,40", Reason.BAD_TIME, "day"),
        ("11.06.2024, ,40,100,5000,40", Reason.MISSING_FIELD, ""),
        ("11.06.2024,Nord (P),40,100", Reason.BAD_COLUMNS, ""),
        ("11.06.2024,Nord (P),40,100,5000,40,7", Reason.BAD_COLUMNS, ""),
    ],
)
def test_a_defect_is_rejected_with_its_reason(
    mapping_text: str, table_text: str, row: str, reason: Reason, column: str
) -> None:
    history = _read(mapping_text, table_text + row + "\n")
    assert [(d.reason, d.column, d.line) for d in history.reading.defects] == [(reason, column, 8)]
    clean = _read(mapping_text, table_text)
    assert set(_values(clean.reading).items()) <= set(_values(history.reading).items())


def test_the_same_row_twice_is_counted_not_rejected(mapping_text: str, table_text: str) -> None:
    history = _read(mapping_text, table_text + "10.06.2024,Nord  (P),41.0,100,5000,41\n")
    assert history.reading.defects == []
    assert history.reading.repeated == 4


def test_the_order_of_rows_does_not_matter(mapping_text: str, table_text: str, little: History) -> None:
    header, *rows = table_text.splitlines()
    random.Random(7).shuffle(rows)
    other = _read(mapping_text, "\n".join([header, *rows]) + "\n")
    assert _values(other.reading) == _values(little.reading)
    assert [(o.known_us, o.series) for o in other.reading.observations] == [
        (o.known_us, o.series) for o in little.reading.observations
    ]
    assert other.chain == little.chain


def test_rejections_have_the_same_id_each_time(mapping_text: str, table_text: str) -> None:
    history = _read(mapping_text, table_text + "x,Nord (P),1,1,1,1\n11.06.2024,Nord (P),-4,100,5000,x\n")
    found = rejections_of(history.mapping, history.reading, "little.csv", "replay:little")
    again = rejections_of(history.mapping, history.reading, "little.csv", "replay:little")
    assert found == again
    assert len({r.rejection_id for r in found}) == 3
    assert found[0].origin == "file:little.csv#8:day"
    assert found[0].known_at == from_us(history.reading.observations[0].known_us)
    assert found[1].raw == b"11.06.2024,Nord (P),-4,100,5000,x"


def test_the_chain_of_the_table(little: History) -> None:
    chain = little.chain
    assert [n.id for n in chain.nodes] == ["T_EAST", "T_NORD_P"]
    assert [n.name_zh for n in chain.nodes] == ["东厂", "Nord (P)厂"]
    (stock,) = chain.stocks
    assert (stock.node, stock.daily_use, stock.days_normal, stock.days_min) == ("T_NORD_P", 5000, 20, 5)
    assert len(chain.series) == 8
    one = next(s for s in chain.series if s.id == "stock.T_NORD_P.steam_coal")
    assert (one.group, one.unit, one.cadence_h, one.is_essential) == ("T_NORD_P", "t", 24, True)


@pytest.mark.parametrize(
    ("year", "week", "end"),
    [
        ("1985", "1.0", date(1985, 1, 5)),
        ("1985", "53.0", date(1985, 12, 31)),
        ("2016", "1", date(2016, 1, 2)),
        ("2017", "52", date(2017, 12, 30)),
    ],
)
def test_weeks_end_on_saturday_and_never_in_the_next_year(year: str, week: str, end: date) -> None:
    rule = DateRule(columns=("y", "w"), format="year-week", zone="UTC", hour=0, period="day", line=1)
    assert day_of([year, week], rule) == end


@pytest.mark.parametrize("texts", [["1985", "54"], ["1985", "0"], ["1985", "1.5"], ["x", "1"], ["1985", "inf"]])
def test_weeks_that_do_not_exist(texts: list[str]) -> None:
    rule = DateRule(columns=("y", "w"), format="year-week", zone="UTC", hour=0, period="day", line=1)
    with pytest.raises((ValueError, OverflowError)):
        day_of(texts, rule)


def test_a_month_is_observed_on_its_last_day() -> None:
    rule = DateRule(columns=("m",), format="%Y-%m-%d", zone="UTC", hour=23, period="month", line=1)
    assert day_of(["2024-02-01"], rule) == date(2024, 2, 29)


def test_tables_in_chinese_encodings() -> None:
    table = parse_table("日期,电厂\n1,岱海\n".encode("gb18030"), "t.csv")
    assert table.header == ["日期", "电厂"]
    assert table.rows[0].cells["电厂"] == "岱海"
    assert parse_table("﻿a,b\n1,2\n".encode(), "t.csv").header == ["a", "b"]


@pytest.mark.parametrize("content", [b"", b"\xff\xff\xff", b"a,a\n1,2\n"])
def test_tables_that_cannot_be_read(content: bytes) -> None:
    with pytest.raises(InputError, match=r"t\.csv"):
        parse_table(content, "t.csv")


@given(st.binary(max_size=400))
def test_any_bytes_are_a_table_or_a_clear_error(content: bytes) -> None:
    try:
        table = parse_table(content, "t.csv")
    except InputError:
        return
    assert all(row.line > 1 for row in table.rows)
