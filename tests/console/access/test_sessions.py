"""Signing in and out: what a session is worth, from its beginning to its end."""

from datetime import timedelta
from typing import Any

from services.console.access.person import Role
from services.console.access.session import IDLE, LONGEST
from tests.console.conftest import PASSWORD, proof_of


def test_a_session_set_before_signing_in_is_not_taken_over(bare: Any) -> None:
    bare.account("wang", Role.DUTY)
    victim = bare.visitor()
    victim.cookies.set("session", "chosen-by-the-attacker")
    bare.sign_in(victim, "wang")
    attacker = bare.visitor()
    attacker.cookies.set("session", "chosen-by-the-attacker")
    assert attacker.get("/account").status_code == 303
    assert victim.cookies.get("session", domain="testserver.local") != "chosen-by-the-attacker"


def test_every_sign_in_is_a_session_of_its_own(bare: Any) -> None:
    bare.account("wang", Role.DUTY)
    client = bare.visitor()
    bare.sign_in(client, "wang")
    first = client.cookies["session"]
    bare.sign_in(client, "wang")
    assert client.cookies["session"] != first


def test_only_the_digest_of_a_session_is_kept(bare: Any) -> None:
    client = bare.client(Role.DUTY)
    secret = client.cookies["session"]
    kept = bare.shell.shelf.rows("SELECT session::text AS line FROM session")
    assert kept
    assert all(secret not in row["line"] for row in kept)


def test_an_idle_session_ends_and_one_in_use_ends_after_its_longest_life(bare: Any) -> None:
    idle, busy = bare.client(Role.DUTY), bare.client(Role.MANAGER)
    for _ in range(int(LONGEST / (IDLE / 2)) - 1):
        bare.clock.ahead += IDLE / 2
        assert busy.get("/account").status_code == 200
    assert idle.get("/account").status_code == 303
    bare.clock.ahead += IDLE / 2 + timedelta(minutes=31)
    assert busy.get("/account").status_code == 303


def test_a_wall_display_stays_but_may_only_see(bare: Any) -> None:
    bare.account("wang", Role.DUTY, Role.ADMINISTRATOR)
    wall = bare.visitor()
    proof = proof_of(wall.get("/login").text)
    wall.post("/login", data={"name": "wang", "password": PASSWORD, "csrf": proof, "wall": "1"})
    bare.clock.ahead += timedelta(days=3)
    shown = wall.get("/api/v1/me")
    assert shown.json()["rights"] == ["see"]
    assert wall.get("/admin").status_code == 403
    wall.headers["X-CSRF-Token"] = proof_of(wall.get("/account").text)
    assert wall.post("/account/keys", data={"name": "k", "rights": "see"}).status_code == 403


def test_signing_out_ends_the_session_for_whoever_has_its_cookie(bare: Any) -> None:
    client = bare.client(Role.DUTY)
    copy = bare.visitor()
    copy.cookies.set("session", client.cookies["session"])
    assert copy.get("/account").status_code == 200
    assert client.post("/logout").status_code == 303
    assert copy.get("/account").status_code == 303


def test_a_person_ends_a_session_left_elsewhere_and_no_other_persons(bare: Any) -> None:
    here, elsewhere, other = bare.client(Role.DUTY), bare.client(Role.DUTY), bare.client(Role.MANAGER)
    sessions = bare.shell.store.sessions_of("duty")
    left = sessions[-1].session_id if sessions[0].session_id else ""
    for each in sessions:
        other.post(f"/account/sessions/{each.session_id}/end")
    assert (here.get("/account").status_code, elsewhere.get("/account").status_code) == (200, 200)
    here.post(f"/account/sessions/{left}/end")
    assert len(bare.shell.store.sessions_of("duty")) == 1


def test_disabling_an_account_ends_its_sessions_at_once(bare: Any) -> None:
    client, administrator = bare.client(Role.DUTY), bare.client(Role.ADMINISTRATOR)
    answer = administrator.post(
        "/admin/users/duty", data={"display": "duty", "roles": "duty", "revision": "1", "disabled": "1"}
    )
    assert answer.status_code == 303
    assert client.get("/account").status_code == 303
    assert bare.sign_in(bare.visitor(), "duty").status_code == 401


def test_a_first_password_has_to_be_changed_before_anything_else(bare: Any) -> None:
    bare.account("wang", Role.DUTY, must_change=True)
    client = bare.visitor()
    bare.sign_in(client, "wang")
    assert client.get("/api/v1/lanes").status_code == 403
    new = "an even quieter harbour"
    wrong = client.post("/account/password", data={"old": "nonsense", "new": new, "again": new})
    assert wrong.status_code == 422
    right = client.post("/account/password", data={"old": PASSWORD, "new": new, "again": new})
    assert right.status_code == 303
    assert client.get("/api/v1/lanes").status_code == 200
    assert bare.sign_in(bare.visitor(), "wang").status_code == 401


def test_the_way_back_after_signing_in_leads_nowhere_else(bare: Any) -> None:
    bare.account("wang", Role.DUTY)
    for next_path in ("https://evil.example/", "//evil.example", "/\\evil.example"):
        client = bare.visitor()
        proof = proof_of(client.get("/login").text)
        data = {"name": "wang", "password": PASSWORD, "csrf": proof, "next": next_path}
        assert client.post("/login", data=data).headers["location"] == "/"
