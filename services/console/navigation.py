"""The pages in the order of the menu: what they are called, and the right each asks for."""

from collections.abc import Collection

from msgspec import Struct

from services.console.access.person import Person, Right


class Place(Struct, frozen=True):
    """An entry of the menu."""

    path: str
    zh: str
    en: str
    right: Right


PLACES: tuple[Place, ...] = (
    Place("/", "总览", "Overview", Right.SEE),
    Place("/map", "链图", "Chain map", Right.SEE),
    Place("/report", "接报登记", "Report an event", Right.REPORT),
    Place("/reports-in", "接报清单", "Reported events", Right.SEE),
    Place("/tasks", "任务", "Tasks", Right.SEE),
    Place("/runs", "预案", "Plans", Right.SEE),
    Place("/what-if", "推演", "What-if", Right.ASK),
    Place("/links", "关键环节", "Key links", Right.SEE),
    Place("/shift", "交接班", "Handover", Right.SEE),
    Place("/papers", "报告", "Reports", Right.SEE),
    Place("/drills", "演练", "Drills", Right.DRILL),
    Place("/provider", "我的报送", "My data", Right.PROVIDE),
    Place("/admin", "管理", "Administration", Right.ADMINISTER),
    Place("/audit", "审计", "Audit", Right.AUDIT),
)


def places_of(person: Person, served: Collection[str]) -> list[Place]:
    """What a person finds in the menu: pages that are served and that he may open."""
    return [place for place in PLACES if place.path in served and person.may(place.right)]
