"""The demo's accounts: one of each kind, with the password that is printed."""

from pathlib import Path
from typing import Any

from services.cli.demo_account import make_demo_accounts
from services.cli.up import sign_in_row
from services.console.access.audit import first_break
from services.runtime.settings import Settings


def test_everybody_of_the_demo_signs_in_with_what_is_printed_however_often_it_is_started(
    bare: Any, tmp_path: Path
) -> None:
    settings = Settings(database_url=bare.database.url)
    made = make_demo_accounts(settings, tmp_path / "secrets")
    assert next(iter(made)) == "duty"
    assert make_demo_accounts(settings, tmp_path / "secrets") == made
    for name, password in made.items():
        client = bare.visitor()
        assert bare.sign_in(client, name, password).status_code == 303, name
        assert client.get("/api/v1/me").json()["roles"]
    assert made["duty"] in sign_in_row(made)["登录 sign in"]
    assert first_break(bare.shell.store.entries()) is None
