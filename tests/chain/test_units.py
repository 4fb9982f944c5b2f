"""Units as people write them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.runtime.chain.units import (
    IncompatibleUnitsError,
    UnitError,
    UnknownUnitError,
    convert,
    factor_between,
    known_units,
    parse_unit,
)
from services.runtime.errors import InputError

CASES = [
    (1.5, "万吨", "t", 15000),
    (2, "亿吨", "Mt", 200),
    (3, "kt", "吨", 3000),
    (3, "千吨", "kt", 3),
    (500, "kg", "t", 0.5),
    (1, "百万吨", "Mt", 1),
    (12, "万千瓦时", "MWh", 120),
    (1, "亿千瓦时", "GWh", 100),
    (5, "万度", "kWh", 50000),
    (3, "万方", "m3", 30000),
    (2, "亿方", "bcm", 0.2),
    (7, "1000m3", "m³", 7000),
    (6, "千立方米", "1000m3", 6),
    (770, "元/吨", "CNY/t", 770),
    (0.5, "元/千瓦时", "CNY/MWh", 500),
    (70, "%", "share", 0.7),
    (0.85, "比例", "％", 85),
    (5500, "大卡/千克", "kcal/kg", 5500),
    (5500, "kcal/kg", "MJ/kg", 23.027),
    (1, "tce", "GJ", 29.3076),
    (10, "万千瓦", "MWh/d", 2400),
    (2.4, "万吨/日", "t/d", 24000),
    (100, "t/h", "t/d", 2400),
    (365, "Mt/a", "t/d", 1e6),
    (36, "小时", "d", 1.5),
    (3, "列/日", "train/d", 3),
    (40, "车/天", "vehicle/d", 40),
    (25, "艘", "ship", 25),
    (3, "级", "level", 3),
    (1, " Ｔ ／ Ｄ ", "t/d", 1),
    (1, "吨（公吨）".replace("（公吨）", ""), "T", 1),
    (9, "mwh", "MWh", 9),
]


@pytest.mark.parametrize(("value", "given_unit", "wanted_unit", "expected"), CASES)
def test_conversion(value: float, given_unit: str, wanted_unit: str, expected: float) -> None:
    assert convert(value, given_unit, wanted_unit) == pytest.approx(expected, rel=1e-4)


def test_an_amount_over_a_period_becomes_a_rate() -> None:
    assert convert(9.6, "万吨", "t/d", period_h=24) == pytest.approx(96000)
    assert convert(100, "吨", "t/d", period_h=8) == pytest.approx(300)
    with pytest.raises(IncompatibleUnitsError):
        convert(100, "吨", "t/d")
    with pytest.raises(ValueError, match="more than 0"):
        convert(100, "吨", "t/d", period_h=0)
    with pytest.raises(ValueError, match="more than 0"):
        convert(100, "吨", "t/d", period_h=math.nan)


def test_a_tonne_of_water_is_a_cubic_metre_and_of_nothing_else() -> None:
    assert convert(4, "万吨", "m3", product="water") == pytest.approx(40000)
    assert convert(4, "吨/日", "m3/d", product="water") == pytest.approx(4)
    assert convert(4, "方", "t", product="water") == pytest.approx(4)
    with pytest.raises(IncompatibleUnitsError):
        convert(4, "万吨", "m3", product="sng")


@pytest.mark.parametrize(
    "unit", ["", " ", "bushel", "t/", "/t", "t/d/h", "万", "t d", "吨吨", "nan", "1e3t", "t/bushel"]
)
def test_an_unknown_unit_names_what_is_known(unit: str) -> None:
    with pytest.raises(UnknownUnitError, match="kt") as caught:
        parse_unit(unit)
    assert "CNY/t" in str(caught.value)
    assert isinstance(caught.value, InputError)


@pytest.mark.parametrize("unit", ["MT", "mt"])
def test_the_trade_spelling_of_tonnes_is_asked_for(unit: str) -> None:
    with pytest.raises(UnknownUnitError, match="Mt"):
        parse_unit(unit)


@pytest.mark.parametrize(("one", "other"), [("t", "MWh"), ("t", "t/d"), ("CNY/t", "CNY"), ("%", "level"), ("列", "车")])
def test_what_does_not_convert_is_refused(one: str, other: str) -> None:
    with pytest.raises(IncompatibleUnitsError):
        factor_between(one, other)


FAMILIES = [
    ["t", "万吨", "亿吨", "kt", "Mt", "kg", "千吨"],
    ["MWh", "kWh", "万千瓦时", "GWh", "GJ", "kcal", "tce"],
    ["m3", "万方", "亿方", "1000m3", "bcm"],
    ["t/d", "万吨/日", "t/h", "Mt/a", "kt/d"],
    ["CNY/t", "元/吨", "万元/万吨", "元/kg"],
    ["share", "%"],
    ["h", "d", "min", "a"],
]


@given(
    family=st.sampled_from(FAMILIES),
    data=st.data(),
    value=st.floats(allow_nan=False, allow_infinity=False, min_value=-1e15, max_value=1e15),
)
def test_there_and_back_again(family: list[str], data: st.DataObject, value: float) -> None:
    one, other = data.draw(st.sampled_from(family)), data.draw(st.sampled_from(family))
    assert convert(convert(value, one, other), other, one) == pytest.approx(value, rel=1e-12, abs=1e-300)


@given(st.text(max_size=12))
def test_any_text_is_a_unit_or_a_clear_refusal(text: str) -> None:
    try:
        unit = parse_unit(text)
    except UnitError as error:
        refusal = str(error)
    else:
        refusal = repr(text)
        assert 0 < unit.factor < math.inf
    assert repr(text) in refusal


def test_known_units_are_known() -> None:
    for unit in known_units():
        assert parse_unit(unit).factor > 0
