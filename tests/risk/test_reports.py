"""What officers enter by telephone, from the command through intake into the forecast: a closure, its updates, its end; a stock."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import numpy as np
import pytest

from schemas.alert import AlertState
from schemas.assessment import Assessment, Hazard
from schemas.chain import Chain
from schemas.lane import Lane
from schemas.level import Level
from schemas.report import EVENT_KINDS, EventReport, report_series
from services.intake.catalogue import catalogue_of
from services.response import office
from services.response.store import load_plans
from services.risk.picture import Picture
from services.risk.state.told import told_of
from services.runtime.assets import asset_path
from services.runtime.chain import load_chain
from services.runtime.clock import to_us
from tests.phone import CLOSURE, STOCK, Office, command
from tests.risk.conftest import START, Line

PORT = "P_QHD"


class Duty:
    """A quiet lane with an officer at the telephone. ``call`` enters a report at an hour of the lane, and risk judges."""

    def __init__(self, line: Line) -> None:
        self.line = line
        chain = line.chain
        lane = Lane(name=line.lane, chain=chain.id, opened_at=START, origin=START, wall_origin=START)
        series = {s.id: s for s in (*chain.series, report_series(chain))}
        self.office = Office(catalogue_of(series, {lane.name: lane}, {}, (), {chain.id: chain}), line.broker, START)
        self.live(0, 24)

    def live(self, first: int, last: int, silent: str = "") -> None:
        """Everything reports as usual every two hours from first to last, but how one node works; then one tick."""
        told = self.line.series
        usual = {n: v for n, v in self.line.quiet().items() if told[n].node != silent or told[n].indicator == "stock"}
        for hour in range(first, last, 2):
            self.line.send(usual, START + timedelta(hours=hour))
        self.line.tick(START + timedelta(hours=last))
        self.line.turn()

    def call(self, name: str, hour: float, what: str = "report.event", **arguments: str) -> None:
        """One call, entered at this hour."""
        self.office.enter(command(name, what, **arguments), hour)
        assert not self.office.rejections()
        self.line.turn()

    def close(self, hour: float, **changes: str) -> None:
        """The closure of the Daqin line becomes known."""
        self.call("c1", hour, **(CLOSURE | {"verified": "yes"} | changes))

    def picture(self) -> Picture:
        """What risk holds for prompt words."""
        picture = self.line.risk.stage.pictures["live"].prompt
        assert picture is not None
        return picture

    def look(self, hour: float, node: str = PORT) -> Assessment:
        """The forecast of a place at an hour, whether it was published or not."""
        at = START + timedelta(hours=hour)
        found = [a for a in self.picture().judge_all(at) if a.node == node and a.hazard is Hazard.STARVED]
        return found[0]


@pytest.fixture
def duty(line: Line) -> Iterator[Duty]:
    made = Duty(line)
    yield made
    made.office.packer.close()


def chance(a: Assessment) -> float:
    """Of a break within a week."""
    return a.probability["168"]


def spread(a: Assessment) -> float:
    """Of the stock three days ahead."""
    return a.stock_p90["72"] - a.stock_p10["72"]


def report(**changes: object) -> EventReport:
    """A verified closure at the start, back in 6 to 72 hours, likely 24."""
    fields: dict[str, object] = {
        "event": "c1",
        "command": "c1",
        "target": "node",
        "place": "R_DQ",
        "kind": "closure",
        "left": 0.0,
        "source": "s",
        "caller": "c",
        "officer": "o",
        "is_verified": True,
        **dict.fromkeys(("begun_at", "told_at"), START),
        **{
            name: START + timedelta(hours=h)
            for name, h in (("earliest_at", 6), ("likely_at", 24), ("latest_at", 72), ("due_at", 19))
        },
    }
    return EventReport(**(fields | changes))  # type: ignore[arg-type]  # the fields named above


def lasts(hour: float, **changes: object) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Deciles of how long it still lasts, seen at an hour."""
    uniform = np.linspace(0.05, 0.95, 19)
    return told_of(report(**changes), to_us(START + timedelta(hours=hour))).lasts(uniform)


