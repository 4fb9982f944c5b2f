"""``lianjing restore FOLDER``: put a backup into an empty stack."""

import json
from pathlib import Path

import click


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option("--replace", is_flag=True, help="覆盖已有数据 Replace a database that holds data; what is there is lost.")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON Print one JSON object.")
def command(folder: Path, replace: bool, as_json: bool) -> None:
    """恢复 Restore a backup into an empty stack. Stop the stages first; broker and database must run.

    \b
    Example:  lianjing restore /srv/backup/2026-11-22
    """
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from services.cli.archive.whole import put_back
    from services.runtime.settings import Settings

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, transient=True, disable=as_json) as bar:
        task = bar.add_task("恢复 restore", total=None)
        notes = put_back(
            Settings.from_environment(), folder, lambda step: bar.update(task, description=step), replace=replace
        )
    if as_json:
        click.echo(json.dumps({"folder": str(folder), "notes": notes}, ensure_ascii=False))
    else:
        for note in notes:
            click.echo(note)
