"""Opens the operator's files."""

from collections.abc import Sequence
from pathlib import Path

import yaml

from services.console.configured.kinds import Kinds, parse_kinds
from services.console.configured.plan import CALLED, Plan, parse_plan
from services.console.configured.roster import Roster, parse_roster
from services.console.reading.contact import changes_of
from services.console.shelf import Shelf
from services.runtime.assets import asset_path, config_text
from services.runtime.contact_files import ContactChange, overlaid
from services.runtime.errors import ConfigurationError


def read_roster(shelf: Shelf, config: Path | None) -> Roster:
    """Contacts and roster of the configuration folder with what was changed by command. Raises ConfigurationError for files that do not read,
    UnreachableError."""
    changes = [each.change for each in changes_of(shelf)]
    return parse_roster(*(contact_text(config, file, changes) for file in ("contacts", "roster")))


def contact_text(config: Path | None, file: str, changes: Sequence[ContactChange]) -> str:
    """A file of the folder ``contacts`` as it counts; empty where there is none. Raises ConfigurationError for one that does not read."""
    try:
        return overlaid(_text(config, f"contacts/{file}.yaml"), file, changes)
    except yaml.YAMLError as error:
        raise ConfigurationError(f"contacts/{file}.yaml: {error}") from error


def read_plans(config: Path | None) -> list[Plan]:
    """All plans that may be started, by id. Raises ConfigurationError for a file that does not read."""
    folder = (config or asset_path("deploy/config")) / "playbooks"
    found = [parse_plan(file.name, file.read_text("utf-8")) for file in sorted(folder.glob("*.yaml"))]
    return [plan for plan in found if plan.starts != CALLED]


def read_kinds(config: Path | None) -> Kinds:
    """Kinds of events. Raises ConfigurationError for a file that does not read."""
    text, file = config_text(config, "what-if/kinds.yaml")
    return parse_kinds(file, text)


def _text(config: Path | None, name: str) -> str:
    try:
        return config_text(config, name)[0]
    except FileNotFoundError:
        return ""
