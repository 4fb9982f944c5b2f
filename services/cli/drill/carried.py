"""What was told by telephone and is open when a drill begins from the live state: it is told again in its lane, and true in its world. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from schemas.report import EVENT_KINDS, EventReport
from services.intake.scenario.scenario import Disruption, Scenario

_HOUR = timedelta(hours=1)
_LEAST_H = 1.0


class Carried(msgspec.Struct, frozen=True):
    """Open events of the live lane as known at ``known_at``."""

    known_at: datetime
    reports: tuple[EventReport, ...] = ()

    def orders(self, zero: datetime, now: datetime) -> list[dict[str, str]]:
        """Arguments of ``report.event`` that tell each of them in a lane that showed ``zero`` when live showed ``known_at``, and shows ``now``."""
        return [_order(report, zero - self.known_at, now) for report in self.reports]


def befallen(scenario: Scenario, carried: Carried) -> Scenario:
    """The scenario, from today on, in which what was reported of places and links is so: until its likely end; what is overdue goes on to the end.
    What was reported of areas is in the forecast alone."""
    told = [_disruption(number, r, carried.known_at, scenario) for number, r in enumerate(carried.reports, start=1)]
    found = [each for each in told if each.nodes or each.links]
    return msgspec.structs.replace(scenario, disruptions=[*scenario.disruptions, *found])


def _order(report: EventReport, shift: timedelta, now: datetime) -> dict[str, str]:
    begun_at = report.begun_at + shift
    start = max(begun_at, now)
    hours = [
        max(0.0, (moment + shift - start) / _HOUR)
        for moment in (report.earliest_at, report.likely_at, report.latest_at)
    ]
    hours[2] = max(hours[2], _LEAST_H)
    return {
        "action": "add",
        report.target: report.place,
        "kind": report.kind,
        "left": f"{report.left:g}",
        "begun_at": begun_at.isoformat(),
        "earliest_h": f"{hours[0]:g}",
        "likely_h": f"{hours[1]:g}",
        "latest_h": f"{hours[2]:g}",
        "source": report.source,
        "caller": report.caller,
        "verified": "true" if report.is_verified else "false",
        "note": f"{report.note}（随现况带入 as it stood in the live lane）".strip(),
    }


def _disruption(number: int, report: EventReport, now: datetime, scenario: Scenario) -> Disruption:
    start_h = max((report.begun_at - scenario.start) / _HOUR, float(scenario.first_hour))
    until = report.likely_at if report.likely_at > now else scenario.start + timedelta(hours=scenario.last_hour)
    kind = EVENT_KINDS[report.kind]
    return Disruption(
        id=f"carried-{number}",
        name_zh=f"接报：{kind.name_zh}",
        name_en=f"as reported: {kind.name_en}",
        start_h=start_h,
        hold_h=max((until - scenario.start) / _HOUR - start_h, _LEAST_H),
        depth=1.0 - report.left,
        nodes=[report.place] if report.target == "node" else [],
        links=[_link(report.place)] if report.target == "link" else [],
    )


def _link(place: str) -> tuple[str, str, str]:
    source, target, product = place.split(":")
    return source, target, product


def still_open(details: Sequence[bytes | str]) -> tuple[EventReport, ...]:
    """Of the newest word on each event those that are not ended."""
    reports = [msgspec.json.decode(detail, type=EventReport) for detail in details]
    return tuple(report for report in reports if not report.is_ended)
