"""Files to values: playbooks, checked against the contacts and each other. Pure; the folder is opened by ``store``."""

from collections.abc import Mapping

from services.response.channel import ChannelKind, ChannelSpec
from services.response.contact_sheet import parse_contacts
from services.response.contacts import Contacts
from services.response.plan_checks import check_endpoints, check_sub_plans
from services.response.plan_reading import read_playbook
from services.response.playbook import Playbook
from services.response.sheet import PlanFilesError, Problem, open_sheet
from services.response.step_reading import Entry


def parse_plans(
    playbooks: Mapping[str, str], contacts: tuple[str, str], channels: Mapping[str, ChannelSpec] | None = None
) -> tuple[tuple[Playbook, ...], Contacts]:
    """Playbooks (file name → text, in order of id) and contacts ((file name, text)), whose persons are reached by ``channels``.

    Raises PlanFilesError with every finding, by file and line.
    """
    problems: list[Problem] = []
    known = parse_contacts(*contacts, problems, channels)
    found: dict[str, Playbook] = {}
    steps: dict[str, list[Entry]] = {}
    for file, text in sorted(playbooks.items()):
        sheet = open_sheet(text, file, problems)
        if sheet is None:
            continue
        playbook, entries = read_playbook(sheet, known)
        if playbook.id in found:
            sheet.note("预案", playbook.id, "另一个编号，此编号已用", "another id; this one is taken")
        found[playbook.id], steps[playbook.id] = playbook, entries
    check_sub_plans(found, steps)
    if channels is not None:
        check_endpoints(steps, {name for name, spec in channels.items() if spec.kind is ChannelKind.WEBHOOK})
    if problems:
        raise PlanFilesError(problems)
    return tuple(found[name] for name in sorted(found)), known
