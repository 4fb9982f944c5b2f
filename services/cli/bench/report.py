"""What a bench prints: one JSON object, or a short table for people."""

import json
import os
import platform

import click

from services.cli.bench.figures import Figures


def machine() -> str:
    """This machine in a few words: processor count, architecture, Python, load at the start."""
    load = os.getloadavg()[0]
    return f"{os.cpu_count()} cores {platform.machine()}, Python {platform.python_version()}, load {load:.1f}"


def print_report(name: str, figures: Figures, notes: list[str], machine_text: str, *, as_json: bool) -> None:
    """Print the result on stdout. An infinite figure is printed as the text "Infinity" of JSON5, which Python reads."""
    if as_json:
        click.echo(
            json.dumps({"name": name, "machine": machine_text, "figures": figures, "notes": notes}, ensure_ascii=False)
        )
        return
    click.echo(f"{name} ({machine_text})")
    for figure, value in figures.items():
        click.echo(f"  {figure:<28} {value:>12,.3f}")
    for note in notes:
        click.echo(f"  · {note}")
