"""Drill files on disk: those shipped, the operator's, YAML or Excel; and what they may name."""

from pathlib import Path

from schemas.drill_plan import Plan
from services.drill.book import DrillFileError, Finding
from services.drill.endpoints import endpoints_in
from services.drill.reading import Known, read_sheets, read_yaml
from services.intake.scenario.feeds.library import available_scenarios, load_scenario
from services.intake.scenario.scenario import Scenario
from services.intake.table.excel_table import read_excel
from services.intake.table.grid import FileFault
from services.runtime.assets import asset_path
from services.runtime.chain import load_chain
from services.runtime.chain.folder import chain_folder
from services.runtime.errors import ConfigurationError
from services.runtime.settings import Settings

_SUFFIXES = (".yaml", ".yml", ".xlsx")


def available_drills(settings: Settings) -> dict[str, Path]:
    """Drill files by the name they are asked for."""
    folder = (settings.config or asset_path("deploy/config")) / "drills"
    return {p.stem: p for p in sorted(folder.glob("*")) if p.suffix in _SUFFIXES} if folder.is_dir() else {}


def load_drill(name: str, settings: Settings) -> Plan:
    """A drill by name, or by the path of a YAML or Excel file, checked against chain, scenarios and playbooks.

    Raises DrillFileError with every finding by line, ConfigurationError when there is no such file.
    """
    path = _path(name, settings)
    known = known_of(settings)
    is_book = path.suffix == ".xlsx"
    plan = read_sheets(_sheets(path), path.name, known) if is_book else read_yaml(_text(path), path.name, known)
    findings = _playbook_findings(plan, settings)
    if findings:
        raise DrillFileError(findings)
    return plan


def drill_text(name: str, settings: Settings) -> str:
    """The YAML text of a drill file. Raises ConfigurationError when there is none, or it is a workbook already."""
    path = _path(name, settings)
    if path.suffix == ".xlsx":
        raise ConfigurationError(f"{path}: 已是工作簿 is a workbook already")
    return _text(path)


def known_of(settings: Settings) -> Known:
    """What a drill file may name. Raises ConfigurationError when the chain's files are wrong."""
    chain = load_chain(chain_folder(settings.config, settings.chain))
    return Known(
        series=[s.id for s in chain.series],
        nodes=[n.id for n in chain.nodes],
        scenarios=list(available_scenarios(settings.config)),
        playbooks=[p.stem for p in _playbooks(settings).glob("*.yaml")],
    )


def scenario_of(plan: Plan, settings: Settings) -> Scenario:
    """The scenario of a drill, with the drill's own days before. Raises ConfigurationError."""
    import msgspec

    scenario = load_scenario(plan.scenario, settings.config)
    last = plan.start_hour + plan.minutes / 60
    if last > scenario.last_hour:
        raise ConfigurationError(
            f"情景 {plan.scenario} 只到第 {scenario.last_hour} 小时，演练要到第 {last:g} 小时：缩短时长或提前起始小时"
            f" / the scenario ends at hour {scenario.last_hour}, the drill at {last:g}"
        )
    return msgspec.structs.replace(scenario, lead_in_days=plan.lead_in_days)


def _playbook_findings(plan: Plan, settings: Settings) -> list[Finding]:
    """A playbook of a drill holds no live endpoint and no credential."""
    found = []
    for name in plan.playbooks:
        text = (_playbooks(settings) / f"{name}.yaml").read_text(encoding="utf-8")
        for line, key, what, itself in endpoints_in(text):
            zh, en = what.split(" ", 1)
            fix = f"删去{zh}，或另写一份演练用预案；演练只用内置替身"
            found.append(
                Finding(
                    f"playbooks/{name}.yaml", line, key, itself, fix, f"take the {en} out, or write a plan for drills"
                )
            )
    return found


def _playbooks(settings: Settings) -> Path:
    return (settings.config or asset_path("deploy/config")) / "playbooks"


def _path(name: str, settings: Settings) -> Path:
    shelf = available_drills(settings)
    path = Path(name) if name.endswith(_SUFFIXES) else shelf.get(name)
    if path is None or not path.is_file():
        raise ConfigurationError(f"演练 {name!r} 不存在 no such drill; 可用 available: {', '.join(shelf) or '—'}")
    return path


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path}: 不是 UTF-8 文本 not a text in UTF-8") from error


def _sheets(path: Path) -> list[tuple[str, list[tuple[object, ...]]]]:
    try:
        return [(grid.sheet, list(grid.rows)) for grid in read_excel(path.read_bytes())]
    except FileFault as fault:
        raise ConfigurationError(f"{path}: {fault.given} → {fault}") from fault
