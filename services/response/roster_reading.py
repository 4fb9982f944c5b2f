"""The roster's file to a roster. Pure."""

import re
from collections.abc import Mapping
from datetime import date

from services.response.contacts import Contacts
from services.response.roster import Duty, Roster
from services.response.sheet import PlanFilesError, Problem, Sheet, open_sheet

_SHIFT = r"([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)"
_DAY = r"\d{4}-\d{2}-\d{2}"


def parse_roster(file: str, text: str, contacts: Contacts) -> Roster:
    """The roster. Raises PlanFilesError with every finding, by line."""
    problems: list[Problem] = []
    sheet = open_sheet(text, file, problems)
    roles = {contact.name_zh: contact.role for contact in contacts.values()}
    people = {c.role: frozenset(word for p in c.people for word in (p.id, p.name)) for c in contacts.values()}
    duties = [_duty(entry, roles, people) for entry in (sheet.sheets("值班") if sheet is not None else [])]
    if sheet is not None:
        sheet.finish()
    if problems:
        raise PlanFilesError(problems)
    return Roster(tuple(duties))


def _duty(sheet: Sheet, roles: Mapping[str, str], people: Mapping[str, frozenset[str]]) -> Duty:
    if not sheet.has("角色"):
        sheet.note("角色", "（缺少 missing）", "通讯录中的角色", "a role of the contacts")
    shift = sheet.text(
        "班次", default="00:00-00:00", pattern=_SHIFT, wanted="起止时刻，如 08:00-20:00 a span of the day"
    )
    found = re.fullmatch(_SHIFT, shift)
    hours = [int(part) for part in found.groups()] if found else [0, 0, 0, 0]
    first, last = _day(sheet, "自"), _day(sheet, "至")
    if first is not None and last is not None and last < first:
        sheet.note("至", last.isoformat(), f"不早于 {first}", f"not before {first}")
    duty = Duty(
        role=sheet.word("角色", roles, ""),
        person=sheet.text("人员"),
        deputy=sheet.text("代班", default=""),
        accounts=sheet.texts("账号", r"[A-Za-z0-9._-]{1,40}", "登录名 a login"),
        begins=(hours[0] * 60 + hours[1]) % 1440,
        ends=(hours[2] * 60 + hours[3]) % 1440,
        first=first,
        last=last,
    )
    _check_names(sheet, duty, people.get(duty.role, frozenset()))
    sheet.finish()
    return duty


def _check_names(sheet: Sheet, duty: Duty, known: frozenset[str]) -> None:
    """Where persons stand behind a role, whoever is on duty is one of them: else nobody could reach him."""
    names = (("人员", duty.person), ("代班", duty.deputy))
    for key, name in names:
        if known and name and name not in known:
            listed = "、".join(sorted(known))
            sheet.note(
                key, name, f"通讯录中该角色的人员（{listed}）", f"a person of the role in the contacts ({listed})"
            )


def _day(sheet: Sheet, key: str) -> date | None:
    given = sheet.text(key, default="", pattern=_DAY, wanted="日期，如 2026-02-01 a date")
    try:
        return date.fromisoformat(given) if given else None
    except ValueError:
        sheet.note(key, given, "日期，如 2026-02-01", "a date, such as 2026-02-01")
        return None
