"""The demo scenario judged on memory twins: quiet before the cut, the coast warned days before it breaks, Daqin named."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from services.intake.publisher import Publisher
from services.intake.scenario.feeds.library import load_scenario
from services.intake.scenario.player import Player
from services.runtime.memory import MemoryConsumer

if TYPE_CHECKING:
    Line = Any

LEAD_IN_DAYS = 15
BREAK_AFTER_CUT_DAYS = 11.5


@pytest.mark.full
def test_daqin_stylised_warns_the_coast_three_days_before_it_breaks(make_line: Callable[[str], "Line"]) -> None:
    line = make_line("replay:story")
    ends = MemoryConsumer(line.broker)
    publisher = Publisher(line.producer, series=lambda: line.series, ends=ends, timeout_s=30)
    player = Player(publisher, line.clock, line.chain, load_scenario("daqin-stylised"), lane="replay:story", seed=1)
    player.play(speed=None, wait=lambda _: False)
    line.turn()
    start = min(a.as_of for a in line.assessments())
    cut = start + timedelta(days=LEAD_IN_DAYS)
    opened = [a for a in line.alerts() if a.state.value == "opened"]
    assert [a.headline_zh for a in opened if a.as_of < cut] == []
    coast = next(a for a in opened if a.node == "D_CST")
    assert cut + timedelta(days=BREAK_AFTER_CUT_DAYS) - coast.as_of >= timedelta(hours=72)
    assert (coast.path[0], coast.path[-1]) == ("R_DQ", "D_CST")
