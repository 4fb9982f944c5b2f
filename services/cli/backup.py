"""``lianjing backup FOLDER``: database, offsets, registry topics and configuration."""

import json
from pathlib import Path

import click


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--json", "as_json", is_flag=True, help="输出 JSON Print one JSON object.")
def command(folder: Path, as_json: bool) -> None:
    """备份 Back up database, offsets, registry topics and configuration, while everything runs.

    \b
    Example:  lianjing backup /srv/backup/2026-11-22
    """
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

    from services.cli.archive.whole import make_backup
    from services.runtime.settings import Settings

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeElapsedColumn())
    with Progress(*columns, transient=True, disable=as_json) as bar:
        task = bar.add_task("备份 backup", total=None)
        manifest = make_backup(
            Settings.from_environment(),
            folder,
            lambda step: bar.update(task, description=step),
            lambda done: bar.update(task, completed=done),
        )
    size = (folder / "database.dump").stat().st_size
    if as_json:
        click.echo(json.dumps({"folder": str(folder), "bytes": size, "rows": manifest.rows}, ensure_ascii=False))
    else:
        click.echo(f"已备份 backed up: {folder} ({size / 1e6:.1f} MB; observation {manifest.rows['observation']:,})")
