"""The decision about one episode: a table of lives, and what always holds."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec import structs

from schemas.alert import Alert, AlertState
from schemas.assessment import Assessment, Cause, Hazard
from schemas.level import Level, rank
from services.alerting.episode import Episode, decide
from services.alerting.ledger import Ledger
from services.alerting.policy import Policy

START = datetime(2026, 1, 10, tzinfo=UTC)
LETTERS = {
    "n": Level.NORMAL,
    "b": Level.BLUE,
    "y": Level.YELLOW,
    "o": Level.ORANGE,
    "r": Level.RED,
    "?": Level.UNKNOWN,
}
POLICY = Policy(least_hold=timedelta(hours=3), most_hold=timedelta(hours=3), person_from=None)


def judged(level: Level, hour: float, confidence: float = 0.8, node: str = "P_QHD") -> Assessment:
    """An assessment at an hour."""
    at = START + timedelta(hours=hour)
    is_unknown = level is Level.UNKNOWN
    return Assessment(
        lane="live",
        chain="c",
        node=node,
        product="steam_coal",
        hazard=Hazard.STARVED,
        as_of=at,
        known_at=at,
        level=level,
        chain_version="1",
        rules_version="1",
        confidence=confidence,
        reason_zh="秦皇岛港情况不明" if is_unknown else "秦皇岛港。因",
        reason_en="Port. Why",
    )


def live(life: str) -> list[tuple[int, str, str]]:
    """Steps of an episode judged each hour with the levels of ``life``: hour, first letters of state, first letter of level."""
    episode: Episode | None = None
    steps = []
    for hour, letter in enumerate(life):
        episode, alert = decide(episode, judged(LETTERS[letter], hour), POLICY, hour)
        if alert is not None:
            steps.append((hour, alert.state.value[:2], alert.level.value[0]))
    return steps


@pytest.mark.parametrize(
    ("life", "steps"),
    [
        ("nnbbnn", []),
        ("ny", [(1, "op", "y")]),
        ("nyor", [(1, "op", "y"), (2, "wo", "o"), (3, "wo", "r")]),
        ("rnnn", [(0, "op", "r")]),
        ("rnnnn", [(0, "op", "r"), (4, "cl", "n")]),
        ("rnnrnnnn", [(0, "op", "r"), (7, "cl", "n")]),
        ("rnn?nnnn", [(0, "op", "r"), (3, "up", "r"), (7, "cl", "n")]),
        ("r?????????", [(0, "op", "r"), (1, "up", "r")]),
        ("r?r", [(0, "op", "r"), (1, "up", "r"), (2, "up", "r")]),
        ("obrbb", [(0, "op", "o"), (2, "wo", "r")]),
        ("ryyyy", [(0, "op", "r"), (4, "ea", "y")]),
        ("rynny", [(0, "op", "r"), (4, "ea", "y")]),
        ("ybbbbb", [(0, "op", "y"), (4, "ea", "b")]),
        ("rnnnnr", [(0, "op", "r"), (4, "cl", "n"), (5, "op", "r")]),
        ("?????", []),
    ],
)
def test_lives(life: str, steps: list[tuple[int, str, str]]) -> None:
    assert live(life) == steps


def test_little_confidence_closes_nothing() -> None:
    episode, _ = decide(None, judged(Level.RED, 0), POLICY, 0)
    for hour in range(1, 30):
        episode, alert = decide(episode, judged(Level.NORMAL, hour, confidence=0.0), POLICY, hour)
        assert alert is None
    assert episode is not None
    assert episode.is_open()


def test_what_is_older_changes_nothing() -> None:
    episode, _ = decide(None, judged(Level.YELLOW, 5), POLICY, 0)
    assert decide(episode, judged(Level.RED, 4), POLICY, 1) == (episode, None)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="nbyor?", max_size=60))
def test_raised_at_once_never_closed_by_the_unknown_and_numbered_without_gaps(life: str) -> None:
    episode: Episode | None = None
    steps: list[Alert] = []
    for hour, letter in enumerate(life):
        level = LETTERS[letter]
        episode, alert = decide(episode, judged(level, hour), POLICY, hour)
        if alert is not None:
            steps.append(alert)
            assert alert.state is not AlertState.CLOSED or level is Level.NORMAL
        if (rank(level) or 0) >= 2:
            assert episode is not None
            assert episode.is_open()
            assert (rank(episode.last.level) or 0) >= (rank(level) or 0)
    for before, after in itertools.pairwise(steps):
        assert (after.sequence == before.sequence + 1) == (after.episode == before.episode)
        assert (before.state is AlertState.CLOSED) == (after.episode != before.episode)


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="nbyor?", min_size=1, max_size=60), st.integers(0, 60), st.integers(0, 60))
@example(life="???o?bo?", stop=7, uncommitted=0)
@example(life="o?bbb", stop=4, uncommitted=0)
def test_a_restart_from_the_safe_position_gives_the_same_steps(life: str, stop: int, uncommitted: int) -> None:
    """Killed after ``stop`` assessments, the last ``uncommitted`` of them after the newest commit; both are wrapped into their range."""
    stream = [judged(LETTERS[letter], hour) for hour, letter in enumerate(life)]
    whole = Ledger(POLICY)
    expected = [a for offset, assessment in enumerate(stream) for a in whole.hear(assessment, 0, offset)]
    stop %= len(stream) + 1
    committed = stop - uncommitted % (stop + 1)
    first, begin = Ledger(POLICY), 0
    published: list[Alert] = []
    for offset, assessment in enumerate(stream[:stop]):
        published += first.hear(assessment, 0, offset)
        if offset + 1 == committed:
            begin = first.safe_position(0, committed)
    second = Ledger(POLICY)
    for alert in published:
        second.recall(alert)
    for offset, assessment in enumerate(stream[begin:], start=begin):
        published += second.hear(assessment, 0, offset)
    assert {(a.episode, a.sequence): a for a in published} == {(a.episode, a.sequence): a for a in expected}
    assert begin <= committed


def test_unknown_in_a_rule_name_is_no_loss_of_sight_after_a_restart() -> None:
    red = judged(Level.RED, 0)
    later = structs.replace(judged(Level.RED, 30), reason_zh="秦皇岛港。规则: 上游情况不明")
    ledger, again = Ledger(POLICY), Ledger(POLICY)
    ledger.hear(red, 0, 0)
    (restated,) = ledger.hear(later, 0, 1)
    assert restated.state is AlertState.UPDATED
    assert ledger.safe_position(0, 2) == 2
    again.recall(restated)
    assert again.hear(judged(Level.RED, 31), 0, 2) == []


def _cause(*path: str) -> Cause:
    return Cause(node=path[0], path=list(path), text_zh="因", text_en="why")


def test_the_way_told_is_that_of_the_leading_cause_that_lies_elsewhere() -> None:
    yellow = structs.replace(
        judged(Level.YELLOW, 0), causes=[_cause("P_QHD"), _cause("R_DQ", "P_QHD"), _cause("M", "P_QHD")]
    )
    _, alert = decide(None, yellow, POLICY, 0)
    assert alert is not None
    assert alert.path == ["R_DQ", "P_QHD"]
    _, alert = decide(None, structs.replace(yellow, causes=[_cause("P_QHD")]), POLICY, 0)
    assert alert is not None
    assert alert.path == ["P_QHD"]


def test_once_it_has_broken_and_no_cause_can_be_told_the_way_told_before_stands() -> None:
    episode, _ = decide(None, structs.replace(judged(Level.YELLOW, 0), causes=[_cause("R_DQ", "P_QHD")]), POLICY, 0)
    broken, alert = decide(episode, judged(Level.RED, 9), POLICY, 1)
    assert alert is not None
    assert alert.path == ["R_DQ", "P_QHD"]
    _, alert = decide(broken, judged(Level.RED, 16), POLICY, 2)
    assert alert is None, "nothing new was told"
