"""Thirty-one days of winter through the whole path: how often people are interrupted, one incident per cause, a page well before each break."""

from collections import Counter, defaultdict
from datetime import timedelta

import pytest

from schemas.alert import Alert
from schemas.level import rank
from services.alerting.budget import Page, pages_of
from services.cli.backtest.skill.play import Played, play
from services.cli.backtest.skill.recording import recording_of
from services.cli.backtest.skill.run import Bench
from services.cli.backtest.skill.task import Task
from services.cli.backtest.skill.truth import Facts, facts_of
from services.runtime.assets import asset_path

CHINA = timedelta(hours=8)
MOST_A_DAY, MOST_A_NIGHT, LEAST_LEAD_H = 20, 6, 6
CAUSES = {"daqin-slow": {"R_DQ"}, "snow": {"H_BM", "H_RW"}, "intake": {"U_UX"}}

pytestmark = [pytest.mark.full, pytest.mark.timeout(3600)]


@pytest.fixture(scope="module")
def lived() -> tuple[Played, Facts]:
    """The winter at seed 1, judged every six hours."""
    config = asset_path("deploy/config")
    bench = Bench(chain=config / "chains/ordos", rules=config / "rules/default.yaml", config=None, truths=None, jobs=1)
    chain, rules = bench.load()
    task = Task("winter-31", 1, 1)
    return play(task, chain, rules, recording_of(task, chain, None, None)), facts_of(task, chain, None, None)


def pages(played: Played) -> set[Page]:
    return {page for alert in played.alerts for page in pages_of(alert)}


def breaks_of(alerts: list[Alert]) -> list[Alert]:
    return [a for a in alerts if not a.hazard.is_of_data()]


def test_nobody_is_interrupted_more_than_he_can_bear(lived: tuple[Played, Facts]) -> None:
    found = pages(lived[0])
    days = Counter((p.office, (p.at + CHINA).date()) for p in found)
    nights = Counter(
        (p.office, (p.at + CHINA + timedelta(hours=2)).date())
        for p in found
        if (p.at + CHINA).hour >= 22 or (p.at + CHINA).hour < 6
    )
    assert found
    assert max(days.values()) <= MOST_A_DAY
    assert max(nights.values(), default=0) <= MOST_A_NIGHT


def test_every_foreseeable_break_was_paged_six_hours_before(lived: tuple[Played, Facts]) -> None:
    played, facts = lived
    first: dict[tuple[str, str, str], float] = {}
    for alert in breaks_of(played.alerts):
        if alert.interrupts:
            hour = (alert.as_of - played.start) / timedelta(hours=1)
            first.setdefault((alert.node, alert.product, alert.hazard.value), hour)
    foreseeable = [v for v in facts.truth.breaks if v.is_foreseeable]
    assert foreseeable
    for verdict in foreseeable:
        event = verdict.event
        assert event.hour - first[event.node, event.product, event.kind.value] >= LEAST_LEAD_H, event


def test_incidents_match_the_causes_one_to_one_with_at_most_one_split(lived: tuple[Played, Facts]) -> None:
    played, facts = lived
    incidents = defaultdict(set)
    for alert in breaks_of(played.alerts):
        incidents[alert.incident].add((alert.root, (alert.node, alert.product, alert.hazard.value)))
    of_cause = {
        c: {i for i, found in incidents.items() if {r for r, _ in found} & roots} for c, roots in CAUSES.items()
    }
    assert sum(max(0, len(found) - 1) for found in of_cause.values()) <= 1, "splits"
    assert not of_cause["daqin-slow"] & of_cause["snow"], "independent causes were merged"
    assert set().union(*of_cause.values()) == set(incidents), "an incident without a cause of the scenario"
    for verdict in facts.truth.breaks:
        key = (verdict.event.node, verdict.event.product, verdict.event.kind.value)
        told = {i for i, found in incidents.items() if key in {place for _, place in found}}
        for cause in verdict.causes:
            assert told & of_cause[cause], f"{key} was told under another cause than {cause}"


def test_silent_feeds_and_the_wrong_unit_are_alarms_of_their_own(lived: tuple[Played, Facts]) -> None:
    told = {(a.node, a.hazard.value) for a in lived[0].alerts if a.hazard.is_of_data()}
    assert {("S_TLH", "silent"), ("D_CEN", "silent"), ("E_TKT", "distrusted")} <= told


def test_a_symptom_that_needs_another_office_reaches_it(lived: tuple[Played, Facts]) -> None:
    for alert in breaks_of(lived[0].alerts):
        if alert.sequence == 1 and (rank(alert.level) or 0) >= 2:
            assert len(alert.interrupts) >= 2, f"{alert.node}: {alert.interrupts}"