def test_a_verified_event_ends_between_the_hours_told() -> None:
    found = lasts(0)
    assert found[0] > 6
    assert found[-1] < 72
    assert 20 < found[9] < 45
    assert np.all(np.diff(found) > 0)


@pytest.mark.parametrize("hour", [0.0, 5.0, 12.0, 23.9, 24.0, 71.0, 72.0, 500.0])
def test_whatever_the_hour_it_is_not_over_by_itself(hour: float) -> None:
    for verified in (True, False):
        found = lasts(hour, is_verified=verified)
        assert np.isfinite(found).all()
        assert (found >= 0).all()
        assert found[9] > 0.9


def test_what_nobody_verified_is_known_less_surely() -> None:
    sure, unsure = lasts(0), lasts(0, is_verified=False)
    assert unsure[-1] - unsure[0] > 1.3 * (sure[-1] - sure[0])


def test_past_its_expected_end_less_is_known_than_before() -> None:
    before, after = lasts(20), lasts(30)
    assert after[-1] - after[0] > before[-1] - before[0]
    assert told_of(report(), to_us(START + timedelta(hours=30))).is_overdue


def test_a_closure_told_by_telephone_is_in_the_forecast_at_once_and_named_as_the_cause(duty: Duty) -> None:
    quiet = duty.look(24)
    published = len(duty.line.assessments())
    duty.close(24.5, likely_h="240", latest_h="480", earliest_h="120")
    assert len(duty.line.assessments()) > published
    found = duty.line.newest(PORT)
    assert chance(found) > chance(quiet) + 0.3
    assert "大秦" in found.reason_zh
    assert "封闭停运" in found.reason_zh
    assert "已核实" in found.reason_zh


def test_an_unverified_closure_widens_the_interval_and_says_so(duty: Duty) -> None:
    long = {"earliest_h": "60", "likely_h": "120", "latest_h": "200"}
    duty.close(24.5, **long)
    sure = duty.look(25)
    duty.call("c2", 24.6, action="revise", event="c1", verified="no")
    unsure = duty.look(25)
    assert spread(unsure) > 1.3 * spread(sure)
    assert unsure.confidence < sure.confidence
    assert "未核实" in unsure.reason_zh


def test_a_revision_and_the_end_reach_the_forecast(duty: Duty) -> None:
    quiet = duty.look(24)
    duty.close(24.5, earliest_h="120", likely_h="240", latest_h="480")
    worst = duty.look(25)
    duty.call("c2", 25, action="revise", event="c1", left="0.7")
    better = duty.look(25.5)
    duty.call("c3", 26, action="end", event="c1")
    over = duty.look(26)
    assert chance(worst) > chance(better)
    assert chance(over) == pytest.approx(chance(quiet), abs=0.05)
    assert not over.causes


def silent(duty: Duty) -> list[tuple[AlertState, str]]:
    return [(a.state, a.headline_zh) for a in duty.line.alerts() if a.hazard is Hazard.SILENT]


def test_an_update_is_asked_for_before_the_expected_end_and_without_one_nothing_is_over(duty: Duty) -> None:
    duty.close(24.5, left="0.9", earliest_h="2", likely_h="10", latest_h="20")
    duty.live(26, 32, "R_DQ")
    assert not silent(duty)
    duty.live(32, 34, "R_DQ")  # it is likely over at 34.5 h; a word is wanted from 32.5 h on
    ((state, headline),) = silent(duty)
    assert state is AlertState.OPENED
    assert "接报待更新" in headline
    assert "大秦" in headline
    nodes = {node.id: node for node in load_chain(asset_path("deploy/config/chains/ordos")).nodes}
    plans = office.Office(load_plans(asset_path("deploy/config")), lambda _: nodes)
    for alert in duty.line.alerts():
        if alert.hazard is Hazard.SILENT:
            plans.hear(alert)
    (run,) = plans.standing()
    assert run.run.playbook == "data-loss"
    assert "call-provider" in run.progress.steps, "somebody has to call back, and is called to account when nobody did"
    world = duty.picture().world(START + timedelta(hours=60))
    (standing,) = [d for d in world.disturbed if d.told is not None]
    assert standing.told is not None
    assert standing.told.is_overdue
    assert standing.factor == pytest.approx(0.9)


