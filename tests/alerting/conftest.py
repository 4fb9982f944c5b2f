"""Assessments and commands for the tests of alerting."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from schemas.alert import Alert
from schemas.assessment import Assessment, Cause, Hazard, InputState
from schemas.command import Command
from schemas.level import Level
from services.alerting.ledger import Ledger
from services.alerting.paging import Offices
from services.alerting.policy import Policy

START = datetime(2026, 1, 10, tzinfo=UTC)
HOLD = Policy(least_hold=timedelta(hours=6), most_hold=timedelta(hours=6))


def at(hour: float) -> datetime:
    """Lane time of an hour."""
    return START + timedelta(hours=hour)


def reading(hour: float, value: float | None = 100.0, **told: Any) -> InputState:
    """An input observed at an hour; trusted unless told otherwise."""
    values: dict[str, Any] = {
        "series": "stock.P_QHD.steam_coal",
        "observed_at": at(hour),
        "value": value,
        "age_hours": 1.0,
        "trust": 1.0,
    }
    return InputState(**(values | told))


def judged(
    level: Level, hour: float, *, inputs: list[InputState] | None = None, roots: str = "", **told: Any
) -> Assessment:
    """An assessment of the yard at an hour, from inputs observed just then; ``roots`` are nodes of causes elsewhere, parted by blanks."""
    node = told.get("node", "P_QHD")
    causes = [Cause(node=r, path=[r, node], text_zh="因", text_en="why", share=0.9) for r in roots.split()]
    values: dict[str, Any] = {
        "lane": "live",
        "chain": "c",
        "node": node,
        "product": "steam_coal",
        "hazard": Hazard.STARVED,
        "as_of": at(hour),
        "known_at": at(hour),
        "level": level,
        "chain_version": "1",
        "rules_version": "1",
        "confidence": 0.0 if level is Level.UNKNOWN else 0.8,
        "causes": causes,
        "inputs": [reading(hour)] if inputs is None else inputs,
        "reason_zh": f"{node}。因",
        "reason_en": f"{node}. Why",
    }
    return Assessment(**(values | told))


class Desk:
    """A ledger that is told one thing after the other."""

    def __init__(self, policy: Policy = HOLD, ledger: Ledger | None = None) -> None:
        self.ledger = ledger or Ledger(policy, People())
        self.steps: list[Alert] = []
        self._heard = 0

    def hear(self, level: Level, hour: float, **told: Any) -> list[Alert]:
        """One assessment; the steps it brings."""
        self._heard += 1
        found = self.ledger.hear(judged(level, hour, **told), 0, self._heard)
        self.steps += found
        return found

    def live(self, level: Level, first: float, last: float, **told: Any) -> list[Alert]:
        """The same each hour from the first to the last."""
        return [a for hour in range(int(first), int(last) + 1) for a in self.hear(level, hour, **told)]


class People:
    """Two teams and a chief behind every node; no registry of series."""

    def offices(self, chain: str, node: str) -> Offices:
        """Ports have a team of their own."""
        del chain
        return Offices("港口专班" if node.startswith("P_") else "用户专班", ("链长",))

    def series(self, name: str) -> None:
        """Not known."""


def ordered(kind: str, number: int = 1, actor: str = "值班员甲", lane: str = "live", **arguments: Any) -> Command:
    """A command of a person."""
    return Command(
        command_id=f"c{number}",
        lane=lane,
        kind=kind,
        actor=actor,
        reason="已电话核实",
        issued_at=at(0),
        arguments=arguments,
    )


@pytest.fixture
def desk() -> Desk:
    """A fresh ledger with a hold of six hours."""
    return Desk()
