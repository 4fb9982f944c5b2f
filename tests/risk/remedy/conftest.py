"""Outlooks to ask for remedies: the operating chain at rest with a road, a railway or a mine standing still."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache

import pytest
from msgspec import structs

from detectors.network.outlook import IDENTITY
from schemas.chain import Chain
from schemas.level import Level
from services.cli.outlook import outlook_at_rest
from services.risk.analysis.ahead import avoider_of
from services.risk.remedy.avoidance import Avoider
from services.risk.rules import Colour, Rule, RuleSet, parse_rules
from services.runtime.assets import asset_path
from services.runtime.chain import load_chain

AT = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture(scope="session")
def operating() -> Chain:
    """The operating chain."""
    return load_chain(asset_path("deploy/config/chains/ordos"))


@pytest.fixture(scope="session")
def rules() -> RuleSet:
    """What the shipped rules know beforehand, with one plain rule: yellow from one half on, no map of probabilities between."""
    shipped = parse_rules((asset_path("deploy/config/rules") / "default.yaml").read_text(encoding="utf-8"), "default")
    half = Colour(chance={168: 0.5, 336: 0.5})
    rule = Rule(name_zh="半数", name_en="one half", origin="ours", colours={Level.YELLOW: half})
    return structs.replace(shipped, rules=(rule,), recalibration=IDENTITY)


@pytest.fixture(scope="session")
def without(operating: Chain, rules: RuleSet) -> Callable[..., Avoider]:
    """``without(node, …)``: the chain at rest with these nodes standing still from now on."""

    @lru_cache
    def made(*lost: str) -> Avoider:
        return avoider_of(outlook_at_rest(operating, rules, AT).scene.without(lost))

    return made
