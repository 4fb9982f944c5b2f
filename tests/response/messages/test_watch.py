"""Who of those behind a role is reached first, by roster and by watches taken in the console; the roster's names are checked."""

from datetime import UTC, datetime, timedelta

import pytest

from services.response.channel import ChannelKind, ChannelSpec
from services.response.contacts import Contact, Person, Way
from services.response.failover import way_of
from services.response.notice import Notice
from services.response.roster import Duty, Roster
from services.response.roster_reading import parse_roster
from services.response.sheet import PlanFilesError
from services.response.watch import DESK, Watch

DAY = datetime(2026, 1, 10, 4, 0, tzinfo=UTC)
NIGHT = DAY + timedelta(hours=12)
SMS = {"sms": ChannelSpec(id="sms", kind=ChannelKind.SMS, url="https://x")}
PEOPLE = tuple(
    Person(id=name, name=zh, ways=(Way(channel="sms", address="1"),))
    for name, zh in (("zhang", "张三"), ("li", "李四"), ("wang", "王五"))
)
CONTACTS = {
    DESK: Contact(
        role=DESK, name_zh="值班员", name_en="duty", office="值班室", channels=("log", "person"), people=PEOPLE
    )
}
ROSTER = Roster(
    (
        Duty(role=DESK, person="李四", deputy="王五", begins=480, ends=1200),
        Duty(role=DESK, person="王五", accounts=("ww",), begins=1200, ends=480),
    )
)


@pytest.mark.parametrize(
    ("at", "taken", "order"),
    [
        (DAY, (), ["li", "wang", "zhang"]),
        (NIGHT, (), ["wang", "zhang", "li"]),
        (DAY, ("zhang",), ["zhang", "li", "wang"]),
        (DAY, ("ww",), ["wang", "li", "zhang"]),
        (DAY, ("ww", "zhang"), ["wang", "zhang", "li"]),
        (DAY, ("somebody",), ["li", "wang", "zhang"]),
    ],
)
def test_the_watch_then_the_roster_then_its_deputy_then_the_others(
    at: datetime, taken: tuple[str, ...], order: list[str]
) -> None:
    assert [p.id for p in Watch(roster=ROSTER, taken=taken).in_turn(PEOPLE, DESK, at)] == order
    notice = Notice(
        notification_id="n",
        lane="live",
        channel="person",
        recipient="值班员",
        text_zh="文",
        text_en="text",
        created_at=at,
        queued_at=at,
        role=DESK,
    )
    way = way_of(notice, CONTACTS, SMS, frozenset(), Watch(roster=ROSTER, taken=taken))
    assert [leg.person for leg in way] == order


def test_a_watch_of_the_duty_room_moves_no_other_role() -> None:
    assert [p.id for p in Watch(roster=ROSTER, taken=("li",)).in_turn(PEOPLE, "chief", DAY)] == ["zhang", "li", "wang"]


def test_a_name_that_nobody_could_reach_is_found_by_its_line() -> None:
    text = "值班:\n  - 角色: 值班员\n    人员: 李四\n    代班: 赵六\n"
    with pytest.raises(PlanFilesError, match="赵六") as caught:
        parse_roster("roster.yaml", text, CONTACTS)
    assert [(p.line, p.given) for p in caught.value.findings] == [(4, "赵六")]
    assert parse_roster("roster.yaml", text.replace("赵六", "wang"), CONTACTS).duties[0].deputy == "wang"
