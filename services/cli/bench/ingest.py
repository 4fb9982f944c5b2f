"""``lianjing bench ingest``: rows per second from topic to table, beside the ceiling of COPY."""

import click

from services.runtime.settings import Settings


@click.command()
@click.option("--rows", default=5_000_000, show_default=True, help="每轮行数 Rows of each columnar run.")
@click.option(
    "--single-rows", default=600_000, show_default=True, help="单条行数 Rows of the run with one row a message."
)
@click.option("--rounds", default=3, show_default=True, help="轮数 Alternating runs; medians are printed.")
@click.option("--mode", type=click.Choice(["timescale", "plain"]), help="数据库模式 Default: probed.")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON Print one JSON object and nothing else.")
def command(rows: int, single_rows: int, rounds: int, mode: str | None, as_json: bool) -> None:
    """写入速度 Rows per second from topic to table, on a broker and a database of its own.

    \b
    Example:  lianjing bench ingest --json
              lianjing bench ingest --rows 500000 --rounds 1
    """
    from services.cli.bench.ingestion.run import measure
    from services.runtime.database import Mode

    result = measure(
        Settings.from_environment(), rows, single_rows, rounds, Mode(mode) if mode else None, quiet=as_json
    )
    import json

    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False))
        return
    for name, value in result["figures"].items():
        click.echo(f"{name:>24}  {value:,.3f}" if value < 10 else f"{name:>24}  {value:,.0f}")
    for note in result["notes"]:
        click.echo(f"  {note}")
