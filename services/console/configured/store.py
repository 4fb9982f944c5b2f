"""Opens the operator's files."""

from pathlib import Path

from services.console.configured.kinds import Kinds, parse_kinds
from services.console.configured.plan import CALLED, Plan, parse_plan
from services.console.configured.roster import Roster, parse_roster
from services.runtime.assets import asset_path, config_text


def read_roster(config: Path | None) -> Roster:
    """Contacts and roster of the configuration folder. Raises ConfigurationError for files that do not read."""
    return parse_roster(_text(config, "contacts/contacts.yaml"), _text(config, "contacts/roster.yaml"))


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
