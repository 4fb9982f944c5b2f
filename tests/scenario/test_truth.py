"""The rules of truth on series made by hand, and the causes of events."""

from pathlib import Path

import numpy as np
import pytest

from schemas.chain import Chain
from services.intake.scenario.feeds.library import load_scenario, read_truth, write_truth
from services.intake.scenario.simulation import Simulation
from services.intake.scenario.trace import Trace
from services.intake.scenario.truth import Break, Event, breaks_of, events_of, runs
from services.intake.scenario.verdict import Truth, truth_of
from services.runtime.errors import ConfigurationError

HOURS = 24 * 30


def flags(*spans: tuple[int, int]) -> np.ndarray:
    marked = np.zeros(HOURS, dtype=bool)
    for start, end in spans:
        marked[start:end] = True
    return marked


@pytest.mark.parametrize(
    ("given", "least", "expected"),
    [
        pytest.param(flags((10, 33)), 24, [], id="23 hours are not enough"),
        pytest.param(flags((10, 34)), 24, [(10, 24)], id="24 hours are a break at their first hour"),
        pytest.param(flags((0, 40)), 24, [], id="what began before is no event"),
        pytest.param(flags((10, 40), (100, 140)), 24, [(10, 30)], id="again within 7 days is the same event"),
        pytest.param(
            flags((10, 40), (208, 240)), 24, [(10, 30), (208, 32)], id="again after 7 days without is another"
        ),
        pytest.param(flags((10, 40), (207, 240)), 24, [(10, 30)], id="an hour short of 7 days is not"),
        pytest.param(
            flags((10, 40), (90, 95), (210, 240)), 24, [(10, 30), (210, 30)], id="a short dip between is no event"
        ),
        pytest.param(flags((700, 720)), 24, [], id="a run cut off by the end"),
        pytest.param(flags((5, 7)), 2, [(5, 2)], id="2 hours for users without stock"),
        pytest.param(flags((5, 6)), 2, [], id="1 hour is not"),
        pytest.param(flags(), 2, [], id="nothing"),
    ],
)
def test_runs(given: np.ndarray, least: int, expected: list[tuple[int, int]]) -> None:
    assert runs(given, least) == expected


def _doctored(life: Simulation, **changes: np.ndarray) -> list[Event]:
    """Events of a calm trace of 30 days in which some columns are replaced."""
    layout = life.world.layout
    nodes, holds, links = layout.sizes
    calm = {
        "stock": np.tile(life.world.target, (HOURS, 1)),
        "used": np.ones((HOURS, holds)),
        "need": np.ones((HOURS, holds)),
        "made": np.ones((HOURS, nodes)),
        "plan": np.ones((HOURS, nodes)),
        "sent": np.ones((HOURS, links)),
        "asked": np.ones((HOURS, links)),
    }
    calm.update(changes)
    trace = Trace(-48, life.world.target.copy(), np.zeros(links))
    for hour in range(HOURS):
        trace.add(**{name: column[hour] for name, column in calm.items()})
    return events_of(life.world, trace)


def test_a_stock_below_its_minimum_for_a_day_is_starved(stylised: Simulation) -> None:
    layout = stylised.world.layout
    hold = layout.hold("D_CEN", "steam_coal")
    stock = np.tile(stylised.world.target, (HOURS, 1))
    stock[100:130, hold] = 0.9 * layout.hold_minimum[hold]
    (event,) = _doctored(stylised, stock=stock)
    assert event == Event(node="D_CEN", product="steam_coal", kind=Break.STARVED, hour=52, hours=30, worst=0.9)


def test_a_stock_at_its_maximum_for_a_day_is_blocked_and_an_input_is_not(stylised: Simulation) -> None:
    layout = stylised.world.layout
    stock = np.tile(stylised.world.target, (HOURS, 1))
    for key in (("C_BFM", "methanol"), ("C_BFM", "steam_coal")):
        stock[100:130, layout.hold(*key)] = layout.hold_maximum[layout.hold(*key)]
    (event,) = _doctored(stylised, stock=stock)
    assert (event.node, event.product, event.kind, event.hour) == ("C_BFM", "methanol", Break.BLOCKED, 52)


@pytest.mark.parametrize(("served", "hours", "count"), [(0.97, 2, 1), (0.97, 1, 0), (0.985, 10, 0)])
def test_a_user_without_stock_is_starved_when_served_too_little(
    stylised: Simulation, served: float, hours: int, count: int
) -> None:
    used = np.ones((HOURS, len(stylised.world.layout.hold_node)))
    used[100 : 100 + hours, stylised.world.layout.hold("D_GAS", "sng")] = served
    events = [e for e in _doctored(stylised, used=used) if e.kind is Break.STARVED]
    assert [(e.node, e.hour) for e in events] == [("D_GAS", 52)] * count


@pytest.mark.parametrize(("share", "hours", "count"), [(0.94, 6, 1), (0.94, 5, 0), (0.96, 100, 0)])
def test_output_below_plan_for_six_hours_is_graver(stylised: Simulation, share: float, hours: int, count: int) -> None:
    layout = stylised.world.layout
    made = np.ones((HOURS, len(layout.node_out)))
    made[100 : 100 + hours, layout.node_index["C_ZTO"]] = share
    events = _doctored(stylised, made=made)
    assert [(e.node, e.kind) for e in events] == [("C_ZTO", Break.GRAVER)] * count


def test_a_calm_trace_has_no_event(stylised: Simulation) -> None:
    assert _doctored(stylised) == []


@pytest.fixture(scope="session")
def verdicts(chain: Chain) -> Truth:
    return truth_of(chain, load_scenario("daqin-stylised"), seed=1)


def test_the_coast_breaks_because_of_daqin_and_was_foreseeable(verdicts: Truth) -> None:
    coast = next(v for v in verdicts.breaks if v.event.node == "D_CST")
    assert "daqin-cut" in coast.causes
    assert coast.is_foreseeable
    assert coast.shown_hour is not None
    assert 24.0 < coast.shown_hour < 36.0


def test_the_cut_itself_comes_without_warning(verdicts: Truth) -> None:
    cut = next(v for v in verdicts.graver if v.event.node == "R_DQ")
    assert cut.causes == ["daqin-cut"]
    assert not cut.is_foreseeable


def test_truth_of_a_scenario_without_a_break_says_so(chain: Chain) -> None:
    assert truth_of(chain, load_scenario("daqin-2022"), seed=1).breaks == []


def test_truth_files_read_back(verdicts: Truth, tmp_path: Path) -> None:
    path = write_truth(verdicts, tmp_path / "truth")
    assert path.name == "daqin-stylised.seed1.mismatch1.json"
    assert read_truth(path) == verdicts
    path.write_text("[]")
    with pytest.raises(ConfigurationError, match="not a truth file"):
        read_truth(path)


def test_breaks_leave_the_graver_class_out(stylised: Simulation) -> None:
    assert Break.GRAVER not in {e.kind for e in breaks_of(stylised.world, stylised.trace)}
