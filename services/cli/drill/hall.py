"""The hall on the running stack: drill files of the configuration, the log on its topic, the parts a director works on."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

import msgspec

from schemas.drill import DrillEvent
from schemas.drill_plan import Plan
from services.cli.drill.building import Tools, abandon_drill, stage_of
from services.cli.drill.director import Stage
from services.cli.drill.files import available_drills, load_drill, scenario_of
from services.cli.drill.reporting import write_report
from services.runtime.errors import ConfigurationError


class DrillHall:
    """As ``master.Hall`` asks."""

    def __init__(self, found: Tools) -> None:
        self._found = found
        self._read: dict[str, tuple[float, dict[str, Any]]] = {}

    def offers(self) -> list[dict[str, Any]]:
        """Every file; one that did not change since it was last read is not read again."""
        return [self._offer(name) for name in available_drills(self._found.settings)]

    def plan(self, name: str) -> Plan:
        """The drill of a file on the shelf. A path is no name: nothing outside the shelf can be started."""
        shelf = available_drills(self._found.settings)
        if name not in shelf:
            raise ConfigurationError(
                f"演练 {name[:80]!r} 不存在 no such drill; 可用 available: {', '.join(shelf) or '—'}"
            )
        plan = load_drill(name, self._found.settings)
        scenario_of(plan, self._found.settings)
        return plan

    def log(self) -> list[DrillEvent]:
        """From the topic."""
        return self._found.log()

    def publish(self, event: DrillEvent) -> None:
        """To the topic."""
        self._found.publish(event)

    def stage(self, plan: Plan, drill: str) -> AbstractContextManager[Stage]:
        """On the broker."""
        return stage_of(plan, drill, self._found)

    def abandon(self, drill: str, actor: str) -> list[str]:
        """As ``lianjing drill abandon`` does."""
        return abandon_drill(self._found, drill, actor)

    def report(self, log: Sequence[DrillEvent], events: Sequence[DrillEvent]) -> None:
        """Into reports/drills of the home folder."""
        write_report(log, events, self._found.settings.home / "reports" / "drills")

    def _offer(self, name: str) -> dict[str, Any]:
        changed = available_drills(self._found.settings)[name].stat().st_mtime
        if self._read.get(name, (0.0, {}))[0] != changed:
            self._read[name] = changed, self._read_file(name)
        return self._read[name][1]

    def _read_file(self, name: str) -> dict[str, Any]:
        try:
            plan = self.plan(name)
        except ConfigurationError as error:
            return {"file": name, "faults": list(error.problems)}
        return offer_of(name, plan)


def offer_of(name: str, plan: Plan) -> dict[str, Any]:
    """What whoever may start a drill is told about its file; neither stop word nor injects."""
    told = msgspec.to_builtins(plan)
    kept = (
        "name_zh",
        "name_en",
        "scenario",
        "minutes",
        "rate",
        "is_announced",
        "approver",
        "roster",
        "evaluators",
        "objectives",
    )
    return {
        "file": name,
        "faults": [],
        "injects": len(plan.injects),
        "expectations": len(plan.expectations),
        "has_script": bool(plan.acts),
        **{field: told[field] for field in kept},
    }
