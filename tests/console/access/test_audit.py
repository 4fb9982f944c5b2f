"""The audit log: added to by many at once, changed by nobody, and every tampering is found."""

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
import structlog.testing
from click.testing import CliRunner
from msgspec import structs

from services.cli.main import lianjing
from services.console.access.audit import Entry, Note, first_break, linked
from services.console.access.person import Role
from tests.console.conftest import PASSWORD, proof_of

NOW = datetime(2026, 4, 1, tzinfo=UTC)


def _log(length: int) -> list[Entry]:
    entries: list[Entry] = []
    for number in range(length):
        note = Note(actor="wang", action="command", subject=f"alert.{number}", detail={"why": "大秦线"})
        entries.append(linked(entries[-1] if entries else None, NOW + timedelta(seconds=number), note))
    return entries


def test_a_log_as_written_is_whole() -> None:
    assert first_break(_log(5)) is None
    assert first_break([]) is None


@pytest.mark.parametrize("victim", range(5))
def test_every_change_of_an_entry_is_found_where_it_is(victim: int) -> None:
    entries = _log(5)
    whole = entries[victim]
    forged = [
        structs.replace(whole, at=whole.at + timedelta(microseconds=1)),
        structs.replace(whole, note=structs.replace(whole.note, actor="li")),
        structs.replace(whole, note=structs.replace(whole.note, detail={"why": "唐包线"})),
        structs.replace(whole, digest="f" * 64),
        structs.replace(whole, previous="f" * 64),
    ]
    for entry in forged:
        found = first_break([*entries[:victim], entry, *entries[victim + 1 :]])
        assert found is not None
        assert found.sequence == victim + 1


def test_a_removed_and_a_swapped_entry_are_found() -> None:
    entries = _log(5)
    removed = first_break(entries[:2] + entries[3:])
    swapped = first_break([entries[0], entries[2], entries[1]])
    assert removed is not None
    assert swapped is not None
    assert (removed.sequence, swapped.sequence) == (3, 2)


def test_an_entry_forged_with_its_own_digest_shows_at_the_next_one() -> None:
    entries = _log(3)
    forged = linked(entries[0], NOW, Note(actor="li", action="command", subject="other"))
    found = first_break([entries[0], forged, entries[2]])
    assert found is not None
    assert found.sequence == 3


def test_many_write_at_once_and_the_log_stays_one_chain(bare: Any) -> None:
    store = bare.shell.store

    def write(number: int) -> None:
        store.write(
            Note(actor=f"officer{number % 4}", action="command", subject="alert.act", detail={"n": str(number)})
        )

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(60)))
    entries = list(store.entries(batch=7))
    assert len(entries) == 60
    assert first_break(entries) is None


def test_the_database_refuses_changes_even_from_its_owner(bare: Any) -> None:
    bare.shell.store.write(Note(actor="a", action="b", subject="c"))
    with psycopg.connect(bare.database.url, autocommit=True) as owner:
        for statement in ("UPDATE audit SET actor = 'x'", "DELETE FROM audit", "TRUNCATE audit"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                owner.execute(statement)


def test_the_command_line_finds_the_first_tampered_entry(bare: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIANJING_DATABASE_URL", bare.database.url)
    for number in range(4):
        bare.shell.store.write(Note(actor="wang", action="command", subject=f"s{number}"))
    whole = CliRunner().invoke(lianjing, ["audit", "verify"])
    assert whole.exit_code == 0
    head = whole.output.split()[-1]
    with psycopg.connect(bare.database.url, autocommit=True) as owner:
        owner.execute("ALTER TABLE audit DISABLE TRIGGER audit_is_kept")
        owner.execute("UPDATE audit SET subject = 'nothing' WHERE sequence = 3")
        broken = CliRunner().invoke(lianjing, ["audit", "verify"])
        assert (broken.exit_code, "第 3 条" in broken.output) == (1, True)
        owner.execute("UPDATE audit SET subject = 's2' WHERE sequence = 3")
        owner.execute("DELETE FROM audit WHERE sequence = 4")
    assert CliRunner().invoke(lianjing, ["audit", "verify"]).exit_code == 0
    assert CliRunner().invoke(lianjing, ["audit", "verify", "--head", head]).exit_code == 1


def test_what_people_do_is_in_the_log_and_no_secret_is(bare: Any) -> None:
    administrator = bare.client(Role.ADMINISTRATOR)
    made = administrator.post("/api/v1/accounts", json={"name": "wang", "display": "王", "roles": ["duty"]}).json()
    administrator.post(
        "/api/v1/commands", json={"kind": "alert.mute", "arguments": {"node": "P_QHD"}, "reason": "检修"}
    )
    key = administrator.post("/api/v1/tokens", json={"name": "k", "rights": ["audit"]}).json()["token"]
    shown = administrator.get("/api/v1/audit").json()
    actions = [entry["action"] for entry in shown]
    assert actions[:3] == ["token add", "command", "account add"]
    assert shown[1]["detail"]["reason"] == "检修"
    text = str(shown) + administrator.get("/audit").text
    for secret in (made["password"], key, PASSWORD, administrator.cookies["session"], "$argon2"):
        assert secret not in text


def test_nothing_secret_reaches_the_log_of_the_process(bare: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), structlog.testing.capture_logs() as logged:
        client = bare.client(Role.DUTY)
        key = client.post("/api/v1/tokens", json={"name": "k", "rights": ["see"]}).json()["token"]
        visitor = bare.visitor()
        proof = proof_of(visitor.get("/login").text)
        visitor.post("/login", data={"name": "duty", "password": "a guess of mine", "csrf": proof})
        client.get("/account?lane=replay:none")
        bare.broker.is_away = True
        client.post("/api/v1/commands", json={"kind": "alert.act", "arguments": {"episode": key}})
    assert [line["event"] for line in logged] == ["a part is away"]
    said = f"{logged}{caplog.text}"
    for secret in (PASSWORD, "a guess of mine", key, client.cookies["session"], client.headers["X-CSRF-Token"]):
        assert secret not in said
