"""What the tests of response share: a short chain, alerts, the shipped plans."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from schemas.alert import Alert, AlertState
from schemas.assessment import Hazard
from schemas.chain import Chain, Node
from schemas.level import Level
from services.response.engine import Plans
from services.response.store import load_plans

CONFIG = Path(__file__).resolve().parents[2] / "deploy" / "config"
NOON = datetime(2026, 1, 10, 4, 0, tzinfo=UTC)
MakeAlert = Callable[..., Alert]


def node(name: str, kind: str, **more: Any) -> Node:
    """A node of the short chain."""
    stated: dict[str, Any] = {"product": "steam_coal", "capacity": 1.0, "unit": "t/d", "lat": 39.0, "lon": 110.0}
    return Node(
        id=name,
        name_zh=f"{name}站",
        name_en=f"{name} place",
        kind=kind,
        admin_code="150600",
        normal_throughput=1.0,
        **stated | more,
    )


NODES = {
    n.id: n
    for n in (
        node("R", "rail_line"),
        node("P", "port", lead_department="港口协调办（示意牵头）"),
        node("D", "demand"),
        node("C", "methanol_plant"),
        node("M", "mine"),
    )
}


def chain_of(name: str) -> Chain:
    """The short chain under a name."""
    return Chain(
        id=name, name_zh=name, name_en=name, version="1", valid_from=NOON,
        nodes=list(NODES.values()), links=[], recipes=[], stocks=[], qualities=[], series=[],
    )  # fmt: skip


@pytest.fixture
def nodes() -> dict[str, Node]:
    """Nodes of the short chain: railway R, port P, demand D, chemical plant C, mine M."""
    return dict(NODES)


@pytest.fixture
def short_chain() -> Callable[[str], Chain]:
    """Makes the short chain under a name."""
    return chain_of


@pytest.fixture(scope="session")
def plans() -> Plans:
    """The shipped playbooks and contacts."""
    return load_plans(CONFIG)


@pytest.fixture
def make_alert() -> MakeAlert:
    """Steps of an episode; the sequence counts hours from noon."""

    def make(sequence: int = 1, level: Level = Level.YELLOW, **changes: Any) -> Alert:
        as_of = NOON + timedelta(hours=sequence)
        stated: dict[str, Any] = {
            "lane": "live",
            "chain": "short",
            "node": "D",
            "product": "steam_coal",
            "hazard": Hazard.STARVED,
            "episode": "ep-1",
            "sequence": sequence,
            "state": AlertState.OPENED if sequence == 1 else AlertState.WORSENED,
            "level": level,
            "opened_at": NOON + timedelta(hours=1),
            "as_of": as_of,
            "known_at": as_of,
            "headline_zh": "D站动力煤将断供",
            "headline_en": "D place runs short",
            "reason_zh": "铁路减运",
            "reason_en": "the railway carries less",
            "path": ["R", "P", "D"],
            "cover_days": 6.25,
            "cover_days_physical": 6.6,
            "heat_kcal_per_kg": 5020.0,
            "hours_to_minimum_p10": 60.0,
            "hours_to_minimum_p90": 160.0,
            "probability": {"24": 0.0, "72": 0.18, "168": 0.5, "336": 0.83, "720": 0.9},
            "hours_to_minimum_p50": 100.0,
            "hours_to_zero_p50": 150.0,
        }
        return Alert(**stated | changes)

    return make
