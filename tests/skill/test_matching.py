"""Tables of cases: which warning foretold which event, and what became of each warning."""

import math
from dataclasses import dataclass, field

import numpy as np
import pytest

from detectors.skill import Episode, Event, Fate, by_cause, figures, match, merged, spells, tally

END = 2000.0


@dataclass
class Case:
    """Events as (hour, lasted), episodes as (opened, closed); all of account 0."""

    name: str
    events: list[tuple[float, float]]
    episodes: list[tuple[float, float]]
    leads: list[float | None]
    fates: list[Fate]
    until: float = field(default=END)


NEVER = math.inf
CASES = [
    Case("a plain hit", [(100, 30)], [(40, 200)], [60], [Fate.HIT]),
    Case("lead exactly 14 days", [(436, 30)], [(100, 500)], [336], [Fate.HIT]),
    Case("an hour more than 14 days", [(437, 30)], [(100, 500)], [None], [Fate.FALSE]),
    Case("opened with the event", [(100, 30)], [(100, 200)], [None], [Fate.LATE]),
    Case("opened while it held", [(100, 30)], [(129, 200)], [None], [Fate.LATE]),
    Case("opened after it was over", [(100, 30)], [(130, 200)], [None], [Fate.FALSE]),
    Case("closed just before", [(100, 30)], [(40, 99.9)], [None], [Fate.FALSE]),
    Case("closed at the very hour", [(100, 30)], [(40, 100)], [None], [Fate.FALSE]),
    Case("open across two events", [(100, 30), (300, 30)], [(40, 400)], [60, None], [Fate.HIT]),
    Case("two events, two episodes", [(100, 30), (300, 30)], [(40, 200), (250, 400)], [60, 50], [Fate.HIT, Fate.HIT]),
    Case("no warning", [(100, 30)], [], [None], []),
    Case("no event", [], [(40, 60)], [], [Fate.FALSE]),
    Case("stands at the end, young", [], [(1700, NEVER)], [], [Fate.OPEN]),
    Case("stands at the end, 14 days old", [], [(END - 336, NEVER)], [], [Fate.FALSE]),
    Case("closed after the record", [], [(1900, 2100)], [], [Fate.OPEN]),
    Case("stands and hits", [(1950, 20)], [(1900, NEVER)], [50], [Fate.HIT]),
    Case(
        "overlapping episodes share two events", [(100, 9), (300, 9)], [(50, 400), (60, 150)], [40, 250], [Fate.HIT] * 2
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_cases(case: Case) -> None:
    events = [Event(account=0, hour=h, lasted_h=n) for h, n in case.events]
    episodes = [Episode(account=0, opened=a, closed=b) for a, b in case.episodes]
    found = match(events, episodes, case.until)
    assert [None if math.isnan(x) else x for x in found.lead_h] == case.leads
    assert list(found.fates) == case.fates


def test_accounts_do_not_help_each_other() -> None:
    found = match([Event(account=0, hour=100, lasted_h=30)], [Episode(account=1, opened=40, closed=200)], END)
    assert found.episode_of.tolist() == [-1]
    assert found.fates == (Fate.FALSE,)


def test_an_unknown_state_neither_opens_nor_closes() -> None:
    steps: list[tuple[float, bool | None]] = [
        (0, None),
        (10, True),
        (20, None),
        (30, None),
        (40, True),
        (50, False),
        (60, None),
    ]
    assert [(e.opened, e.closed) for e in spells(3, steps)] == [(10, 50)]


def test_easing_below_yellow_ends_a_warning_and_a_second_one_begins() -> None:
    found = spells(0, [(10, True), (20, False), (30, True)])
    assert [(e.opened, e.closed) for e in found] == [(10, 20), (30, math.inf)]


def test_steps_that_go_back_are_refused() -> None:
    with pytest.raises(ValueError, match="order of time"):
        spells(0, [(10, True), (5, False)])


def test_merging_joins_what_touches() -> None:
    parts = [Episode(account=0, opened=a, closed=b) for a, b in ((10, 20), (20, 30), (40, 60), (45, 50))]
    other = Episode(account=1, opened=15, closed=45)
    assert [(e.account, e.opened, e.closed) for e in merged([*parts, other])] == [(0, 10, 30), (0, 40, 60), (1, 15, 45)]


@pytest.mark.parametrize(
    "make",
    [
        lambda: Event(account=0, hour=float("nan"), lasted_h=1),
        lambda: Event(account=0, hour=1, lasted_h=-1),
        lambda: Event(account=0, hour=1, lasted_h=math.inf),
        lambda: Episode(account=0, opened=math.inf),
        lambda: Episode(account=0, opened=5, closed=4),
        lambda: Episode(account=0, opened=5, closed=float("nan")),
        lambda: match([Event(account=0, hour=10, lasted_h=1)], [], 5.0),
        lambda: match([], [Episode(account=0, opened=10)], float("nan")),
    ],
)
def test_bad_numbers_are_refused(make: object) -> None:
    with pytest.raises(ValueError, match="right"):
        make()  # type: ignore[operator]


def test_one_crisis_counts_once_by_root_cause() -> None:
    events = [
        Event(account=0, hour=100, lasted_h=30, causes=("d1",)),
        Event(account=1, hour=150, lasted_h=30, causes=("d1",)),
        Event(account=2, hour=160, lasted_h=30),
    ]
    episodes = [
        Episode(account=1, opened=80, closed=200, cause="line"),
        Episode(account=3, opened=90, closed=210, cause="line"),
        Episode(account=4, opened=300, closed=310, cause="line"),
        Episode(account=5, opened=305, closed=320),
    ]
    crises, alarms, found = by_cause(events, episodes, match(events, episodes, END))
    assert [c.hour for c in crises] == [100, 160]
    assert [(a.opened, a.closed) for a in alarms] == [(80, 210), (300, 310), (305, 320)]
    assert found.lead_h[0] == 20
    assert np.isnan(found.lead_h[1])
    assert found.fates == (Fate.HIT, Fate.FALSE, Fate.FALSE)


def test_a_crisis_that_had_already_begun_was_not_foretold() -> None:
    events = [Event(account=a, hour=h, lasted_h=30, causes=("d1",)) for a, h in ((0, 100), (1, 150))]
    episodes = [Episode(account=1, opened=120, closed=200, cause="line")]
    _, _, found = by_cause(events, episodes, match(events, episodes, END))
    assert np.isnan(found.lead_h[0])


def test_scores_of_a_known_table() -> None:
    events = [
        Event(account=0, hour=200, lasted_h=30, shown_h=50, is_foreseeable=True),
        Event(account=1, hour=300, lasted_h=30, shown_h=100, is_foreseeable=True),
        Event(account=2, hour=400, lasted_h=30),
    ]
    episodes = [
        Episode(account=0, opened=110, closed=250),
        Episode(account=2, opened=390, closed=450),
        Episode(account=3, opened=10, closed=20),
        Episode(account=1, opened=310, closed=350),
    ]
    got = figures([tally(events, match(events, episodes, END), node_hours=7305.0)])
    assert got["pod"] == pytest.approx(2 / 3)
    assert got["pod_foreseeable"] == pytest.approx(1 / 2)
    assert got["far"] == pytest.approx(1 / 3)
    assert got["far_with_late"] == pytest.approx(2 / 4)
    assert got["csi"] == pytest.approx(2 / 4)
    assert got["csi_foreseeable"] == pytest.approx(1 / 3)
    assert got["lead_median_h"] == pytest.approx(50)
    assert got["early_lead_median_h"] == pytest.approx(45)
    assert got["false_per_node_month"] == pytest.approx(0.1)


def test_a_perfect_forecast_has_pod_1_and_far_0() -> None:
    events = [Event(account=a, hour=400 + a, lasted_h=30, shown_h=100, is_foreseeable=True) for a in range(5)]
    episodes = [Episode(account=a, opened=200, closed=500) for a in range(5)]
    got = figures([tally(events, match(events, episodes, END), node_hours=1.0)])
    assert (got["pod"], got["pod_foreseeable"], got["far"], got["csi"]) == (1, 1, 0, 1)


def test_nothing_at_all_has_no_scores() -> None:
    got = figures([tally([], match([], [], END), node_hours=10.0)])
    assert math.isnan(got["pod"])
    assert math.isnan(got["far"])
    assert got["false_per_node_month"] == 0
