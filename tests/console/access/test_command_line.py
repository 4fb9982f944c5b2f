"""``lianjing user``: the first administrator and those after."""

import json
from typing import Any

import pytest
from click.testing import CliRunner

from services.cli.main import lianjing
from services.console.access.audit import first_break
from services.console.access.person import Role


@pytest.fixture
def run(bare: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("LIANJING_DATABASE_URL", bare.database.url)

    def call(*words: str, typed: str | None = None) -> Any:
        return CliRunner().invoke(lianjing, ["user", *words], input=typed)

    return call


def test_the_first_administrator_comes_in_with_the_password_shown_once(bare: Any, run: Any) -> None:
    made = run("add", "li", "--display", "李工", "--role", "administrator")
    assert made.exit_code == 0, made.output
    password = made.output.strip().split()[-1]
    client = bare.visitor()
    assert bare.sign_in(client, "li", password).status_code == 303
    assert client.get("/admin").status_code == 403, "the first password has to be changed first"
    assert json.loads(run("list", "--json").output)[0]["roles"] == "administrator"
    assert password not in run("list").output


def test_an_account_is_changed_disabled_and_given_another_password(bare: Any, run: Any) -> None:
    run("add", "wang", "--display", "王", "--role", "duty", "--ask", typed="a calm river 5\na calm river 5\n")
    client = bare.visitor()
    assert bare.sign_in(client, "wang", "a calm river 5").status_code == 303
    assert run("roles", "wang", "--role", "viewer", "--chain", "ordos").exit_code == 0
    assert client.get("/account").status_code == 303, "sessions end when rights go"
    kept = bare.shell.store.account("wang")
    assert (kept.roles, kept.chains) == ({Role.VIEWER}, {"ordos"})
    assert run("disable", "wang").exit_code == 0
    assert bare.sign_in(client, "wang", "a calm river 5").status_code == 401
    run("disable", "wang", "--undo")
    password = run("password", "wang").output.strip().split()[-1]
    assert bare.sign_in(bare.visitor(), "wang", password).status_code == 303
    assert first_break(bare.shell.store.entries()) is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "Li!", "--display", "x", "--role", "duty"), "a-z 0-9"),
        (("add", "li", "--display", "x", "--role", "provider"), "报送单位"),
        (("disable", "nobody"), "没有这个用户"),
    ],
)
def test_wrong_use_says_what_would_be_right(run: Any, words: tuple[str, ...], said: str) -> None:
    found = run(*words)
    assert said in str(found.exception)


def test_a_weak_password_is_refused(run: Any) -> None:
    found = run("add", "li", "--display", "x", "--role", "duty", "--ask", typed="password1234\npassword1234\n")
    assert "太容易猜" in str(found.exception)
