"""``lianjing status``: what runs now, and how it is."""

import json
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from services.cli.stack.state import StackState


@click.command()
@click.option("--demo", is_flag=True, help="演示的状态 Of the demo (its own home folder).")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON Print one JSON object.")
def command(*, demo: bool, as_json: bool) -> None:
    """运行状态 What runs now: process, health, restarts, address. Exit code 0 all ready, 1 something is not, 3 nothing runs.

    \b
    Example:  lianjing status --json
    """
    from services.cli.stack.state import read_state
    from services.runtime.settings import Settings

    home = Settings.from_environment().home
    folder = home / "demo" if demo or not (home / "run").exists() else home
    state = read_state(folder)
    if state is None or not state.is_supervised:
        left = [] if state is None else [part.name for part in state.alive()]
        if as_json:
            click.echo(
                json.dumps({"home": str(folder), "running": False, "leftovers": left, "parts": []}, ensure_ascii=False)
            )
        else:
            click.echo(f"未运行 not running: {folder}; 启动 start: lianjing up")
            if left:
                click.echo(f"遗留进程 left behind: {', '.join(left)}; 清理 end them: lianjing down")
        sys.exit(3)
    rows = rows_of(state)
    if as_json:
        found = {
            "home": str(folder),
            "running": True,
            "pid": state.pid,
            "since": state.since,
            "settings": state.settings,
            "parts": rows,
        }
        click.echo(json.dumps(found, ensure_ascii=False))
    else:
        _print(state, rows)
    sys.exit(0 if all(row["health"] == "ready" for row in rows) else 1)


def rows_of(state: "StackState") -> list[dict[str, object]]:
    """One row per part, with what its process really does now."""
    alive = {part.name for part in state.alive()}
    return [
        {
            "name": part.name,
            "title": part.title,
            "health": part.health if part.name in alive or part.health != "ready" else "gone",
            "pid": part.pid,
            "restarts": part.restarts,
            "address": part.address,
        }
        for part in state.parts
    ]


_WORDS = {
    "ready": "[green]就绪 ready[/]",
    "starting": "[yellow]启动中 starting[/]",
    "waiting": "[red]等待重启 waiting[/]",
}


def _print(state: "StackState", rows: list[dict[str, object]]) -> None:
    from services.cli.stack.screen import Screen

    cells = [
        [
            str(row["title"]),
            _WORDS.get(str(row["health"]), f"[red]{row['health']}[/]"),
            str(row["pid"] or ""),
            str(row["restarts"]),
            str(row["address"]),
        ]
        for row in rows
    ]
    columns = ["组件 part", "状态 health", "pid", "重启 restarts", "地址 address"]
    Screen().table(f"运行中 running since {state.since} (pid {state.pid})", columns, cells)
