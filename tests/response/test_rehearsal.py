"""Every shipped plan tried in memory; the commands that try, compare and look back; hindsight by its stated assumptions."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result
from msgspec import structs

from schemas.alert import Alert, AlertState
from schemas.chain import Chain, Node
from schemas.level import Level
from services.cli.main import lianjing
from services.cli.playbook.dry_run import rehearsal_of
from services.response.course import Plans
from services.response.hindsight import Assumptions, Loss, accounts, avoided_by_all
from services.response.rehearsal import Line, People, Rehearsal, lines_of
from services.runtime.assets import asset_path
from services.runtime.chain import load_chain

MakeAlert = Callable[..., Alert]
PLANS = sorted(
    file.stem for file in (Path(__file__).resolve().parents[2] / "deploy" / "config" / "playbooks").glob("*.yaml")
)
WORSENING = [(Level.YELLOW, 0.0), (Level.ORANGE, 6.0), (Level.RED, 24.0), (Level.NORMAL, 96.0)]
START = datetime(2026, 1, 12, tzinfo=UTC)


def call(*words: str) -> Result:
    """The command line."""
    return CliRunner().invoke(lianjing, ["playbook", *words])


@pytest.fixture(scope="module")
def ordos() -> Chain:
    """The operating chain."""
    return load_chain(asset_path("deploy/config/chains/ordos"))


def tried(shipped: Plans, chain: Chain, plan: str, people: People) -> list[Line]:
    """Lines of a plan that was tried."""
    return lines_of(rehearsal_of(shipped, chain, plan, WORSENING, people, START, START + timedelta(days=40)).play())


@pytest.mark.parametrize("plan", PLANS)
def test_a_shipped_plan_asks_people_and_escalates_when_nobody_acts(shipped: Plans, ordos: Chain, plan: str) -> None:
    acted = tried(shipped, ordos, plan, People(minutes=10))
    idle = tried(shipped, ordos, plan, People(do_tasks=False, decide=""))
    assert any(line.what == "message" for line in acted)
    assert any(line.what == "task" for line in acted)
    assert not any(line.kind in ("overdue", "rejected") for line in acted if line.what == "event")
    assert any(line.kind == "overdue" for line in idle if line.what == "event")
    for response in (line for line in idle if line.kind == "response"):
        assert response.text_zh.startswith("按预案规则"), "without approval only III and IV may start, by rule"
    assert {line.kind for line in acted if line.what == "message"} == {"log"}


def test_the_supply_plan_lives_its_whole_official_life(shipped: Plans, ordos: Chain) -> None:
    kinds = [
        line.kind for line in tried(shipped, ordos, "coal-supply-guarantee", People(minutes=10)) if line.what == "event"
    ]
    order = [kind for kind in kinds if kind in ("started", "published", "adjusted", "released", "lifted", "ending")]
    assert order[0] == "started"
    assert [kind for kind in order if kind in ("published", "adjusted", "lifted")] == [
        "published",
        "adjusted",
        "lifted",
    ]
    assert kinds[-1] == "done"


def test_no_place_or_no_plan_is_said_clearly() -> None:
    assert "不符合启动条件" in str(call("dry-run", "water-intake-loss", "--product", "methanol").exception)
    assert call("dry-run", "full-tank", "--story", "purple@0").exit_code == 2


def test_validate_says_all_is_well_or_names_the_line(tmp_path: Path) -> None:
    spoilt = tmp_path / "full-tank.yaml"
    shipped = Path(__file__).resolve().parents[2] / "deploy" / "config" / "playbooks" / "full-tank.yaml"
    spoilt.write_text(shipped.read_text("utf-8").replace("时限: 2 小时", "时限: 两小时"), "utf-8")
    told = call("validate", str(spoilt))
    assert told.exit_code == 1
    assert "full-tank.yaml:" in told.stdout


def test_diff_names_what_changed(tmp_path: Path) -> None:
    shipped = Path(__file__).resolve().parents[2] / "deploy" / "config" / "playbooks" / "full-tank.yaml"
    newer = tmp_path / "newer" / "full-tank.yaml"
    newer.parent.mkdir()
    newer.write_text(shipped.read_text("utf-8").replace("时限: 6 小时", "时限: 3 小时"), "utf-8")
    told = call("diff", "full-tank", str(newer))
    assert told.exit_code == 1
    assert "~ outlets within_minutes: 360 → 180" in told.stdout
    other = newer.rename(tmp_path / "draft-of-next-year.yaml")
    assert call("diff", "full-tank", str(other)).stdout == told.stdout, "whatever the file is called"


def test_a_backtest_on_a_file_tells_steps_and_times(tmp_path: Path, make_alert: MakeAlert) -> None:
    alerts = [make_alert(1, node="P_QHD"), make_alert(9, Level.RED, node="P_QHD")]
    alerts.append(structs.replace(make_alert(90, Level.NORMAL, node="P_QHD"), state=AlertState.CLOSED))
    file = tmp_path / "alerts.jsonl"
    file.write_bytes(b"\n".join(map(msgspec.json.encode, alerts)))
    told = call("backtest", "--alerts", str(file), "--plan", "coal-supply-guarantee", "--json")
    (run,) = json.loads(told.stdout)["runs"]
    assert run["response"] == "I"
    assert run["helped_h"] == pytest.approx(1 / 60, abs=0.01)
    assert {step["step"] for step in run["steps"]} >= {"verify-stock", "remedy", "replan", "reserve"}


@pytest.mark.parametrize(("lead_h", "avoided"), [(24.0, 500_000.0), (120.0, 0.0)])
def test_only_help_in_time_avoids_anything(
    plans: Plans, nodes: dict[str, Node], make_alert: MakeAlert, lead_h: float, avoided: float
) -> None:
    rehearsal = Rehearsal(plans, lambda _: nodes, People(minutes=60), make_alert(48).as_of)
    rehearsal.hear([make_alert()])
    changes = rehearsal.play()
    at = make_alert().as_of
    losses = [
        Loss(node="D", product="steam_coal", hazard="starved", at=at, cny=1e6),
        Loss(node="D", product="steam_coal", hazard="starved", at=at + timedelta(hours=5), cny=9e6),
        Loss(node="P", product="steam_coal", hazard="starved", at=at, cny=7e6),
    ]
    (account,) = accounts(changes, losses, Assumptions(effect=0.5, lead_h=lead_h))
    assert (account.helped_h, account.left_h) == (1.0, 99.0)
    assert account.avoided_cny == avoided


def test_help_at_a_port_avoids_what_those_it_feeds_would_lose_and_only_once(
    plans: Plans, nodes: dict[str, Node], make_alert: MakeAlert
) -> None:
    incident = "R_DQ"
    alerts = [structs.replace(make_alert(node=node), incident=incident) for node in ("P", "D")]
    rehearsal = Rehearsal(plans, lambda _: nodes, People(minutes=60), make_alert(48).as_of)
    rehearsal.hear(alerts)
    at = make_alert().as_of
    losses = [
        Loss(node=node, product="steam_coal", hazard="starved", at=at, cny=cny)
        for node, cny in (("P", 0.0), ("D", 4e6), ("X", 9e6))
    ]
    found = accounts(rehearsal.play(), losses, Assumptions(effect=0.5, lead_h=24.0), alerts)
    helping = [a for a in found if a.node == "P" and a.helped_h is not None]
    assert {a.avoided_cny for a in helping} == {2e6}
    assert avoided_by_all([*found, *helping]) == 2e6
