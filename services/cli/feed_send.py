"""``lianjing feed send``."""

import sys
from pathlib import Path

import click


@click.command("send")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--provider",
    "-p",
    default="",
    help="以哪个单位的名义和权限。 In whose name and with whose rights (default: the operator's).",
)
@click.option("--mapping", default="", help="表格映射名。 Name of the mapping (default: by provider and file name).")
@click.option("--lane", default="", help="通道。 Lane (default: live).")
@click.option("--dry-run", is_flag=True, help="只试读，列出全部问题。 Send nothing, list every fault.")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。 Print JSON.")
def command(file: Path, provider: str, mapping: str, lane: str, dry_run: bool, as_json: bool) -> None:
    """报送 CSV、Excel、JSON 或 CAP 文件。 Send FILE (CSV, Excel, JSON, NDJSON or CAP XML); sending it again is harmless.

    \b
    Example:  lianjing feed send 日报.xlsx --provider port --dry-run
    Exit codes: 0 all accepted, 1 something was rejected, 2 wrong use, 3 the broker is away.
    """
    import msgspec

    from services.cli.intake_desk import open_filing
    from services.runtime.errors import InputError
    from services.runtime.logs import configure_logs
    from services.runtime.settings import Settings

    configure_logs("cli", level="error")
    with open_filing(Settings.from_environment()) as filing:
        holder = filing.desk.catalogue().providers.get(provider) if provider else None
        if provider and holder is None:
            raise InputError(
                f"没有报送单位 {provider!r}，见 lianjing provider list / no provider {provider!r}, see lianjing provider list"
            )
        source = provider or "operator"
        body = file.read_bytes()
        if dry_run:
            report = filing.rehearse(file.name, body, holder, source, mapping=mapping, lane=lane)
        else:
            arrival = str(file.stat().st_mtime_ns)
            report = filing.take(file.name, body, holder, source, arrival=arrival, mapping=mapping, lane=lane)
    click.echo(msgspec.json.encode(report).decode() if as_json else report.text(), nl=as_json)
    if report.rejected:
        sys.exit(1)
