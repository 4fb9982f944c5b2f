"""``lianjing feed rejected``: what was not accepted, for the operator."""

import sys
from pathlib import Path
from typing import Any, LiteralString

import click

_JSON = click.option("--json", "as_json", is_flag=True, help="输出 JSON。 Print JSON.")
_COLUMNS: LiteralString = (
    "rejection_id, lane, source, reason, field, given, wanted, origin, known_at, record_id, resent_as"
)


@click.group()
def command() -> None:
    """退回的记录。 Rejected records: list, show, resend.

    \b
    Example:  lianjing feed rejected list --source port --limit 20
              lianjing feed rejected resend 8f0c… --file corrected.json
    """


@command.command(name="list")
@click.option("--source", default="", help="单位。 Provider.")
@click.option("--reason", default="", help="原因代码。 Reason code, such as decimal_slip.")
@click.option("--limit", default=50, show_default=True, help="至多几条。 At most so many.")
@_JSON
def list_(source: str, reason: str, limit: int, as_json: bool) -> None:
    """最新的退回记录。 The newest rejections.

    \b
    Example:  lianjing feed rejected list --reason decimal_slip
    Exit codes: 0 listed, 3 the database is away.
    """
    query = f"SELECT {_COLUMNS} FROM v_rejection WHERE (%s = '' OR source = %s) AND (%s = '' OR reason = %s) ORDER BY known_at DESC LIMIT %s"  # noqa: S608  # constant text
    found = _ask(query, (source, source, reason, reason, limit))
    if as_json:
        _print_json(found)
        return
    for each in found:
        click.echo(
            f"{each['rejection_id']}  {each['known_at']:%Y-%m-%d %H:%M}  {each['source']}  {each['reason']}  {each['origin']}"
        )
        click.echo(f"    {each['field'] or '–'}: {each['given'] or '–'}  →  {each['wanted']}")
    click.echo(f"共 {len(found)} 条 rejections: {len(found)}")


@command.command()
@click.argument("rejection_id")
@_JSON
def show(rejection_id: str, as_json: bool) -> None:
    """一条退回记录及其原文。 One rejection with its raw bytes.

    \b
    Example:  lianjing feed rejected show 8f0c1d…
    """
    each = _one(rejection_id)
    if as_json:
        _print_json(each | {"raw": bytes(each["raw"]).decode("utf-8", "replace")})
        return
    for name, value in each.items():
        shown = bytes(value).decode("utf-8", "replace") if name == "raw" else value
        click.echo(f"{name}: {shown if shown not in (None, '') else '–'}")


@command.command()
@click.argument("rejection_id")
@click.option(
    "--file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="更正后的 JSON 记录。 The corrected record.",
)
@_JSON
def resend(rejection_id: str, file: Path | None, as_json: bool) -> None:
    """更正后重报；不带 --file 则原样再试（如目录已改）。 Send the corrected record, or the same again after a change of the catalogue.

    \b
    Example:  lianjing feed rejected resend 8f0c1d… --file corrected.json
    Exit codes: 0 accepted, 1 rejected again, 2 wrong use, 3 a part is away.
    """
    import getpass

    import msgspec

    from schemas.rejection import Rejection
    from services.cli.intake_desk import open_filing
    from services.intake.json_records import read_record
    from services.intake.resending import resend_command
    from services.runtime.logs import configure_logs
    from services.runtime.settings import Settings

    configure_logs("cli", level="error")
    each = _one(rejection_id)
    fields = {k: v for k, v in each.items() if k != "resent_as"} | {"raw": bytes(each["raw"])}
    rejection: Rejection = msgspec.convert(fields, Rejection)
    body = file.read_bytes() if file else rejection.raw
    with open_filing(Settings.from_environment()) as filing:
        desk = filing.desk
        provider = desk.catalogue().providers.get(rejection.source)
        judge = desk.judge(provider, rejection.source)
        outcome = desk.handle(judge, read_record(body, f"resend:{rejection.rejection_id}"))
        if outcome.accepted:
            desk.announce(resend_command(rejection, outcome.ids[0], getpass.getuser(), desk.clock.now())).result()
    if as_json:
        _print_json(outcome)
    else:
        told = "；".join(f"{r.reason_zh} {r.reason_en}: {r.wanted}" for r in outcome.rejections)
        click.echo(f"已接收 accepted: {outcome.ids[0]}" if outcome.accepted else f"仍退回 rejected again: {told}")
    sys.exit(0 if outcome.accepted else 1)


def _one(rejection_id: str) -> dict[str, Any]:
    from services.runtime.errors import InputError

    query = f"SELECT {_COLUMNS}, raw FROM rejection WHERE rejection_id = %s"  # noqa: S608  # constant text
    found = _ask(query, (rejection_id.removeprefix("rej-"),))
    if not found:
        raise InputError(f"没有退回记录 {rejection_id!r} / no rejection {rejection_id!r}")
    return found[0]


def _ask(query: LiteralString, arguments: tuple[object, ...]) -> list[dict[str, Any]]:
    from services.cli.database_question import ask

    return ask(query, arguments)


def _print_json(value: object) -> None:
    import msgspec

    click.echo(msgspec.json.encode(value).decode())
