"""CAP 1.2: levels, areas, chains of Alert, Update and Cancel in any order of arrival, and hostile XML."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.rejection import Reason
from services.intake.candidate import Candidate, Finding
from services.intake.cap.ledger import CapLedger
from services.intake.cap.meaning import Words
from services.intake.cap.records import CapReader
from services.intake.catalogue import Place
from services.intake.feeds.configuration import load_yaml
from services.intake.json_records import Items
from services.runtime.chain import load_chain

CLONE = Path(__file__).resolve().parents[2]
CHAIN = load_chain(CLONE / "deploy/config/chains/ordos")
SERIES = {s.id: s for s in CHAIN.series}
PLACES = tuple(Place(n.admin_code, n.lat, n.lon) for n in CHAIN.nodes)
WORDS = load_yaml(CLONE / "deploy/config/intake/cap.yaml", Words)
T0 = datetime(2026, 1, 6, 8, tzinfo=UTC)
SNOW = "hazard.snow.150627"


def info(
    event: str = "暴雪橙色预警", severity: str = "Severe", codes: tuple[str, ...] = ("150627",), extra: str = ""
) -> str:
    geocodes = "".join(f"<geocode><valueName>行政区划代码</valueName><value>{c}</value></geocode>" for c in codes)
    return (
        f"<info><language>zh-CN</language><category>Met</category><event>{event}</event><urgency>Expected</urgency>"
        f"<severity>{severity}</severity><certainty>Likely</certainty><headline>标题</headline>{extra}"
        f"<area><areaDesc>伊金霍洛旗</areaDesc>{geocodes}</area></info>"
    )


def cap(
    identifier: str = "a1",
    kind: str = "Alert",
    hours: float = 0,
    references: tuple[str, ...] = (),
    infos: str | None = None,
    status: str = "Actual",
) -> bytes:
    sent = (T0 + timedelta(hours=hours)).isoformat()
    refs = " ".join(f"nmc.cn,{r},{T0.isoformat()}" for r in references)
    return (
        '<?xml version="1.0" encoding="UTF-8"?><alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">'
        f"<identifier>{identifier}</identifier><sender>nmc.cn</sender><sent>{sent}</sent><status>{status}</status>"
        f"<msgType>{kind}</msgType><scope>Public</scope>"
        + (f"<references>{refs}</references>" if refs else "")
        + (info() if infos is None else infos)
        + "</alert>"
    ).encode()


def reader() -> CapReader:
    return CapReader(WORDS, CapLedger())


def read(body: bytes, by: CapReader | None = None, lane: str = "live") -> Items:
    return (by or reader()).read(body, "cap", SERIES, PLACES, lane)


def levels(items: Items) -> dict[str, float]:
    return {i.series: i.value for i in items if isinstance(i, Candidate)}


def reasons(items: Items) -> list[tuple[Reason, str]]:
    return [(i.reason, i.field) for i in items if isinstance(i, Finding)]


@pytest.mark.parametrize(
    ("event", "severity", "level"),
    [
        ("暴雪", "Extreme", 4),
        ("暴雪", "Severe", 3),
        ("暴雪", "Moderate", 2),
        ("暴雪", "Minor", 1),
        ("暴雪", "红色", 4),
        ("暴雪", "橙色预警", 3),
        ("暴雪黄色预警", "Unknown", 2),
        ("Blizzard Blue Warning", "Unknown", 1),
        ("Blizzard", "Orange", 3),
        ("暴雪蓝色预警信号", "Severe", 1),
    ],
)
def test_levels_by_colour_word_or_severity(event: str, severity: str, level: int) -> None:
    assert levels(read(cap(infos=info(event, severity)))) == {SNOW: level}


def test_the_detail_tells_boards_what_they_ask() -> None:
    expires = "<expires>2026-01-07T08:00:00+08:00</expires>"
    english = info(extra=expires).replace("zh-CN", "en-US").replace("标题", "Headline")
    (item,) = read(cap(infos=info(extra=expires) + english))
    assert isinstance(item, Candidate)
    detail = msgspec.json.decode(item.detail or "")
    assert (detail["headline_zh"], detail["headline_en"]) == ("标题", "Headline")
    assert detail["expires"] == "2026-01-07T08:00:00+08:00"
    assert (detail["msgType"], detail["identifier"], detail["event"], detail["area"]) == (
        "Alert",
        "a1",
        "snow",
        "150627",
    )
    assert item.observed_at == item.issued_at == T0


def test_a_city_covers_its_districts_and_a_polygon_its_places() -> None:
    city = levels(read(cap(infos=info(codes=("150600",)))))
    assert {SNOW, "hazard.snow.150600"} <= set(city)
    assert not any(s.startswith("hazard.snow.14") for s in city)
    node = next(n for n in CHAIN.nodes if n.admin_code == "150627")
    box = [(node.lat - 0.2, node.lon - 0.2), (node.lat - 0.2, node.lon + 0.2), (node.lat + 0.2, node.lon + 0.2)]
    box += [(node.lat + 0.2, node.lon - 0.2), box[0]]
    polygon = " ".join(f"{y},{x}" for y, x in box)
    shaped = info(codes=()).replace("</areaDesc>", f"</areaDesc><polygon>{polygon}</polygon>")
    assert SNOW in levels(read(cap(infos=shaped)))
    round_ = info(codes=()).replace("</areaDesc>", f"</areaDesc><circle>{node.lat},{node.lon} 20</circle>")
    assert SNOW in levels(read(cap(infos=round_)))


def test_an_update_replaces_and_a_cancel_lifts() -> None:
    by = reader()
    assert levels(read(cap("a1"), by)) == {SNOW: 3}
    moved = cap("a2", "Update", 1, ("a1",), info("暴雪红色预警", codes=("150600",)))
    assert levels(read(moved, by))[SNOW] == 4
    narrowed = cap("a3", "Update", 2, ("a2",), info("暴雪黄色预警", codes=("150602",)))
    after = levels(read(narrowed, by))
    assert (after["hazard.snow.150602"], after[SNOW], after["hazard.snow.150600"]) == (2, 0, 0)
    assert levels(read(cap("a4", "Cancel", 3, ("a3",), ""), by)) == {"hazard.snow.150602": 0}


def test_of_two_notices_on_a_series_the_higher_counts_until_it_is_lifted() -> None:
    by = reader()
    read(cap("county"), by)
    assert levels(read(cap("city", hours=1, infos=info("暴雪蓝色预警")), by)) == {SNOW: 3}
    assert levels(read(cap("c1", "Cancel", 2, ("county",), ""), by)) == {SNOW: 1}


def test_an_expired_notice_no_longer_holds_its_level() -> None:
    by = reader()
    read(cap("a1", infos=info(extra="<expires>2026-01-06T17:00:00+08:00</expires>")), by)
    assert levels(read(cap("a2", hours=5, infos=info("暴雪蓝色预警")), by)) == {SNOW: 1}


CHAIN_OF_NOTICES = (
    cap("a1"),
    cap("a2", "Update", 1, ("a1",), info("暴雪红色预警")),
    cap("a3", "Cancel", 2, ("a2",), ""),
)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_newest_state_is_right_in_any_order_of_arrival(order: tuple[int, ...]) -> None:
    by = reader()
    newest: dict[str, tuple[datetime, float]] = {}
    unknown = 0
    for index in order:
        items = read(CHAIN_OF_NOTICES[index], by)
        unknown += sum(1 for r, _ in reasons(items) if r is Reason.UNKNOWN_REFERENCE)
        for item in items:
            if isinstance(item, Candidate) and newest.get(item.series, (T0, -1.0))[0] <= item.observed_at:
                newest[item.series] = (item.observed_at, item.value)
    assert newest == {SNOW: (T0 + timedelta(hours=2), 0)}
    assert unknown == sum(1 for i, r in ((1, 0), (2, 1)) if order.index(i) < order.index(r))


def test_a_repeat_gives_the_same_rows() -> None:
    by = reader()
    first = read(CHAIN_OF_NOTICES[0], by)
    assert read(CHAIN_OF_NOTICES[0], by) == first


def test_the_ledger_is_rebuilt_from_what_was_stored() -> None:
    by, later = reader(), reader()
    for body in CHAIN_OF_NOTICES[:2]:
        for item in read(body, by):
            if isinstance(item, Candidate) and item.detail:
                later.ledger.remember("live", item.series, item.detail)
    later.ledger.remember("live", SNOW, '{"note": "of another kind"}')
    assert levels(read(CHAIN_OF_NOTICES[2], later)) == {SNOW: 0}
    assert later.ledger.unknown("live", ["a1", "a2", "a3", "a9"]) == ["a9"]


def test_exercises_enter_only_drills() -> None:
    body = cap(status="Exercise")
    assert reasons(read(body)) == [(Reason.BAD_LANE, "status")]
    assert levels(read(body, lane="drill:w1")) == {SNOW: 3}
    assert reasons(read(cap(status="Test"))) == [(Reason.BAD_LANE, "status")]


ENTITIES = b'<!DOCTYPE a [<!ENTITY b "boom"><!ENTITY c "&b;&b;&b;&b;">]>'
BILLION = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><l>&b;</l>'
EXTERNAL = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><alert>&x;</alert>'
GOOD = cap()


@pytest.mark.parametrize(
    ("body", "reason", "field"),
    [
        (b"", Reason.TRUNCATED, ""),
        (GOOD[:300], Reason.TRUNCATED, ""),
        (GOOD[:-3], Reason.TRUNCATED, ""),
        (b"<a><b></a>", Reason.MALFORMED, ""),
        (b"not xml", Reason.MALFORMED, ""),
        (b"<rss/>", Reason.MALFORMED, "alert"),
        (GOOD.replace(b"cap:1.2", b"cap:9.9"), Reason.MALFORMED, "alert"),
        (BILLION, Reason.UNSAFE, ""),
        (EXTERNAL, Reason.UNSAFE, ""),
        (ENTITIES + b"<alert/>", Reason.UNSAFE, ""),
        (GOOD.replace(b"UTF-8", b"EBCDIC-7"), Reason.BAD_ENCODING, ""),
        (GOOD.replace("标题".encode(), b"\xff\xfe"), Reason.MALFORMED, ""),
        (GOOD.replace(b"UTF-8", b"GBK").replace("标题".encode(), b"\xff\xff"), Reason.BAD_ENCODING, ""),
        (GOOD.replace(b"<identifier>a1</identifier>", b""), Reason.MISSING_FIELD, "identifier"),
        (GOOD.replace(b">a1<", b">a 1<"), Reason.WRONG_TYPE, "identifier"),
        (GOOD.replace(b"+00:00</sent>", b"</sent>"), Reason.TIME_WITHOUT_OFFSET, "sent"),
        (GOOD.replace(b"2026-01-06T08:00:00+00:00</sent>", b"today</sent>"), Reason.BAD_TIME, "sent"),
        (GOOD.replace(b"Actual", b"Perhaps"), Reason.WRONG_TYPE, "status"),
        (cap(status="Draft"), Reason.WRONG_TYPE, "status"),
        (cap(kind="Ack"), Reason.WRONG_TYPE, "msgType"),
        (cap(kind="Update"), Reason.MISSING_FIELD, "references"),
        (cap(infos=""), Reason.MISSING_FIELD, "info"),
        (cap(infos=info("外星人入侵")), Reason.UNKNOWN_SERIES, "event"),
        (cap(infos=info("暴雪", "Unknown")), Reason.WRONG_TYPE, "severity"),
        (cap(infos=info(codes=("990101",))), Reason.UNKNOWN_SERIES, "area"),
        (cap(infos=info().replace("</areaDesc>", "</areaDesc><polygon>1,2,3</polygon>")), Reason.WRONG_TYPE, "area"),
        (cap(kind="Update", references=("a", "b")).replace(b"nmc.cn,a,", b"nmc.cn;"), Reason.MALFORMED, "references"),
        (cap(kind="Cancel", references=("never",), infos=""), Reason.UNKNOWN_REFERENCE, "references"),
    ],
)
def test_bad_messages_are_one_finding(body: bytes, reason: Reason, field: str) -> None:
    items = read(body)
    assert reasons(items) == [(reason, field)]
    (found,) = items
    assert isinstance(found, Finding)
    assert " / " in found.wanted
    assert "hostname" not in found.given


def test_gb18030_is_read() -> None:
    text = GOOD.decode().replace("UTF-8", "GB2312")
    assert levels(read(text.encode("gb18030"))) == {SNOW: 3}


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(GOOD)), st.integers(0, len(GOOD)), st.binary(max_size=6))
def test_any_damage_ends_in_items(start: int, end: int, insert: bytes) -> None:
    assert read(GOOD[: min(start, end)] + insert + GOOD[max(start, end) :])
