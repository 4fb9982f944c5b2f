"""Alerting killed at random moments, before and after it published: the same steps with the same identities, nothing lost, nothing else said."""

import random
from typing import Any

import msgspec
import pytest

from schemas.alert import Alert
from schemas.assessment import Assessment
from schemas.command import Command
from schemas.level import Level
from schemas.topic import ASSESSMENT, COMMAND, partition_of
from services.runtime.errors import UnreachableError

from .conftest import at, judged, ordered, reading
from .test_stage import Stage

LEVELS = [Level.NORMAL] * 4 + [Level.BLUE, Level.YELLOW, Level.ORANGE, Level.RED, Level.UNKNOWN]
NODES = ["P_QHD", "D_CST", "C_BFM"]
HOURS = 40


def story(seed: int) -> list[Assessment | Command]:
    """Forty hours of three places, with acknowledgements, words to close and a mute at random."""
    drawn = random.Random(seed)
    events: list[Assessment | Command] = []
    for hour in range(HOURS):
        for node in NODES:
            told: dict[str, Any] = {"node": node, "roots": drawn.choice(["", "R_DQ", "R_DQ U_UX"])}
            events.append(judged(drawn.choice(LEVELS), hour, inputs=[reading(hour - drawn.choice([0, 0, 30]))], **told))
        if drawn.random() < 0.1:
            until = at(hour + drawn.randint(1, 9)).isoformat()
            events.append(
                ordered("alert.mute", 1000 + hour, since=at(hour).isoformat(), until=until, node=drawn.choice(NODES))
            )
        if drawn.random() < 0.5:
            close = ordered("alert.close", hour, episode="?")
            until = at(hour + drawn.randint(1, 9)).isoformat()
            events.append(drawn.choice([close, ordered("alert.acknowledge", hour, episode="?", until=until)]))
    return events


def send(stage: Stage, event: Assessment | Command) -> None:
    """One event onto its topic; a command speaks of the episode that was published last."""
    if isinstance(event, Assessment):
        partition = partition_of(event.node, ASSESSMENT.partitions)
        stage.producer.send(ASSESSMENT.name, msgspec.json.encode(event), partition=partition)
        return
    known = sorted(stage.alerts(), key=lambda a: (a.as_of, a.episode))
    if event.arguments.get("episode") == "?" and known:
        event = msgspec.structs.replace(event, arguments=event.arguments | {"episode": known[-1].episode})
    stage.producer.send(COMMAND.name, msgspec.json.encode(event))


def said(stage: Stage) -> dict[tuple[str, int], Alert]:
    """Steps by identity; a step that was published twice must be the same step. How far was read when a person's word came may differ."""
    found: dict[tuple[str, int], Alert] = {}
    for alert in (msgspec.structs.replace(a, heard_at=None) for a in stage.alerts()):
        assert found.setdefault((alert.episode, alert.sequence), alert) == alert
    return found


@pytest.mark.parametrize("seed", [*range(4), *(pytest.param(s, marks=pytest.mark.full) for s in range(4, 100))])
def test_killed_at_random_moments_it_says_the_same(seed: int) -> None:
    events, drawn = story(seed), random.Random(-seed)
    whole, broken = Stage(), Stage()
    kills = 0
    for event in events:
        send(whole, event)
        whole.turn()
        send(broken, event)
        if drawn.random() < 0.1:
            kills += 1
            committed = broken.broker.committed("alerting")
            if drawn.random() < 0.5:
                broken.turn()
                broken.broker.store_commit("alerting", committed)  # published, and killed before it could commit
            broken.start()
        broken.turn()
    assert kills
    assert said(broken) == said(whole)
    assert broken.poster.active() == whole.poster.active()


@pytest.mark.parametrize("level", [Level.NORMAL, Level.RED, Level.YELLOW])
def test_killed_between_publishing_and_posting_nothing_goes_on_firing(level: Level) -> None:
    stage, whole = Stage(), Stage()
    story = [judged(Level.ORANGE, 0, inputs=[reading(0)])]
    story += [judged(level, hour, inputs=[reading(hour)]) for hour in range(1, 40)]
    for each in story:
        whole.hear(each)
        send(stage, each)
        stage.app.turn(0.0)
        if each is story[0]:
            stage.app.delivery.turn()
    assert stage.poster.active() != whole.poster.active()
    stage.start()
    stage.app.delivery.turn()
    assert stage.poster.active() == whole.poster.active()


def test_a_broker_away_for_a_while_loses_nothing() -> None:
    events = story(7)
    whole, broken = Stage(), Stage()
    for number, event in enumerate(events):
        send(whole, event)
        whole.turn()
        send(broken, event)
        broken.broker.is_away = number % 9 == 4
        try:
            broken.turn()
        except UnreachableError:
            broken.broker.is_away = False
            broken.turn()
    assert said(broken) == said(whole)
