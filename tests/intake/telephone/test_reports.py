"""What officers enter: each mistake is told with what would be right; what is right becomes one revisable observation."""

from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest

from schemas.command import Command
from schemas.quality import Quality
from schemas.rejection import Reason
from schemas.report import EventReport
from services.intake.candidate import Candidate
from services.intake.catalogue import Catalogue
from services.intake.checks import Judge
from services.intake.limits import Limits
from services.intake.validation import inspect
from services.runtime.clock import from_us, to_us
from tests.phone import NOW, STOCK, Office, command

Closure = Callable[..., Command]

WRONG = [
    ({"node": "R_DX"}, Reason.UNKNOWN_REFERENCE, "node", "R_DQ"),
    ({"node": None}, Reason.MISSING_FIELD, "node", "link"),
    ({"area": "150600"}, Reason.MISSING_FIELD, "node", "area"),
    ({"node": None, "area": "999999"}, Reason.UNKNOWN_REFERENCE, "area", "150626"),
    ({"node": None, "area": "鄂尔多斯"}, Reason.UNKNOWN_REFERENCE, "area", "150626"),
    ({"node": None, "link": "R_DQ:P_QHD"}, Reason.UNKNOWN_REFERENCE, "link", "R_DQ:P_QHD:steam_coal"),
    ({"kind": "meteor"}, Reason.WRONG_TYPE, "kind", "closure"),
    ({"left": "120"}, Reason.IMPLAUSIBLE, "left", "0 至 1"),
    ({"left": "-0.1"}, Reason.IMPLAUSIBLE, "left", "0 至 1"),
    ({"left": "nan"}, Reason.NOT_FINITE, "left", "0 至 1"),
    ({"left": "half"}, Reason.WRONG_TYPE, "left", "0 至 1"),
    ({"likely_h": "3"}, Reason.IMPLAUSIBLE, "likely_h", "≤"),
    ({"latest_h": "1e9"}, Reason.IMPLAUSIBLE, "latest_h", "8760"),
    ({"likely_h": None}, Reason.MISSING_FIELD, "likely_h", "8760"),
    ({"begun_at": "yesterday"}, Reason.BAD_TIME, "begun_at", "+08:00"),
    ({"begun_at": "2026-01-20T08:00"}, Reason.TIME_WITHOUT_OFFSET, "begun_at", "+08:00"),
    ({"begun_at": "2025-01-20T08:00Z"}, Reason.TOO_FAR_PAST, "begun_at", "2025-11-21"),
    ({"begun_at": "2026-04-20T08:00Z"}, Reason.TOO_FAR_FUTURE, "begun_at", "2026-02-19"),
    ({"caller": " "}, Reason.MISSING_FIELD, "caller", "来电人"),
    ({"source": None}, Reason.MISSING_FIELD, "source", "来源"),
    ({"verified": "maybe"}, Reason.WRONG_TYPE, "verified", "yes"),
    ({"note": "长" * 501}, Reason.TOO_LARGE, "note", "500"),
    ({"colour": "red"}, Reason.UNKNOWN_FIELD, "colour", "caller"),
    ({"action": "erase"}, Reason.WRONG_TYPE, "action", "revise"),
]


@pytest.mark.parametrize(("changes", "reason", "field", "right"), WRONG)
def test_a_wrong_event_is_refused_with_what_would_be_right(
    office: Office, closure: Closure, changes: dict[str, str | None], reason: Reason, field: str, right: str
) -> None:
    office.enter(closure(**changes))
    (rejection,) = office.rejections()
    assert (rejection.reason, rejection.field, rejection.source) == (reason, field, "telephone")
    assert right in rejection.wanted
    assert rejection.origin == "command:c1"
    assert msgspec.json.decode(rejection.raw, type=Command).command_id == "c1"
    assert not office.rows()


