"""The operating chain at rest as a scene, once for all, and the shipped kinds of events."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec import structs

from schemas.chain import Chain
from services.risk.analysis.basis import Basis, basis_of
from services.risk.analysis.key_links import KeyLinks, key_links
from services.risk.analysis.kinds import Settings, parse_kinds
from services.risk.analysis.scene import Scene, scene_at_rest
from services.risk.app import read_rules
from services.risk.blueprint import Blueprint
from services.risk.rules import RuleSet
from services.runtime.clock import to_us

CONFIG = Path(__file__).resolve().parents[3] / "deploy/config"
NOW = datetime(2026, 9, 10, 2, tzinfo=UTC)


@pytest.fixture(scope="session")
def kinds() -> Settings:
    """What is shipped."""
    return parse_kinds((CONFIG / "what-if/kinds.yaml").read_text(encoding="utf-8"), "what-if/kinds.yaml")


def few_futures() -> RuleSet:
    """The shipped rules with four futures, for speed."""
    rules = read_rules(CONFIG)
    return structs.replace(rules, priors=structs.replace(rules.priors, scenarios=4))


@pytest.fixture(scope="session")
def scene(ordos: Chain) -> Scene:
    """Normal stocks on an ordinary day."""
    return scene_at_rest(Blueprint(ordos), few_futures(), to_us(NOW))


@pytest.fixture(scope="session")
def basis(scene: Scene) -> Basis:
    """At rest, asked for at once."""
    return basis_of(scene.blueprint, scene.world, scene.rules.version, "", NOW)


@pytest.fixture(scope="session")
def ranking(scene: Scene, basis: Basis) -> KeyLinks:
    """For all, with pairs."""
    return key_links(scene, basis, with_pairs=True)
