"""Scenario files on disk: those shipped, those of the operator, and truth files for the scorer."""

from pathlib import Path

import msgspec

from services.intake.scenario.reading import read_scenario
from services.intake.scenario.scenario import Scenario
from services.intake.scenario.verdict import Truth
from services.runtime.assets import asset_path
from services.runtime.errors import ConfigurationError

_SHIPPED = "deploy/config/scenarios"


def available_scenarios(folder: Path | None = None) -> dict[str, Path]:
    """Scenario files by id (their file name without ``.yaml``), in order: the shipped ones, or those of an operator's configuration folder."""
    home = asset_path(_SHIPPED) if folder is None else folder / "scenarios"
    return {path.stem: path for path in sorted(home.glob("*.yaml"))}


def load_scenario(name: str, folder: Path | None = None) -> Scenario:
    """Read a scenario by id, or by the path of a file ending in ``.yaml``.

    Raises ConfigurationError when there is none of that name (it lists those there are), when the file is wrong (by line), or when
    the id inside differs from the name of the file.
    """
    known = available_scenarios(folder)
    path = Path(name) if name.endswith((".yaml", ".yml")) else known.get(name)
    if path is None or not path.exists():
        raise ConfigurationError(f"情景 {name!r} 不存在 no such scenario; 可用 available: {', '.join(known)}")
    scenario = read_scenario(path.read_text(encoding="utf-8"), path.name)
    if scenario.id != path.stem:
        raise ConfigurationError(
            f"{path.name}: id: 给出 given {scenario.id!r}; 应为 wanted {path.stem!r}, the name of the file"
        )
    return scenario


def write_truth(truth: Truth, folder: Path) -> Path:
    """Write a truth file into ``folder``; only the scorer opens it. The name tells scenario, seed and mismatch."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{truth.scenario}.seed{truth.seed}.mismatch{truth.mismatch}.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(truth), indent=2))
    return path


def read_truth(path: Path) -> Truth:
    """Read a truth file. Raises ConfigurationError when it is not one."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Truth)
    except msgspec.DecodeError as error:
        raise ConfigurationError(f"{path}: 不是真值文件 not a truth file: {error}") from error
