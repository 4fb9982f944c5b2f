"""Judging records: a table of cases through the JSON door and the judge, each with the reason and field a provider is told."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.chain import Series
from schemas.feed import Feed
from schemas.lane import Lane
from schemas.provider import Provider
from schemas.rejection import Reason
from services.intake.candidate import Candidate, Finding
from services.intake.catalogue import Catalogue, catalogue_of
from services.intake.checks import Judge
from services.intake.json_records import Items, read_json, read_lines
from services.intake.limits import Limits, TimeLimit
from services.intake.validation import judge_batch
from services.runtime.clock import to_us

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def series(name: str, unit: str = "t", low: float = 0, high: float = 1_200_000, cadence_h: float = 24) -> Series:
    return Series(
        id=name,
        feed=Feed.LOGISTICS,
        group=name.split(".")[1],
        name_zh=name,
        name_en=name,
        indicator=name.split(".")[0],
        unit=unit,
        cadence_h=cadence_h,
        lateness_h=72,
        silence_h=50,
        plausible_low=low,
        plausible_high=high,
        provider="port",
    )


def lane(name: str, **changes: object) -> Lane:
    fields = {"name": name, "chain": "ordos", "opened_at": NOW, "origin": NOW, "wall_origin": NOW} | changes
    return msgspec.convert(fields, Lane)


def catalogue() -> Catalogue:
    all_series = (
        series("stock.P_QHD.steam_coal"),
        series("output.M_HEW.raw_coal", "t/d", 0, 130_000, 8),
        series("price.BSPI", "CNY/t", 300, 2000),
        series("rate.A", "share", 0, 1),
    )
    lanes = (
        lane("live"),
        lane("drill:w1", origin=NOW - timedelta(days=3000)),
        lane("drill:closed", closed_at=NOW),
        lane("replay:old", origin=NOW - timedelta(days=3000)),
    )
    return catalogue_of({s.id: s for s in all_series}, {x.name: x for x in lanes}, {})


PROVIDER = Provider(
    provider="port",
    name_zh="港口",
    name_en="port",
    series=["stock.*", "output.*", "rate.*", "nowhere*"],
    lanes=["live", "drill:*", "gone", "bad name"],
)
JUDGE = Judge(catalogue=catalogue(), limits=Limits(), source="port", arrived_at=NOW, provider=PROVIDER)
GOOD = {"series": "stock.P_QHD.steam_coal", "observed_at": "2026-11-22T18:00:00+08:00", "value": 520_000}


def body(**changes: object) -> bytes:
    record = {k: v for k, v in (GOOD | changes).items() if v is not ...}
    return msgspec.json.encode(record)


def outcome(raw: bytes) -> tuple[Reason, str] | float:
    judged = judge_batch(JUDGE, read_json(raw, "http"))
    (place,) = judged.places
    if isinstance(place, Finding):
        assert " / " in place.wanted, "wanted speaks both languages"
        assert place.raw
        return place.reason, place.field
    return judged.rows[place[0]].value[place[1]]


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        (body(), 520_000.0),
        (body(unit="万吨", value=52), 520_000.0),
        (body(unit="千吨", value=520), 520_000.0),
        (body(series="rate.A", unit="%", value=85), 0.85),
        (body(series="output.M_HEW.raw_coal", unit="吨", value=30_000), 90_000.0),
        (body(series="output.M_HEW.raw_coal", unit="万吨/日", value=9), 90_000.0),
        (body(quality="估计"), 520_000.0),
        (body(value=0), 0.0),
        (body(value=1_200_000), 1_200_000.0),
        (body(lane="drill:w1", observed_at="2018-09-05T12:00:00Z"), 520_000.0),
        (body(detail={"note": "盘点", "n": 3}), 520_000.0),
        (body(issued_at="2026-11-22T18:30:00+08:00"), 520_000.0),
        (body(series="stock.nowhere"), (Reason.UNKNOWN_SERIES, "series")),
        (body(series="price.BSPI", value=700), (Reason.FOREIGN_SERIES, "series")),
        (body(value="520000"), (Reason.WRONG_TYPE, "value")),
        (body(value=None), (Reason.WRONG_TYPE, "value")),
        (body(value=True), (Reason.WRONG_TYPE, "value")),
        (body(value=...), (Reason.MISSING_FIELD, "value")),
        (body(series=...), (Reason.MISSING_FIELD, "series")),
        (body(observed_at=...), (Reason.MISSING_FIELD, "observed_at")),
        (body(colour="red"), (Reason.UNKNOWN_FIELD, "colour")),
        (body(series=7), (Reason.WRONG_TYPE, "series")),
        (body(detail={"a": {"b": 1}}), (Reason.WRONG_TYPE, "detail[...]")),
        (body(detail={"a": "x" * 20_000}), (Reason.TOO_LARGE, "detail")),
        (body(key="k" * 300), (Reason.TOO_LARGE, "key")),
        (body(observed_at="yesterday"), (Reason.BAD_TIME, "observed_at")),
        (body(observed_at="2026-11-31T00:00:00Z"), (Reason.BAD_TIME, "observed_at")),
        (body(observed_at=1763800000), (Reason.BAD_TIME, "observed_at")),
        (body(observed_at="2026-11-22T18:00:00"), (Reason.TIME_WITHOUT_OFFSET, "observed_at")),
        (body(issued_at="2026-11-22T18:00:00"), (Reason.TIME_WITHOUT_OFFSET, "issued_at")),
        (body(observed_at="2026-11-22T14:00:00Z"), (Reason.TOO_FAR_FUTURE, "observed_at")),
        (body(observed_at="9999-12-31T23:59:59-12:00"), (Reason.TOO_FAR_FUTURE, "observed_at")),
        (body(observed_at="2024-11-22T12:00:00Z"), (Reason.TOO_FAR_PAST, "observed_at")),
        (body(observed_at="0001-01-01T00:00:00+12:00"), (Reason.TOO_FAR_PAST, "observed_at")),
        (body(issued_at="2026-11-22T09:00:00Z"), (Reason.ISSUED_BEFORE_OBSERVED, "issued_at")),
        (body(issued_at="2026-11-23T09:00:00Z"), (Reason.TOO_FAR_FUTURE, "issued_at")),
        (body(unit="斤两"), (Reason.UNKNOWN_UNIT, "unit")),
        (body(unit="MWh"), (Reason.UNKNOWN_UNIT, "unit")),
        (body(unit="MT"), (Reason.UNKNOWN_UNIT, "unit")),
        (body(unit=""), (Reason.UNKNOWN_UNIT, "unit")),
        (body(value=5_200_000), (Reason.DECIMAL_SLIP, "value")),
        (body(value=520_000, unit="万吨"), (Reason.DECIMAL_SLIP, "value")),
        (body(value=-520_000), (Reason.IMPLAUSIBLE, "value")),
        (body(value=1e300), (Reason.IMPLAUSIBLE, "value")),
        (body(series="rate.A", value=85), (Reason.DECIMAL_SLIP, "value")),
        (body(quality="super"), (Reason.BAD_QUALITY, "quality")),
        (body(lane="drill:none"), (Reason.BAD_LANE, "lane")),
        (body(lane="bad name"), (Reason.BAD_LANE, "lane")),
        (body(lane="replay:old"), (Reason.BAD_LANE, "lane")),
        (body(lane="drill:closed"), (Reason.LANE_CLOSED, "lane")),
        (body().replace(b"520000", b"NaN"), (Reason.NOT_FINITE, "value")),
        (body().replace(b"520000", b"-Infinity"), (Reason.NOT_FINITE, "value")),
        (body().replace(b"520000", b"1e999"), (Reason.NOT_FINITE, "value")),
        (body()[:-9], (Reason.TRUNCATED, "")),
        (b"", (Reason.TRUNCATED, "")),
        (b"[]", (Reason.MISSING_FIELD, "")),
        (b"series=1&value=2", (Reason.MALFORMED, "")),
        (b"<alert/>", (Reason.MALFORMED, "")),
        (body()[:-1] + b',"quality":"\xb9\xc0\xbc\xc6"}', (Reason.BAD_ENCODING, "")),
        (b"\x00\x01\x02", (Reason.MALFORMED, "")),
        (b"[" * 100_000, (Reason.MALFORMED, "")),
        (b'"text"', (Reason.WRONG_TYPE, "")),
    ],
)
def test_one_record(raw: bytes, wanted: tuple[Reason, str] | float) -> None:
    if raw == b"":
        (item,) = read_json(raw, "http")
        assert isinstance(item, Finding)
        assert item.reason is Reason.TRUNCATED
        return
    result = outcome(raw)
    assert result == (pytest.approx(wanted) if isinstance(wanted, float) else wanted)


def test_a_decimal_slip_is_named_with_what_would_be_right() -> None:
    (found,) = judge_batch(JUDGE, read_json(body(value=520_000, unit="万吨"), "http")).findings
    assert "520000 t" in found.wanted
    assert "万吨" in found.wanted
    assert found.given == "520000 万吨"


def test_an_unknown_series_gets_the_nearest_name() -> None:
    judge = msgspec.structs.replace(JUDGE, provider=None)
    (found,) = judge_batch(judge, read_json(body(series="stock.P_QDH.steam_coal"), "http")).findings
    assert "stock.P_QHD.steam_coal" in found.wanted


def test_of_two_equal_records_the_first_is_kept() -> None:
    again = judge_batch(JUDGE, read_json(b"[" + body() + b"," + body() + b"," + body(value=1) + b"]", "http"))
    assert [f.reason for f in again.findings] == [Reason.DUPLICATE, Reason.CONFLICTING_DUPLICATE]
    assert again.rows["live"].value == [520_000.0]
    correction = body(value=1, issued_at="2026-11-22T11:00:00Z")
    assert judge_batch(JUDGE, read_json(b"[" + body() + b"," + correction + b"]", "http")).findings == []


def test_good_records_beside_bad_ones_pass_and_keep_their_place() -> None:
    items = read_lines(body() + b"\n\n{bad}\n" + body(observed_at="2026-11-21T10:00:00Z") + b"\n", "http")
    judged = judge_batch(JUDGE, items)
    assert [isinstance(p, Finding) for p in judged.places] == [False, True, False]
    assert judged.findings[0].origin == "http:3"
    assert len(judged.rows["live"]) == 2


def columns(**changes: object) -> bytes:
    whole = {
        "series": ["stock.P_QHD.steam_coal", "output.M_HEW.raw_coal"],
        "observed_at": ["2026-11-22T10:00:00Z", "2026-11-22T10:00:00Z"],
        "value": [52, 3],
        "unit": ["万吨", "万吨"],
    }
    return msgspec.json.encode(whole | changes)


def test_columns_are_read_with_one_unit_or_many() -> None:
    judged = judge_batch(JUDGE, read_json(columns(), "http"))
    assert judged.findings == []
    assert judged.rows["live"].value == pytest.approx([520_000, 90_000])
    assert judged.rows["live"].issued_us == [to_us(NOW)] * 2
    assert judged.rows["live"].implied == [True, True]
    assert judge_batch(JUDGE, read_json(columns(unit="万吨"), "http")).findings == []


@pytest.mark.parametrize(
    ("raw", "reasons"),
    [
        (columns(value=[52]), [Reason.BAD_COLUMNS]),
        (columns(unit=["t"]), [Reason.BAD_COLUMNS]),
        (columns(series=[], observed_at=[], value=[], unit=None), [Reason.BAD_COLUMNS]),
        (columns(value=[52, "x"]), [Reason.WRONG_TYPE]),
        (columns(observed_at=["2026-11-22T10:00:00Z", "soon"]), [Reason.BAD_TIME]),
        (columns(colour="red"), [Reason.UNKNOWN_FIELD] * 2),
        (columns(value="x"), [Reason.WRONG_TYPE] * 2),
        (columns()[:-5], [Reason.TRUNCATED]),
    ],
)
def test_bad_columns(raw: bytes, reasons: list[Reason]) -> None:
    judged = judge_batch(JUDGE, read_json(raw, "http"))
    assert [f.reason for f in judged.findings] == reasons
    assert all(f.raw for f in judged.findings)


def test_known_at_is_the_time_of_the_lane() -> None:
    judged = judge_batch(JUDGE, read_json(body(lane="drill:w1", observed_at="2018-09-05T12:00:00Z"), "http"))
    assert judged.rows["drill:w1"].known_us == [to_us(NOW - timedelta(days=3000))]


def test_history_lanes_have_no_earliest_time() -> None:
    judge = msgspec.structs.replace(JUDGE, provider=None)
    old = body(lane="replay:old", observed_at="1999-01-01T00:00:00Z")
    assert judge_batch(judge, read_json(old, "http")).findings == []


def test_limits_may_be_set_for_an_indicator_and_a_series() -> None:
    limits = Limits(indicators={"stock": TimeLimit(past_d=2)}, series={"stock.X": TimeLimit(past_d=9)})
    assert limits.time_limit("stock.P_QHD.steam_coal", "stock").past_d == 2
    assert limits.time_limit("stock.X", "stock").past_d == 9
    assert limits.time_limit("price.X", "price").past_d == 400


def test_the_id_of_a_rejection_is_made_of_its_content() -> None:
    first, again = (judge_batch(JUDGE, read_json(body(value=-5), "http")).findings[0] for _ in range(2))
    one, other = first.rejection("port", NOW), again.rejection("port", NOW + timedelta(hours=1))
    assert one.rejection_id == other.rejection_id
    assert one.record_id == f"rej-{one.rejection_id}"
    assert first.rejection("mine", NOW).rejection_id != one.rejection_id


def test_raw_bytes_are_cut_at_64_kib() -> None:
    (item,) = read_json(b'{"series":"' + b"x" * 200_000, "http")
    assert isinstance(item, Finding)
    assert len(item.raw) == 64 * 1024


def _check(items: Items) -> None:
    judged = judge_batch(JUDGE, items)
    assert len(judged.places) == len(items)
    for rows in judged.rows.values():
        assert rows.lengths() == {len(rows.series)}
        assert all(0 <= v <= 1.3e6 for v in rows.value)
    for found in judged.findings:
        assert found.rejection("p", NOW).raw == found.raw
        msgspec.json.encode(found.rejection("p", NOW))


_json = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8) | st.integers(), lambda c: st.lists(c, max_size=4)
)
_fields = st.dictionaries(
    st.sampled_from([*GOOD, "unit", "issued_at", "quality", "lane", "key", "detail"]), _json, max_size=9
)


@settings(max_examples=150, deadline=None)
@given(st.lists(_fields, max_size=4))
def test_any_json_ends_in_rows_or_findings(records: list[dict[str, object]]) -> None:
    import json

    _check(read_json(json.dumps([GOOD | r for r in records]).encode(), "http"))
    for record in records:
        _check(read_json(json.dumps(record).encode(), "http"))


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_end_in_rows_or_findings(raw: bytes) -> None:
    _check(read_json(raw, "http"))
    _check(read_lines(raw, "http"))


def test_a_candidate_without_raw_bytes_is_told_as_json() -> None:
    items: Items = [Candidate(series="stock.P_QHD.steam_coal", observed_at=NOW, value=float("inf"), origin="f")]
    (found,) = judge_batch(JUDGE, items).findings
    assert b'"value":"inf"' in found.raw
