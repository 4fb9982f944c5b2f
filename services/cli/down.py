"""``lianjing down``: stop what ``up`` started."""

import json
import sys

import click


@click.command()
@click.option("--demo", is_flag=True, help="停止演示 Stop the demo (its own home folder).")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON Print one JSON object.")
def command(*, demo: bool, as_json: bool) -> None:
    """停止 Stop what `up` started, in reverse order; without `--demo` the demo is stopped too. Harmless when nothing runs.

    \b
    Example:  lianjing down
    """
    from services.cli.stack.state import end_leftovers, end_supervisor, read_state
    from services.runtime.settings import Settings

    home = Settings.from_environment().home
    stopped: list[str] = []
    late: list[str] = []
    for folder in [home / "demo"] if demo else [home / "demo", home]:
        state = read_state(folder)
        if state is None:
            continue
        if state.is_supervised:
            (stopped if end_supervisor(state) else late).append(str(folder))
        stopped += end_leftovers(state)
    if as_json:
        click.echo(json.dumps({"stopped": stopped, "still_running": late}, ensure_ascii=False))
    else:
        click.echo(f"已停止 stopped: {', '.join(stopped)}" if stopped else "没有在运行 nothing was running")
        for folder_name in late:
            click.echo(f"仍在停止中 still stopping: {folder_name}", err=True)
    sys.exit(1 if late else 0)
