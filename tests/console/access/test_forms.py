"""What forms are held to: the proof that they are ours, no fields beyond those named, and nothing typed becomes part of a page."""

from typing import Any

import pytest

from services.console.access.person import Role
from services.console.app import endpoints
from services.console.routes.guard import Allowed
from tests.console.conftest import PASSWORD, proof_of

MISCHIEF = """<script>alert(1)</script>"><img src=x onerror=alert(2)>{{7*7}}'"""


def test_no_endpoint_that_changes_anything_takes_a_form_without_proof(bare: Any) -> None:
    client = bare.client(Role.ADMINISTRATOR)
    del client.headers["X-CSRF-Token"]
    wrong = []
    for path, route in endpoints():
        changes = (route.methods or set()) - {"GET", "HEAD", "OPTIONS"}
        if not changes or not any(isinstance(d.call, Allowed) for d in route.dependant.dependencies):
            continue
        address = path.replace("{", "").replace("}", "")
        for data in ({}, {"csrf": "0" * 64}):
            status = client.request(changes.pop() if len(changes) > 1 else next(iter(changes)), address, data=data)
            if status.status_code != 403:
                wrong.append((path, data, status.status_code))
    assert wrong == []
    assert client.get("/account").status_code == 200


def test_the_proof_of_one_session_is_nothing_in_another(bare: Any) -> None:
    mine, theirs = bare.client(Role.DUTY), bare.client(Role.MANAGER)
    mine.headers["X-CSRF-Token"] = theirs.headers["X-CSRF-Token"]
    assert mine.post("/logout").status_code == 403


def test_the_entrance_wants_the_proof_of_its_own_page(bare: Any) -> None:
    bare.account("wang", Role.DUTY)
    stranger, client = bare.visitor(), bare.visitor()
    data = {"name": "wang", "password": PASSWORD}
    assert client.post("/login", data=data | {"csrf": "x"}).status_code == 403
    proof = proof_of(stranger.get("/login").text)
    client.get("/login")
    assert client.post("/login", data=data | {"csrf": proof}).status_code == 403


@pytest.mark.parametrize("field", ["password", "must_change", "created_at", "is_disabled", "account"])
def test_a_form_with_more_fields_than_it_has_is_refused(bare: Any, field: str) -> None:
    administrator = bare.client(Role.ADMINISTRATOR)
    bare.account("wang", Role.DUTY)
    data = {"display": "王", "roles": "duty", "revision": "1", field: "1"}
    assert administrator.post("/admin/users/wang", data=data).status_code == 422
    made = {"name": "new.one", "display": "新", "roles": ["duty"], field: "1"}
    assert administrator.post("/api/v1/accounts", json=made).status_code == 422
    changed = {"revision": 1, field: "x"} | ({"password": "x"} if field == "is_disabled" else {})
    assert administrator.patch("/api/v1/accounts/wang", json=changed).status_code == 422


def test_nobody_raises_his_own_rights_by_his_account_page(bare: Any) -> None:
    client = bare.client(Role.DUTY)
    data = {"old": PASSWORD, "new": "another harbour 88", "again": "another harbour 88", "roles": "administrator"}
    assert client.post("/account/password", data=data).status_code == 422
    key = client.post("/account/keys", data={"name": "k", "rights": ["administer"], "days": "1"})
    assert key.status_code == 422
    assert client.get("/api/v1/me").json()["roles"] == ["duty"]


def test_what_was_typed_into_names_and_comments_never_becomes_part_of_a_page(bare: Any) -> None:
    administrator = bare.client(Role.ADMINISTRATOR)
    bare.account("wang", Role.DUTY, Role.ADMINISTRATOR, display=MISCHIEF)
    client = bare.visitor()
    bare.sign_in(client, "wang")
    client.post("/account/keys", data={"name": MISCHIEF, "rights": ["see"], "days": "3"})
    bare.visitor().post("/login", data={"name": MISCHIEF, "password": MISCHIEF})
    pages = {
        "account": client.get("/account"),
        "users": administrator.get("/admin"),
        "user": administrator.get("/admin/users/wang"),
        "keys": administrator.get("/admin/keys"),
        "audit": client.get(f"/audit?actor={MISCHIEF}"),
        "entrance": client.get("/login", params={"next": "/" + MISCHIEF}),
        "unknown": client.get("/" + MISCHIEF),
    }
    for name, answer in pages.items():
        assert "<script>alert" not in answer.text, name
        assert "<img src=x" not in answer.text, name
        assert ">49" not in answer.text, name


def test_an_address_cannot_leave_the_folder_of_static_files(bare: Any) -> None:
    visitor = bare.visitor()
    for path in ("/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2f..%2fapp.py", "/static//etc/passwd"):
        answer = visitor.get(path)
        assert answer.status_code in (303, 404), path
        assert "import" not in answer.text, path


def test_a_body_beyond_all_measure_is_refused(bare: Any) -> None:
    client = bare.client(Role.DUTY)
    form = {"content-type": "application/x-www-form-urlencoded"}
    large = b"name=" + b"x" * (21 * 1024 * 1024)
    assert client.post("/account/keys", content=large, headers=form).status_code == 413
    assert (
        client.post("/api/v1/commands", content=large, headers={"content-type": "application/json"}).status_code == 413
    )
