"""What the tests of drills share: the shipped plan, and a drill conducted by hand on a clock of its own."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from schemas.alert import Alert, AlertState
from schemas.assessment import Hazard
from schemas.command import Command
from schemas.drill import DrillEvent, DrillEventKind
from schemas.drill_plan import Plan
from schemas.level import Level
from services.drill.conduct import Conduct
from services.drill.effect import Deliver, Effect, Letter
from services.drill.phase import Phase
from services.drill.reading import read_yaml

DAQIN = Path(__file__).resolve().parents[2] / "deploy/config/drills/daqin.yaml"
NOON = datetime(2026, 1, 10, 4, 0, tzinfo=UTC)


def alert(lane: str, level: Level = Level.RED, node: str = "P_QHD", **changes: Any) -> Alert:
    """The opening of an episode."""
    stated: dict[str, Any] = {
        "lane": lane,
        "chain": "ordos",
        "node": node,
        "product": "steam_coal",
        "hazard": Hazard.STARVED,
        "episode": f"ep-{lane}-{node}",
        "sequence": 1,
        "state": AlertState.OPENED,
        "level": level,
        "opened_at": NOON,
        "as_of": NOON,
        "known_at": NOON,
        "headline_zh": f"{node} 断供风险",
        "headline_en": f"{node} runs short",
    }
    return Alert(**stated | changes)


class Drilled:
    """A drill conducted by hand: ``go`` lets wall time pass in small steps, ``say`` is a person, everything done is in ``effects``."""

    def __init__(self, plan: Plan) -> None:
        self.now = NOON
        self.conduct = Conduct(plan, "t-1", "{}", self.now)
        self.effects: list[Effect] = list(self.conduct.open(self.now))
        self._said = 0

    def begin(self) -> "Drilled":
        """Live the hours before the start."""
        while self.conduct.phase is Phase.PREPARING:
            self.go(0.1)
        return self

    def go(self, seconds: float, step_s: float = 0.1) -> None:
        """Let wall time pass."""
        for _ in range(round(seconds / step_s)):
            self.now += timedelta(seconds=step_s)
            self.effects += self.conduct.advance(self.now)

    def to_minute(self, minute: float) -> None:
        """Let the drill reach a minute of its time."""
        while self.conduct.minute(self.now) < minute and self.conduct.phase is Phase.RUNNING:
            self.go(0.1)
        self.go(0.2)

    def say(self, actor: str, kind: str, reason: str = "", **arguments: str) -> list[Effect]:
        """A person's command in the drill's lane."""
        self._said += 1
        command = Command(
            command_id=f"c{self._said}",
            lane=self.conduct.lane,
            kind=kind,
            actor=actor,
            reason=reason,
            issued_at=self.now,
            arguments=arguments,
        )
        found = self.conduct.hear_command(command, self.now)
        self.effects += found
        return found

    def hear(self, heard: Alert) -> list[Effect]:
        """An alert on its topic."""
        found = self.conduct.hear_alert(heard, self.now)
        self.effects += found
        return found

    def events(self, kind: DrillEventKind) -> list[DrillEvent]:
        """The log so far, of one kind."""
        return [e for e in self.conduct.events if e.kind is kind]

    def letters(self, effects: Sequence[Effect] | None = None) -> list[Letter]:
        """Letters among effects."""
        return [e.letter for e in (self.effects if effects is None else effects) if isinstance(e, Deliver)]


@pytest.fixture(scope="session")
def daqin() -> Plan:
    """The shipped drill."""
    return read_yaml(DAQIN.read_text(encoding="utf-8"), "daqin.yaml")


@pytest.fixture
def drilled(daqin: Plan) -> Drilled:
    """The shipped drill at its minute 0."""
    return Drilled(daqin).begin()


@pytest.fixture
def conducted() -> Callable[[Plan], Drilled]:
    """A drill of any plan, not begun yet."""
    return Drilled


@pytest.fixture
def make_alert() -> Callable[..., Alert]:
    """Openings of episodes by lane, level and node."""
    return alert