def test_an_event_becomes_one_row_on_the_hazard_feed(office: Office, closure: Closure) -> None:
    office.enter(closure())
    (row,) = office.rows()
    report = msgspec.json.decode(row.detail[0] or "", type=EventReport) if row.detail else None
    assert (row.series, row.value, row.source) == (["hazard.report.ordos"], [0.0], "telephone")
    assert row.quality == [Quality.ESTIMATED]
    assert report is not None
    assert (report.event, report.place, report.is_verified) == ("c1", "R_DQ", False)
    assert report.likely_at == NOW + timedelta(hours=24)
    assert NOW < report.due_at < report.likely_at


def test_a_later_word_revises_the_same_observation_and_keeps_what_it_does_not_name(
    office: Office, closure: Closure
) -> None:
    office.enter(closure())
    office.enter(command("c2", action="revise", event="c1", verified="yes", left="0.4"), hours=2)
    office.enter(command("c3", action="end", event="c1"), hours=5)
    first, second, third = office.rows()
    assert first.observed_us == second.observed_us == third.observed_us
    assert first.issued_us < second.issued_us < third.issued_us
    words = [msgspec.json.decode(r.detail[0] or "", type=EventReport) for r in (second, third) if r.detail]
    assert [(w.left, w.is_verified, w.is_ended) for w in words] == [(0.4, True, False), (0.4, True, True)]
    assert words[0].likely_at == NOW + timedelta(hours=24)
    assert words[1].caller == "王调度"


def test_new_hours_count_from_the_word_that_gives_them(office: Office, closure: Closure) -> None:
    office.enter(closure())
    office.enter(command("c2", action="revise", event="c1", earliest_h="1", likely_h="10", latest_h="20"), hours=20)
    word = office.reader.book.newest("live", "c1")
    assert word is not None
    assert word.report.likely_at == NOW + timedelta(hours=30)


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"event": "nobody"}, "event"), ({"event": ""}, "event"), ({"node": "P_QHD"}, "node"), ({"left": "2"}, "left")],
)
def test_a_wrong_revision_is_refused(office: Office, closure: Closure, changes: dict[str, str], field: str) -> None:
    office.enter(closure())
    office.enter(command("c2", **({"action": "revise", "event": "c1"} | changes)))
    assert [r.field for r in office.rejections()] == [field]
    assert len(office.rows()) == 1


def test_what_is_ended_stays_ended(office: Office, closure: Closure) -> None:
    office.enter(closure())
    office.enter(command("c2", action="end", event="c1"))
    office.enter(command("c3", action="revise", event="c1", left="0.5"))
    (rejection,) = office.rejections()
    assert "新登记" in rejection.wanted


def test_a_link_and_an_area_are_places(office: Office, closure: Closure) -> None:
    office.enter(closure("c1", node=None, link="R_DQ:P_QHD:steam_coal"))
    office.enter(closure("c2", node=None, area="150600"))
    assert [r.detail is not None for r in office.rows()] == [True, True]
    assert not office.rejections()


def test_a_command_counts_once_however_often_it_is_sent(office: Office, closure: Closure) -> None:
    assert [office.enter(closure()), office.enter(closure()), office.enter(closure(caller=None))] == [1, 0, 0]
    assert len(office.rows()) == 1


def test_after_a_kill_before_the_commit_the_row_has_the_same_identity(office: Office, closure: Closure) -> None:
    office.enter(closure())
    office.broker.store_commit("intake", {("lianjing.command", 0): 0})
    empty = Office(office.catalogue)
    empty.enter(closure())
    office.start()
    office.turn()
    assert office.rows() == [office.rows()[0]] * len(office.rows())
    assert empty.rows()[0] == office.rows()[0]
    empty.packer.close()


def test_open_events_are_told_again_each_day_under_the_same_identity(office: Office, closure: Closure) -> None:
    office.enter(closure())
    office.enter(closure("c2"))
    office.enter(command("c3", action="end", event="c2"), hours=1)
    before = len(office.rows())
    office.clock.advance(timedelta(days=1))
    office.turn()
    again = office.rows()[before:]
    assert len(again) == 1
    assert again[0] in office.rows()[:before]


