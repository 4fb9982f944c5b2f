"""Keys of programs, and the commands they may give."""

from datetime import timedelta
from typing import Any

import pytest

from services.console.access.person import Role


def _bearer(console: Any, key: str) -> Any:
    client = console.visitor()
    client.headers["Authorization"] = f"Bearer {key}"
    return client


def _key(client: Any, *rights: str, days: int = 30) -> str:
    made = client.post("/api/v1/tokens", json={"name": "export", "rights": list(rights), "days": days})
    assert made.status_code == 201
    return str(made.json()["token"])


def test_a_key_speaks_for_its_account_with_the_rights_it_was_given(bare: Any) -> None:
    program = _bearer(bare, _key(bare.client(Role.DUTY), "see", "ask"))
    me = program.get("/api/v1/me").json()
    assert (me["name"], me["rights"]) == ("duty", ["ask", "see"])
    assert program.get("/api/v1/lanes").status_code == 200
    refused = program.post("/api/v1/commands", json={"kind": "alert.act", "arguments": {"episode": "e"}})
    assert refused.status_code == 403
    assert program.get("/account").status_code == 303, "a key opens no page"


def test_a_key_is_worth_nothing_once_expired_revoked_or_its_account_disabled(bare: Any) -> None:
    client = bare.client(Role.DUTY)
    expiring, revoked, orphaned = (_key(client, "see", days=days) for days in (1, 200, 200))
    name = next(t.token_id for t in bare.shell.keyring.tokens("duty") if t.expires_at > bare.clock.now() + timedelta(9))
    living = [key for key in (expiring, revoked, orphaned) if _bearer(bare, key).get("/api/v1/me").status_code == 200]
    assert len(living) == 3
    assert client.delete(f"/api/v1/tokens/{name}").status_code == 204
    bare.clock.ahead += timedelta(days=2)
    assert _bearer(bare, expiring).get("/api/v1/me").status_code == 401
    assert sorted(_bearer(bare, key).get("/api/v1/me").status_code for key in (revoked, orphaned)) == [200, 401]
    administrator = bare.client(Role.ADMINISTRATOR)
    administrator.patch("/api/v1/accounts/duty", json={"revision": 1, "is_disabled": True})
    assert {_bearer(bare, key).get("/api/v1/me").status_code for key in (revoked, orphaned)} == {401}


@pytest.mark.parametrize("header", ["Bearer lj_wrong", "Bearer ", "Basic d2FuZzp4", "lj_x", "Bearer lj_\u00ff"])
def test_what_is_no_key_is_refused(bare: Any, header: str) -> None:
    client = bare.client(Role.DUTY)
    answer = client.get("/api/v1/me", headers={"Authorization": header.encode("latin-1")})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_nobody_gives_a_key_more_than_he_has_and_no_key_makes_another(bare: Any) -> None:
    client = bare.client(Role.VIEWER)
    assert client.post("/api/v1/tokens", json={"name": "k", "rights": ["act"]}).status_code == 422
    program = _bearer(bare, _key(client, "see"))
    assert program.post("/api/v1/tokens", json={"name": "k", "rights": ["see"]}).status_code == 403


def test_nobody_revokes_the_key_of_somebody_else_but_the_administrator(bare: Any) -> None:
    key = _key(bare.client(Role.DUTY), "see")
    (held,) = bare.shell.keyring.tokens("duty")
    bare.client(Role.MANAGER).delete(f"/api/v1/tokens/{held.token_id}")
    assert _bearer(bare, key).get("/api/v1/me").status_code == 200
    bare.client(Role.ADMINISTRATOR).post(f"/admin/keys/{held.token_id}/revoke")
    assert _bearer(bare, key).get("/api/v1/me").status_code == 401


def test_a_command_is_audited_first_and_then_published_under_the_persons_name(bare: Any) -> None:
    client = bare.client(Role.DUTY)
    order = {"kind": "alert.act", "arguments": {"episode": "e"}, "reason": "已联系", "command_id": "once-and-only"}
    assert client.post("/api/v1/commands", json=order).json() == {"command_id": "duty.once-and-only"}
    assert client.post("/api/v1/commands", json=order).status_code == 202, "a repeat is harmless"
    (command,) = bare.commands()
    assert (command.actor, command.kind, command.reason) == ("duty", "alert.act", "已联系")
    bare.broker.is_away = True
    for _ in range(2):
        assert client.post("/api/v1/commands", json=order | {"command_id": "another-one"}).status_code == 503
    bare.broker.is_away = False
    assert client.post("/api/v1/commands", json=order | {"command_id": "another-one"}).status_code == 202
    assert len(bare.commands()) == 2
    entries = bare.shell.store.newest_entries({"action": "command"}, 10)
    assert [entry.note.address for entry in entries] == ["testclient"] * 4


@pytest.mark.parametrize(
    ("role", "kind", "status"),
    [
        (Role.DUTY, "playbook.approve", 403),
        (Role.DUTY, "alert.mute", 403),
        (Role.DUTY, "drill.act", 202),
        (Role.DUTY, "drill.pause", 403),
        (Role.DRILL, "drill.pause", 202),
        (Role.MANAGER, "playbook.approve", 202),
        (Role.MANAGER, "report.event", 403),
        (Role.VIEWER, "risk.what_if", 403),
        (Role.ADMINISTRATOR, "table.rebuild", 403),
        (Role.ADMINISTRATOR, "alert.approve", 403),
    ],
)
def test_each_kind_of_command_asks_for_its_right(bare: Any, role: Role, kind: str, status: int) -> None:
    client = bare.client(role)
    assert client.post("/api/v1/commands", json={"kind": kind, "lane": "drill:x"}).status_code == status
    assert len(bare.commands()) == (1 if status == 202 else 0)


def test_nobody_orders_about_what_is_outside_his_chains_or_provider(console: Any) -> None:
    stranger = console.client(Role.MANAGER, chains=frozenset({"elsewhere"}))
    own = console.client(Role.MANAGER, chains=frozenset({"ordos"}))
    for arguments in ({"episode": "ep-live"}, {"task": "task-live"}, {"run": "run-live"}, {"node": "P_QHD"}, {}):
        order = {"kind": "alert.act", "arguments": arguments}
        assert stranger.post("/api/v1/commands", json=order).status_code == 404, arguments
        assert own.post("/api/v1/commands", json=order).status_code == 202, arguments
    mine = console.client(Role.PROVIDER, provider="port")
    other = console.visitor()
    console.account("rail", Role.PROVIDER, provider="rail")
    console.sign_in(other, "rail")
    resend = {"kind": "rejection.resend", "arguments": {"rejection_id": "r-live", "record_id": "x"}}
    assert mine.post("/api/v1/commands", json=resend).status_code == 202
    assert other.post("/api/v1/commands", json=resend).status_code == 404
