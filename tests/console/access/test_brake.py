"""Guessing of passwords is slowed down per account and per address; the clock is given."""

from datetime import UTC, datetime, timedelta
from typing import Any

from services.console.access.brake import ACCOUNT_FREE, ADDRESS_FREE, PAIR_FREE, WINDOW, Brake
from services.console.access.failure_log import StoredFailureLog
from services.console.access.person import Role
from tests.console.conftest import PASSWORD, proof_of

NOON = datetime(2026, 4, 1, 4, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_a_few_wrong_passwords_cost_nothing() -> None:
    brake = Brake()
    for _ in range(PAIR_FREE - 1):
        brake.fail("wang", "10.0.0.1", NOON)
        assert brake.wait("wang", "10.0.0.1", NOON) == timedelta(0)


def test_each_further_one_costs_twice_as_long_up_to_the_window() -> None:
    brake, now, waits = Brake(), NOON, []
    for _ in range(PAIR_FREE + 8):
        brake.fail("wang", "10.0.0.1", now)
        waits.append(brake.wait("wang", "10.0.0.1", now))
        now += SECOND
    waited = [wait for wait in waits if wait]
    assert waited[0] == 15 * SECOND
    assert waited == sorted(waited)
    assert waited[1] == 2 * waited[0]
    assert waited[-1] <= WINDOW


def test_another_account_from_another_address_is_free_and_many_from_one_address_are_not() -> None:
    brake = Brake()
    for number in range(ADDRESS_FREE):
        brake.fail(f"account{number}", "10.0.0.1", NOON)
    assert brake.wait("wang", "10.0.0.2", NOON) == timedelta(0)
    assert brake.wait("wang", "10.0.0.1", NOON) > timedelta(0)


def test_a_right_password_clears_the_account_from_there_and_time_clears_everything() -> None:
    brake = Brake()
    for _ in range(PAIR_FREE):
        brake.fail("wang", "10.0.0.1", NOON)
    assert brake.wait("WANG", "10.0.0.1", NOON) > timedelta(0)
    assert brake.wait("wang", "10.0.0.1", NOON + WINDOW) == timedelta(0)
    for _ in range(PAIR_FREE):
        brake.fail("wang", "10.0.0.1", NOON)
    brake.clear("wang", "10.0.0.1")
    assert brake.wait("wang", "10.0.0.1", NOON) == timedelta(0)


def test_guessing_from_elsewhere_does_not_soon_keep_the_officer_out_but_is_stopped_in_the_end() -> None:
    brake, number = Brake(), 0
    while brake.wait("wang", "10.0.0.1", NOON) == timedelta(0):
        brake.fail("wang", f"10.1.0.{number}", NOON)
        number += 1
    assert number == ACCOUNT_FREE


def test_what_failed_is_kept_by_the_database_and_known_to_every_process(bare: Any) -> None:
    for _ in range(PAIR_FREE):
        Brake(StoredFailureLog(bare.shell.shelf)).fail("wang", "10.0.0.1", NOON)
    other = Brake(StoredFailureLog(bare.shell.shelf))
    assert other.wait("WANG", "10.0.0.1", NOON) == 15 * SECOND
    assert other.wait("wang", "10.0.0.2", NOON) == timedelta(0)
    assert other.wait("wang", "10.0.0.1", NOON + WINDOW) == timedelta(0)
    other.clear("wang", "10.0.0.1")
    assert other.wait("wang", "10.0.0.1", NOON) == timedelta(0)
    other.fail("wang", "10.0.0.1", NOON + 2 * WINDOW)
    assert bare.shell.shelf.row("SELECT count(*) AS n FROM sign_in_failure") == {"n": 3}, (
        "what is of no account any more is gone"
    )


def test_guessing_at_the_entrance_is_stopped_and_the_right_password_does_not_help_meanwhile(bare: Any) -> None:
    bare.account("wang", Role.DUTY)
    client = bare.visitor()
    statuses = [bare.sign_in(client, "wang", f"guess number {number}").status_code for number in range(8)]
    assert statuses[:4] == [401] * 4
    assert statuses[-1] == 429
    assert bare.sign_in(client, "wang", PASSWORD).status_code == 429
    bare.clock.ahead += WINDOW
    assert bare.sign_in(client, "wang", PASSWORD).status_code == 303


def test_no_answer_tells_whether_there_is_such_an_account(bare: Any) -> None:
    bare.account("wang", Role.DUTY)
    bare.account("gone", Role.DUTY, is_disabled=True)
    texts = []
    for name in ("wang", "nobody", "gone", "'; DROP TABLE account; --"):
        client = bare.visitor()
        proof = proof_of(client.get("/login").text)
        answer = client.post("/login", data={"name": name, "password": "wrong word 77", "csrf": proof})
        assert answer.status_code == 401
        texts.append(answer.text.split('role="alert">')[1].split("</p>")[0])
    assert len(set(texts)) == 1