def test_a_new_word_ends_the_asking(duty: Duty) -> None:
    duty.close(24.5, left="0.9", earliest_h="2", likely_h="6", latest_h="20")
    duty.live(26, 32, "R_DQ")
    assert len(silent(duty)) == 1
    asked = duty.line.newest("R_DQ", "electricity")
    assert [i.told_zh[:6] for i in asked.inputs if i.trust <= 0] == ["大秦铁路电话"]
    duty.call("c2", 32, action="end", event="c1")
    duty.live(32, 34)
    assert all(i.trust > 0 for i in duty.line.newest("R_DQ", "electricity").inputs)


def test_trusted_readings_that_show_recovery_end_it_too(duty: Duty) -> None:
    duty.close(24.5, left="0.2", earliest_h="2", likely_h="100", latest_h="200")
    assert any(d.told for d in duty.picture().world(START + timedelta(hours=25)).disturbed)
    duty.live(26, 50)  # every series reports the usual, the Daqin line among them
    assert not any(d.told for d in duty.picture().world(START + timedelta(hours=49)).disturbed)


def test_an_area_hits_its_nodes_and_links(duty: Duty, ordos: Chain) -> None:
    duty.close(24.5, node="", area="150627", kind="weather", left="0.3")
    hit = {(d.target.value, d.node) for d in duty.picture().world(START + timedelta(hours=25)).disturbed if d.told}
    kinds = {n.id: n.kind for n in ordos.nodes}
    inside = {n.id for n in ordos.nodes if n.admin_code == "150627"}
    assert {n for t, n in hit if t == "node"} == {n for n in inside if kinds[n] in EVENT_KINDS["weather"].places}
    assert any(t == "link" for t, _ in hit)


def test_a_link_can_be_closed_alone(duty: Duty) -> None:
    duty.close(24.5, node="", link="R_DQ:P_QHD:steam_coal", earliest_h="120", likely_h="240", latest_h="480")
    found = duty.look(25)
    assert "→ 秦皇岛" in found.reason_zh
    assert found.level is not Level.NORMAL


def test_a_stock_read_over_the_telephone_is_trusted_by_how_sure_it_is(duty: Duty) -> None:
    before = duty.look(25)
    duty.call("s1", 24.5, "report.stock", **(STOCK | {"value": "300", "verified": "no"}))
    unsure = duty.look(24.6)
    duty.call("s2", 24.7, "report.stock", **(STOCK | {"value": "300", "verified": "yes"}))
    sure = duty.look(24.8)
    assert before.stock is not None
    assert unsure.stock == pytest.approx(3_000_000, rel=0.02)
    assert unsure.confidence < sure.confidence < before.confidence
    assert "电话接报读数，未核实" in unsure.reason_zh


def test_a_restart_knows_the_open_events_again(duty: Duty) -> None:
    duty.close(24.5)
    duty.line.start_risk()
    duty.line.turn()
    assert any(d.told for d in duty.picture().world(START + timedelta(hours=25)).disturbed)


def test_a_drill_does_not_touch_the_live_lane(make_line: Callable[[str], Line]) -> None:
    drill = Duty(make_line("drill:w"))
    drill.office.enter(command("c1", lane="drill:w", **CLOSURE), 24.5)
    drill.line.turn()
    assert {a.lane for a in drill.line.assessments()} == {"drill:w"}
    assert any("大秦" in a.reason_zh and "封闭" in a.reason_zh for a in drill.line.assessments())
    drill.office.packer.close()
