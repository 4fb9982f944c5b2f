"""What the tests of response share: a short chain, alerts, the shipped plans."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest

from schemas.alert import Alert, AlertState
from schemas.assessment import Hazard
from schemas.chain import Chain, Node
from schemas.command import Command
from schemas.level import Level
from services.response.course import Plans, task_id
from services.response.office import Office
from services.response.reading import parse_plans
from services.response.roster import Roster
from services.response.store import load_plans

CONFIG = Path(__file__).resolve().parents[2] / "deploy" / "config"
SIMPLE = Path(__file__).resolve().parent / "plans"
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
def shipped() -> Plans:
    """The shipped playbooks, contacts and roster."""
    return load_plans(CONFIG)


@pytest.fixture(scope="session")
def simple_config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A configuration folder with five short plans of notifications, tasks and questions only, and the shipped contacts."""
    folder = tmp_path_factory.mktemp("config")
    shutil.copytree(SIMPLE, folder / "playbooks")
    (folder / "contacts").mkdir()
    shutil.copy(CONFIG / "contacts" / "contacts.yaml", folder / "contacts")
    return folder


@pytest.fixture(scope="session")
def plans(simple_config: Path) -> Plans:
    """The five short plans."""
    return load_plans(simple_config)


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


CONTACTS = "联系人:\n" + "".join(
    f"  - 角色: {role}\n    名称: {name}\n    英文名称: {role}\n    单位: {name}室\n    渠道: [log]\n"
    for role, name in (
        ("duty_officer", "值班员"),
        ("chain_chief", "链长"),
        ("general_chief", "总链长"),
        ("lead_department", "牵头部门"),
        ("work_team", "工作专班"),
    )
)
HEAD = """预案: {name}
名称: 预案{name}
英文名称: Plan {name}
版本: "1"
依据: 示意
启动条件:
  {start}
响应:
  - 级别: II级
    批准: 总链长
  - 级别: III级
    批准: 牵头部门
    按规则: 橙色
正式预警:
  批准: 链长
  发布范围: 全市
逾期上报: [牵头部门, 链长]
步骤:
"""


def step(name: str, kind: str, text: str = "办理", **more: str) -> str:
    """One step as an operator writes it."""
    stated = {"英文": "do it"} | more
    return f"  - 编号: {name}\n    {kind}: {text}\n" + "".join(f"    {key}: {value}\n" for key, value in stated.items())


def indented(text: str, by: int = 6) -> str:
    """Lines moved to the right, for blocks."""
    return "".join(f"{' ' * by}{line}\n" for line in text.splitlines())


class Desk:
    """An office with one plan or more; speaks as people do."""

    def __init__(self, nodes: dict[str, Node], roster: Roster, **steps: str) -> None:
        texts = {
            f"{name}.yaml": HEAD.format(
                name=name.replace("_", "-"), start="方式: 子预案" if name == "sub" else "等级: 黄色"
            )
            + text
            for name, text in steps.items()
        }
        self.plans = Plans(*parse_plans(texts, ("c.yaml", CONTACTS)), roster)
        self.office = Office(self.plans, lambda _: nodes)
        self.now = datetime.min.replace(tzinfo=UTC)
        self._said = 0

    def hear(self, alert: Alert) -> None:
        """A warning."""
        self.now = alert.as_of
        self.office.hear(alert)

    def wait(self, **span: float) -> None:
        """Time goes by."""
        self.now += timedelta(**span)
        self.office.until(self.now, "live")

    def say(self, kind: str, actor: str = "zhang", run: str = "main", **given: str) -> None:
        """A command; ``task`` may be given as step or step/role."""
        self._said += 1
        if "task" in given:
            name, _, role = given["task"].partition("/")
            given["task"] = self.task(name, role, run)
        elif kind.startswith("playbook.") and kind != "playbook.start":
            given["run"] = self.run(run).run.run_id
        command = self.last = Command(
            command_id=f"c-{self._said}",
            lane="live",
            kind=kind,
            actor=actor,
            reason="因故",
            issued_at=self.now,
            arguments=given,
        )
        self.office.obey(command, self.now, self.run(run).run.run_id if kind != "playbook.start" else "")

    def run(self, playbook: str = "main") -> Any:
        """How the run of a plan stands."""
        return next(s for s in self.office.standing() if s.run.playbook == playbook)

    def task(self, name: str, role: str = "", run: str = "main") -> str:
        """The id of the task of a step."""
        standing = self.run(run)
        found = next(s for s in (*standing.playbook.steps, *standing.progress.extra) if s.id == name)
        return task_id(standing.run.run_id, found, role or found.roles[0], standing.progress.steps[name].turn)

    def outcome(self, name: str, run: str = "main") -> str | None:
        """Outcome of a step, None when it was not taken."""
        state = self.run(run).progress.steps.get(name)
        return state.outcome if state is not None else None

    def events(self, kind: str, run: str = "main") -> list[Any]:
        """Events of a kind in a run."""
        run_id = self.run(run).run.run_id
        return [e for c in self.office.changes for e in c.events if e.kind == kind and e.run_id == run_id]

    def told(self, name: str) -> list[str]:
        """Offices told about a step."""
        return [n.recipient for c in self.office.changes for n in c.notifications if n.step == name]


class MakeDesk:
    """Makes desks on the short chain, and writes their plans."""

    ask: ClassVar[dict[str, str]] = {"对象": "[链长]", "时限": "1 小时"}
    task: ClassVar[dict[str, str]] = {"对象": "值班员", "时限": "2 小时"}
    contacts = CONTACTS
    head = HEAD
    step = staticmethod(step)
    indented = staticmethod(indented)

    def __init__(self, nodes: dict[str, Node]) -> None:
        self._nodes = nodes

    def __call__(self, roster: Roster | None = None, **steps: str) -> Desk:
        """A desk with plans of these steps."""
        return Desk(self._nodes, roster or Roster(), **steps)


@pytest.fixture
def desk(nodes: dict[str, Node]) -> MakeDesk:
    """Makes a desk on the short chain."""
    return MakeDesk(nodes)
