"""``lianjing doctor``: say of each part where it was found, which version, whether it is healthy, and what to do."""

import json
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from services.cli.stack.checkup import Finding

_MARKS = {"good": "[green]✓[/]", "idle": "[dim]○[/]", "wrong": "[red]✗[/]", "unreachable": "[bold red]✗[/]"}


@click.command()
@click.option("--demo", is_flag=True, help="检查演示 Look at the demo (its own home folder).")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON Print one JSON object.")
def command(*, demo: bool, as_json: bool) -> None:
    """体检 Check every part. Exit code 0 all well, 1 something is wrong, 3 a part that should answer does not.

    \b
    Example:  lianjing doctor
              lianjing doctor --demo --json
    """
    from msgspec import to_builtins

    from services.cli.stack.addresses import declared_settings, from_settings, from_state
    from services.cli.stack.checkup import examine, exit_code
    from services.cli.stack.layout import Layout
    from services.cli.stack.screen import Screen
    from services.cli.stack.state import read_state

    settings = declared_settings()
    if demo:
        settings = settings.with_changes(home=settings.home / "demo")
    state = read_state(settings.home)
    running = state is not None and state.is_supervised
    places = from_settings(settings)
    layout = Layout(settings, from_state(places, state) if state is not None and running else places)
    findings = examine(layout, state)
    code = exit_code(findings)
    if as_json:
        click.echo(
            json.dumps({"exit_code": code, "running": running, "findings": to_builtins(findings)}, ensure_ascii=False)
        )
    else:
        Screen().table(
            f"体检 doctor: {settings.home}",
            ["", "部件 part", "版本 version", "情况 state"],
            [_row(f) for f in findings],
        )
    sys.exit(code)


def _row(finding: "Finding") -> list[str]:
    from rich.markup import escape

    lines = [escape(finding.note), f"[dim]{escape(finding.where)}[/]" if finding.where else ""]
    if finding.advice:
        lines.append(f"[yellow]→ {escape(finding.advice)}[/]")
    return [_MARKS[finding.verdict.value], finding.part, finding.version, "\n".join(line for line in lines if line)]
