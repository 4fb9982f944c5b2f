"""Chains of a few parts, as providers begin with: nothing in them may end the stage, which judges every other lane too."""

import math
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from msgspec import structs

from schemas.chain import Chain
from schemas.feed import FeedMessage
from schemas.lane import Lane
from schemas.level import Level
from schemas.tick import Tick
from schemas.topic import CLOCK, FEED_TOPICS
from services.risk.app import read_rules
from services.risk.stage import Stage
from services.runtime.assets import asset_path
from services.runtime.chain import load_chain
from services.runtime.chain.folder import chain_folder
from services.runtime.clock import to_us
from services.runtime.streams import Message

START = datetime(2026, 1, 10, tzinfo=UTC)
EMPTY: dict[str, list[object]] = {"links": [], "recipes": [], "stocks": [], "qualities": [], "series": []}


REFERENCE = load_chain(chain_folder(None, "ordos"))


def _cut(name: str) -> Chain:
    """Part of the reference chain."""
    chain = REFERENCE
    plant = [s for s in chain.stocks if s.node == "C_BFM"]
    mine = [n for n in chain.nodes if n.id == "M_BET"]
    parts = {
        "nothing": structs.replace(chain, nodes=[]),
        "prices alone": structs.replace(chain, nodes=[]),
        "a node without a product flow": structs.replace(chain, nodes=mine),
        "a stock without supply": structs.replace(chain, nodes=[n for n in chain.nodes if n.id == "C_BFM"]),
        "links alone": structs.replace(chain, nodes=chain.nodes),
    }
    found = structs.replace(parts[name], **EMPTY)
    if name == "a stock without supply":
        found = structs.replace(found, stocks=plant)
    if name == "links alone":
        found = structs.replace(found, links=chain.links)
    kept = {n.id for n in found.nodes} if name != "prices alone" else {""}
    return structs.replace(found, series=[s for s in chain.series if s.node in kept])


def _stage(chains: dict[str, Chain]) -> Stage:
    """A stage with a drill for each chain, and the live lane on the chain "live"."""
    lanes = {
        f"drill:{name}": Lane(
            name=f"drill:{name}", chain=name, opened_at=START, origin=START, wall_origin=START, revision=1
        )
        for name in chains
    }
    return Stage(chains, lanes, read_rules(asset_path("deploy/config")), "live")


def _tell(stage: Stage, lane: str, chain: Chain, hour: int) -> None:
    """Every series of the chain reports, and the lane's clock strikes."""
    at = START + timedelta(hours=hour)
    for number, series in enumerate(chain.series or REFERENCE.series[:1]):
        feed = FeedMessage(
            lane=lane,
            source="test",
            series=[series.id],
            observed_us=[to_us(at)],
            issued_us=[to_us(at)],
            known_us=[to_us(at)],
            value=[(series.plausible_low + series.plausible_high) / 2],
        )
        stage.take(Message(FEED_TOPICS[series.feed].name, 0, number + hour * 1000, None, msgspec.json.encode(feed)))
    stage.take(Message(CLOCK.name, 0, hour, None, msgspec.json.encode(Tick(lane=lane, at=at, positions={}))))


@pytest.mark.parametrize(
    "name", ["nothing", "prices alone", "a node without a product flow", "a stock without supply", "links alone"]
)
def test_a_chain_of_a_few_parts_is_judged_without_a_fault(name: str) -> None:
    chain = structs.replace(_cut(name), id="small")
    stage = _stage({"small": chain})
    found = []
    for hour in range(3):
        _tell(stage, "drill:small", chain, hour)
        found += stage.judge_ticks() + stage.judge_promptly()
    assert stage.pictures["drill:small"].lane == "drill:small"
    stocks = {(s.node, s.product) for s in chain.stocks}
    assert {(a.node, a.product) for a in found if a.level is not Level.UNKNOWN} >= stocks


def test_a_rehearsal_that_fails_is_shut_out_and_the_live_lane_goes_on() -> None:
    live = structs.replace(_cut("a stock without supply"), id="live")
    broken = structs.replace(live, id="broken", stocks=[structs.replace(s, daily_use=math.inf) for s in live.stocks])
    stage = _stage({"live": live, "broken": broken})
    found = []
    for hour in range(3):
        _tell(stage, "drill:broken", broken, hour)
        _tell(stage, "live", live, hour)
        found += stage.judge_ticks() + stage.judge_promptly()
    assert stage.failed == {"drill:broken"}
    assert {a.lane for a in found} == {"live"}
    assert max(a.as_of for a in found) == START + timedelta(hours=2)


def test_a_fault_of_the_live_lane_is_raised() -> None:
    whole = _cut("a stock without supply")
    broken = structs.replace(whole, id="live", stocks=[structs.replace(s, daily_use=math.inf) for s in whole.stocks])
    stage = _stage({"live": broken})
    _tell(stage, "live", broken, 0)
    with pytest.raises(ValueError, match="not finite"):
        stage.judge_ticks()
