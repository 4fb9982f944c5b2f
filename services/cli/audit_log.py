"""``lianjing audit``: the console's audit log, read and verified."""

import json
from datetime import datetime
from typing import TYPE_CHECKING

import click

from services.cli.feed_known import moment

if TYPE_CHECKING:
    from services.console.access.audit import Entry


@click.group("audit")
def command() -> None:
    """审计记录 The audit log: who changed what, and whether anybody tampered with it.

    \b
    Example:  lianjing audit verify
    """


@command.command("verify")
@click.option(
    "--head", default="", help="此前记下的末条摘要，须仍在链中 A digest noted before, which must still be there."
)
@click.option("--json", "as_json", is_flag=True, help="输出 JSON As JSON.")
def verify(head: str, *, as_json: bool) -> None:
    """逐条核对哈希链 Check every entry against the one before. Note the digest printed: removing the newest entries shows by it alone.

    \b
    Example:  lianjing audit verify --head 3f1c…
    Exit codes: 0 whole, 1 broken (the first broken entry is named), 3 the database is away.
    """
    from services.cli.console_desk import console_desk
    from services.console.access.audit import START, Break, Tally

    tally = Tally(head or START)
    with console_desk() as desk:
        for entry in desk.store.entries():
            if tally.take(entry) is not None:
                break
    broken = tally.broken
    if broken is None and not tally.has_head:
        broken = Break(
            tally.count + 1,
            "此前记下的摘要不在链中：末尾被删去",
            "the digest noted before is gone: the end was cut off",
        )
    if as_json:
        said = {"whole": broken is None, "entries": tally.count, "head": tally.head}
        click.echo(json.dumps(said | ({} if broken is None else {"broken": broken.sequence, "why": broken.en})))
    elif broken is None:
        click.echo(f"完整 whole: {tally.count} 条 entries; 末条摘要 head {tally.head}")
    else:
        click.echo(f"第 {broken.sequence} 条不对：{broken.zh} / entry {broken.sequence}: {broken.en}", err=True)
    if broken is not None:
        raise SystemExit(1)


@command.command("list")
@click.option("--actor", default="", help="只看此人 Of this account only.")
@click.option("--action", default="", help="只看此类 Of this kind only, such as 'sign-in' or 'command'.")
@click.option("--since", callback=moment, help="起（带时区）From.")
@click.option("--until", callback=moment, help="止（带时区）Until.")
@click.option("--most", default=50, show_default=True, type=click.IntRange(1, 10_000), help="至多条数 At most.")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON As JSON.")
def list_(actor: str, action: str, since: datetime | None, until: datetime | None, most: int, *, as_json: bool) -> None:
    """列出审计记录，新的在前 List entries, the newest first.

    \b
    Example:  lianjing audit list --actor zhang --action command --since 2026-04-01T00:00:00+08:00
    """
    from services.cli.console_desk import console_desk

    wanted = {"actor": actor, "action": action, "since": since, "until": until}
    with console_desk() as desk:
        entries = desk.store.newest_entries(wanted, most)
    for entry in entries:
        click.echo(_json(entry) if as_json else _line(entry))


def _json(entry: "Entry") -> str:
    from services.console.access.audit import canonical

    return canonical(entry.sequence, entry.at, entry.note)


def _line(entry: "Entry") -> str:
    from services.console.moment import local

    note = entry.note
    detail = " ".join(f"{name}={value}" for name, value in sorted(note.detail.items()))
    return f"{entry.sequence:>6}  {local(entry.at)}  {note.actor}  {note.action}  {note.subject}  {note.lane}  {detail}"
