"""A person's command, said on the topic and, where a database is there, what came of it."""

import time
from typing import TYPE_CHECKING, Any

import click
import msgspec

if TYPE_CHECKING:
    from schemas.command import Command

_PATIENCE_S = 15.0
_HAPPENED = """
SELECT run_id, step, kind, text_zh, text_en, at FROM run_event WHERE detail ? 'command' AND detail ->> 'command' = %s ORDER BY sequence LIMIT 1
"""
_TASK = "SELECT task_id, run_id, lane, step, state, title_zh, detail FROM task WHERE task_id = %s"
_RUN = "SELECT run_id, lane, playbook, state, phase, response FROM run WHERE run_id = %s"
REJECTED = 1


def task_of(name: str) -> dict[str, Any]:
    """A task. Raises InputError for one that is not there, UnreachableError without a database."""
    from services.cli.database_question import ask
    from services.runtime.errors import InputError

    rows = ask(_TASK, (name,))
    if not rows:
        raise InputError(
            f"没有任务 {name!r}；lianjing task list 列出未办任务 / no task {name!r}; see `lianjing task list`"
        )
    return rows[0]


def run_of(name: str) -> dict[str, Any]:
    """A run. Raises InputError for one that is not there, UnreachableError without a database."""
    from services.cli.database_question import ask
    from services.runtime.errors import InputError

    rows = ask(_RUN, (name,))
    if not rows:
        raise InputError(
            f"没有运行 {name!r}；lianjing playbook run list / no run {name!r}; see `lianjing playbook run list`"
        )
    return rows[0]


def say(kind: str, arguments: dict[str, str], reason: str, *, lane: str, as_json: bool) -> None:
    """Publish the command, wait for what response makes of it, print it. Ends with exit code 1 when it does not count."""
    from services.cli.archive.audit import note
    from services.runtime.settings import Settings

    given = {name: text for name, text in arguments.items() if text}
    command = note(Settings.from_environment(), kind, given, reason, lane=lane)
    found = _await(command)
    if as_json:
        whole = {"command": msgspec.to_builtins(command), "event": msgspec.to_builtins(found) if found else None}
        click.echo(msgspec.json.encode(whole).decode())
    elif found is None:
        click.echo(
            f"已记录，{_PATIENCE_S:g} 秒内尚无回音 recorded, not acted on within {_PATIENCE_S:g} s: {command.command_id}"
        )
    else:
        click.echo(f"{found['text_zh']}\n{found['text_en']}")
    raise SystemExit(REJECTED if found is not None and found["kind"] == "rejected" else 0)


def _await(command: "Command") -> dict[str, Any] | None:
    from services.cli.database_question import ask

    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until:
        rows = ask(_HAPPENED, (command.command_id,))
        if rows:
            return rows[0]
        time.sleep(0.2)
    return None
