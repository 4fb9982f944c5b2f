"""Every page with things that are really there: hidden from those of other chains and providers, and never part of the page's own text."""

import re
from typing import Any

import psycopg
import pytest

from services.console.access.person import Role
from services.console.app import OPEN, endpoints
from services.console.routes.guard import Allowed

REAL = {
    "name": "ep-live",
    "piece": "tasks",
    "chain": "ordos",
    "node": "P_QHD",
    "run_id": "run-live",
    "task_id": "task-live",
    "drill": "b",
    "form": "pdf",
    "lane": "live",
    "rejection_id": "r-live",
    "command_id": "c-live",
    "command": "c-live",
    "event": "c-live",
    "wanted": "zh",
}
MISCHIEF = "<script>alert(7)</script>\"'><img src=x onerror=alert(8)>"
TELLTALES = ("P_QHD", "秦皇岛", "ep-live", "task-live", "steam_coal", "是否会商")
EVERY = set(Role) - {Role.PROVIDER}
_PLANT = (
    ("alert", "headline_zh headline_en reason_zh reason_en"),
    ("assessment", "reason_zh reason_en smallest_change_zh smallest_change_en"),
    ("run", "name_zh name_en"),
    ("task", "title_zh title_en"),
    ("rejection", "given wanted origin"),
    ("score", "sentence_zh sentence_en"),
    ("outcome", "comment confirmed_by reason_zh"),
)
_COMMAND = """
INSERT INTO command (command_id, lane, kind, actor, reason, issued_at, arguments)
VALUES ('c-live', 'live', 'report.event', %(text)s::text, %(text)s::text, now(), jsonb_build_object('action', 'add', 'event', 'c-live',
    'node', 'P_QHD', 'note', %(text)s::text, 'caller', %(text)s::text, 'source', %(text)s::text, 'kind', 'closure', 'left', '0'))"""


def _signed_in(console: Any, roles: set[Role], **more: Any) -> Any:
    console.account("somebody", *roles, **more)
    client = console.visitor()
    console.sign_in(client, "somebody")
    return client


def _pages() -> list[tuple[str, str]]:
    """Address and template of every page that is read by GET, filled with what is there."""
    return [
        (re.sub(r"\{(\w+)(:\w+)?\}", lambda m: REAL.get(m.group(1), "none"), path), path)
        for path, route in endpoints()
        if "GET" in (route.methods or ()) and path != "/stream" and _guards(route)
    ]


def _guards(route: Any) -> list[Allowed]:
    return [d.call for d in route.dependant.dependencies if isinstance(d.call, Allowed)]


def _plant(console: Any) -> None:
    """Mischief in every free text there is."""
    with psycopg.connect(console.database.url, autocommit=True) as owner:
        for table, columns in _PLANT:
            sets = ", ".join(f"{column} = %(text)s" for column in columns.split())
            owner.execute(f"UPDATE {table} SET {sets}".encode(), {"text": MISCHIEF})
        owner.execute(_COMMAND.encode(), {"text": MISCHIEF})
        owner.execute(
            "UPDATE chain SET name_zh = %(text)s, document = replace(document::text, '秦皇岛', %(json)s)::jsonb",
            {"text": MISCHIEF, "json": MISCHIEF.replace('"', '\\"')},
        )


@pytest.mark.parametrize("roles", [EVERY, {Role.PROVIDER}])
def test_text_of_reporters_and_officers_never_becomes_part_of_a_page(console: Any, roles: set[Role]) -> None:
    _plant(console)
    client = _signed_in(console, roles, display=MISCHIEF, provider="port")
    seen, wrong = 0, []
    for lane in ("live", "drill:b"):
        for address, _ in _pages():
            answer = client.get(f"{address}?lane={lane}")
            seen += MISCHIEF.split(">")[0] in answer.text or "&lt;script&gt;alert(7)" in answer.text
            is_page = "text/html" in answer.headers.get("content-type", "")
            if answer.status_code >= 500 or (
                is_page and ("<script>alert(7)" in answer.text or "<img src=x" in answer.text)
            ):
                wrong.append((address, lane, answer.status_code))
    assert wrong == []
    assert seen, "the mischief has to be shown somewhere, or this proves nothing"


def test_things_of_a_foreign_chain_are_not_there(console: Any) -> None:
    stranger = _signed_in(console, EVERY - {Role.ADMINISTRATOR}, chains=frozenset({"elsewhere"}))
    wrong = []
    for address, path in _pages():
        for query in ("", "?lane=live", "?lane=drill:b"):
            answer = stranger.get(address + query)
            told = [word for word in TELLTALES if word in answer.text.replace(address, "")]
            if (told and answer.status_code != 404) or answer.status_code >= 500:  # a refusal may repeat what was asked
                wrong.append((path, query, answer.status_code, told))
    assert wrong == []


def test_a_person_of_a_provider_sees_nothing_but_his_own(console: Any) -> None:
    rail = _signed_in(console, {Role.PROVIDER}, provider="rail")
    wrong = []
    for address, path in _pages():
        answer = rail.get(f"{address}?lane=live")
        told = [
            word
            for word in ("P_QHD", "秦皇岛", "ep-live", "task-live", "drill:b")
            if word in answer.text.replace(address, "")
        ]
        if told or answer.status_code >= 500:
            wrong.append((path, answer.status_code, told))
    assert wrong == []


def test_nothing_of_a_foreign_chain_can_be_ordered_by_any_form(console: Any) -> None:
    boss = _signed_in(console, EVERY - {Role.ADMINISTRATOR}, chains=frozenset({"elsewhere"}))
    for path, route in endpoints():
        is_order = "POST" in (route.methods or ()) and path not in OPEN
        if is_order and not path.startswith(("/account", "/logout", "/admin", "/api/v1/tokens", "/api/v1/accounts")):
            address = re.sub(r"\{(\w+)(:\w+)?\}", lambda m: REAL.get(m.group(1), "none"), path)
            for lane in ("live", "drill:b"):
                boss.post(
                    f"{address}?lane={lane}", data={"reason": "x", "comment": "x", "node": "P_QHD", "chain": "ordos"}
                )
                boss.post(f"{address}?lane={lane}", data={})
    assert [
        command for command in console.commands() if command.kind != "drill.files"
    ] == []  # which only asks for a list