def test_after_a_restart_an_event_can_still_be_revised(office: Office, closure: Closure) -> None:
    office.enter(closure())
    office.start()
    office.enter(command("c2", action="end", event="c1"), hours=1)
    assert not office.rejections()
    assert len({r.observed_us[0] for r in office.rows()}) == 1


@pytest.mark.parametrize(
    ("lane", "reason"),
    [
        ("drill:w", None),
        ("drill:over", Reason.LANE_CLOSED),
        ("replay:old", Reason.BAD_LANE),
        ("drill:nowhere", Reason.BAD_LANE),
        ("<script>", Reason.BAD_LANE),
    ],
)
def test_reports_go_to_the_live_lane_and_open_drills(
    office: Office, closure: Closure, lane: str, reason: Reason | None
) -> None:
    office.enter(closure(lane=lane))
    assert [r.reason for r in office.rejections()] == ([reason] if reason else [])


def test_a_drill_counts_by_its_own_clock(office: Office, closure: Closure) -> None:
    office.enter(closure(lane="drill:w"))
    (row,) = office.rows()
    assert from_us(row.known_us[0]) == NOW - timedelta(days=10)


def test_a_stock_goes_to_the_series_of_the_place_in_its_unit(office: Office) -> None:
    office.enter(command("s1", "report.stock", **STOCK))
    (row,) = office.rows()
    assert (row.series, row.value) == (["stock.P_QHD.steam_coal"], [485_000.0])
    assert row.detail is not None
    assert (row.detail[0] or "").startswith('{"telephone":')


def test_a_stock_that_nobody_verified_is_an_estimate(office: Office) -> None:
    office.enter(command("s1", "report.stock", **(STOCK | {"verified": "no"})))
    assert office.rows()[0].quality == [Quality.ESTIMATED]


def test_a_withdrawn_stock_is_told_again_as_bad(office: Office) -> None:
    at = (NOW - timedelta(hours=1)).isoformat()
    office.enter(command("s1", "report.stock", **(STOCK | {"observed_at": at})))
    office.enter(command("s2", "report.stock", **(STOCK | {"observed_at": at, "action": "withdraw"})), hours=1)
    first, second = office.rows()
    assert first.observed_us == second.observed_us == [to_us(NOW - timedelta(hours=1))]
    assert second.quality == [Quality.BAD]


@pytest.mark.parametrize(
    ("changes", "field", "right"),
    [
        ({"node": "H_BM"}, "product", "P_QHD"),
        ({"node": "nowhere"}, "node", "节点"),
        ({"product": "gold"}, "product", "steam_coal"),
        ({"value": "-5"}, "value", "0 至"),
        ({"value": "48500", "unit": "万吨"}, "value", "t 之内"),
        ({"unit": "bushel"}, "unit", "t"),
        ({"observed_at": "2020-01-01T00:00Z"}, "observed_at", "不早于"),
        ({"caller": ""}, "caller", "来电人"),
        ({"action": "withdraw"}, "observed_at", "时刻"),
    ],
)
def test_a_wrong_stock_is_refused(office: Office, changes: dict[str, str], field: str, right: str) -> None:
    office.enter(command("s1", "report.stock", **(STOCK | changes)))
    (rejection,) = office.rejections()
    assert (rejection.field, rejection.origin) == (field, "command:s1")
    assert right in rejection.wanted


def test_other_commands_are_passed_over(office: Office) -> None:
    assert office.enter(command("x", "task.done", task="t")) == 0
    assert office.broker.committed("intake") == {("lianjing.command", 0): 1}


def test_no_provider_and_no_file_can_write_reported_events(catalogue: Catalogue) -> None:
    judge = Judge(catalogue=catalogue, limits=Limits(), source="operator", arrived_at=NOW)
    found = inspect(judge, Candidate(series="hazard.report.ordos", observed_at=NOW, value=0.0))
    assert getattr(found, "reason", None) is Reason.FOREIGN_SERIES
