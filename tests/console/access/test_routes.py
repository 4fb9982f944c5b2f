"""Each role at each endpoint: the table is made from the application's own routes, so that a new one without a guard fails here."""

import re
from typing import Any

import pytest

from services.console.access.person import RIGHTS, Right, Role
from services.console.app import OPEN, endpoints
from services.console.routes.guard import Allowed

SAMPLES = {"token_id": "none", "session_id": "none", "name": "nobody", "lane": "live", "wanted": "zh"}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
STREAMS = {"/stream"}
"""They answer for as long as the caller listens: what they refuse is tested, what they say is not read here."""


def _guards(route: Any) -> list[Allowed]:
    return [found.call for found in route.dependant.dependencies if isinstance(found.call, Allowed)]


TABLE = [
    (path, method, guards[0])
    for path, route in endpoints()
    for method in METHODS
    if method in (route.methods or ()) and (guards := _guards(route))
]


def test_every_endpoint_has_a_guard_or_is_open_on_purpose() -> None:
    without = {path for path, route in endpoints() if not _guards(route)}
    assert without == OPEN - {"/static"}


def test_no_endpoint_that_changes_anything_answers_to_get_alone() -> None:
    """GET neither orders nor keeps anything: what changes is asked for by other methods, which are held to the proof of forms."""
    verbs = re.compile(r"/(revoke|end|lift|password|add|change|disable|approve|start|stop|acknowledge|done)$")
    assert [path for path, method, _ in TABLE if method == "GET" and verbs.search(path)] == []


def _request(client: Any, path: str, method: str) -> Any:
    filled = re.sub(r"\{(\w+)(:\w+)?\}", lambda match: SAMPLES.get(match.group(1), "none"), path)
    return client.request(method, filled)


@pytest.mark.parametrize("role", list(Role))
def test_each_role_is_let_in_where_it_has_the_right_and_nowhere_else(console: Any, role: Role) -> None:
    client = console.client(role)
    wrong = []
    for path, method, guard in TABLE:
        if path == "/logout" or (path in STREAMS and guard.right in RIGHTS[role]):
            continue
        status = _request(client, path, method).status_code
        may = guard.right is None or guard.right in RIGHTS[role]
        if (status == 403) is may or status >= 500:
            wrong.append((method, path, status, may))
    assert wrong == []


def test_nobody_is_let_in_without_signing_in(console: Any) -> None:
    visitor = console.visitor()
    wrong = []
    for path, method, _ in TABLE:
        answer = _request(visitor, path, method)
        is_led = answer.status_code == 303 and answer.headers["location"].startswith("/login")
        if not (is_led or answer.status_code == 401):
            wrong.append((method, path, answer.status_code))
    assert wrong == []


def test_whoever_may_see_no_chain_of_a_lane_gets_none_of_it(console: Any) -> None:
    stranger = console.client(Role.ANALYST, chains=frozenset({"elsewhere"}))
    wrong = []
    for path, method, guard in TABLE:
        if method != "GET" or guard.right not in RIGHTS[Role.ANALYST] or path in STREAMS:
            continue
        for lane in ("?lane=live", "?lane=drill:b", ""):
            answer = _request(stranger, path + lane, method)
            if "P_QHD" in answer.text or "秦皇岛" in answer.text or answer.status_code >= 500:
                wrong.append((path, lane, answer.status_code))
    assert wrong == []


def test_the_rights_of_the_roles_are_those_of_the_documentation() -> None:
    assert Right.APPROVE not in RIGHTS[Role.DUTY]
    assert RIGHTS[Role.PROVIDER] == {Right.PROVIDE}
    assert RIGHTS[Role.ADMINISTRATOR] & {Right.ACT, Right.APPROVE, Right.REPORT, Right.DRILL} == set()
