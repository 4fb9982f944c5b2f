"""``lianjing migrate``: topics, then tables."""

import json
from contextlib import nullcontext

import click

from services.runtime.database import Mode
from services.runtime.errors import ConfigurationError, LianjingError
from services.runtime.settings import Settings

_PASSWORDS = "LIANJING_ROLE_PASSWORDS_FILE"


@click.command()
@click.option(
    "--to", "target", type=click.Choice(["timescale"]), help="把普通表转换为超表 Turn plain tables into hypertables."
)
@click.option(
    "--mode",
    type=click.Choice([m.value for m in Mode]),
    help="首次建表的模式 Mode of the first migration; default: probed.",
)
@click.option("--only", type=click.Choice(["topics", "tables"]), help="只做其一 Apply only one of the two.")
@click.option("--passwords", type=click.File("r"), envvar=_PASSWORDS, help="角色口令 JSON file: role name to password.")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON Print one JSON object.")
def command(
    target: str | None, mode: str | None, only: str | None, passwords: click.utils.LazyFile | None, as_json: bool
) -> None:
    """建主题、建表,可重复执行 Apply topics and tables; repeating it changes nothing.

    \b
    Example:  lianjing migrate
              lianjing migrate --to timescale
    """
    settings = Settings.from_environment()
    done: dict[str, object] = {}
    if only != "tables" and target is None:
        done["topics"] = _apply_topics(settings)
    if only != "topics":
        done |= _apply_tables(settings, target, mode, _read(passwords), quiet=as_json)
    if as_json:
        click.echo(json.dumps(done, ensure_ascii=False))
    else:
        _tell(done)


def _read(passwords: click.utils.LazyFile | None) -> dict[str, str]:
    if passwords is None:
        return {}
    try:
        found = json.load(passwords)
    except ValueError as error:
        raise ConfigurationError(
            f'{passwords.name}: 不是 JSON is not JSON ({error}); right is {{"lianjing_ingest": "…"}}'
        ) from error
    if not isinstance(found, dict) or not all(isinstance(v, str) for v in found.values()):
        raise ConfigurationError(f"{passwords.name}: right is an object of role name to password")
    return {str(k): str(v) for k, v in found.items()}


def _apply_topics(settings: Settings) -> list[str]:
    from services.runtime.broker import ensure_topics

    return [str(change) for change in ensure_topics(settings) or []]


def _apply_tables(
    settings: Settings, target: str | None, mode: str | None, passwords: dict[str, str], *, quiet: bool
) -> dict[str, object]:
    from rich.progress import Progress

    from services.runtime.conversion import convert_to_timescale
    from services.runtime.migrations import migrate

    if not settings.database_url:
        raise LianjingError("LIANJING_DATABASE_URL 未设置 is not set: postgresql://user@host:port/lianjing")
    bar = Progress(transient=True, disable=quiet)
    with bar if not quiet else nullcontext():
        task = bar.add_task("建表 tables", total=None)

        def show(place: int, total: int, name: str) -> None:
            bar.update(task, completed=place - 1, total=total, description=name)

        if target is not None:
            outcome = convert_to_timescale(settings.database_url, progress=show)
        else:
            asked = Mode(mode) if mode else None
            outcome = migrate(settings.database_url, asked, passwords=passwords, progress=show)
    return {"mode": outcome.mode.value, "applied": outcome.applied, "notes": outcome.notes}


def _tell(done: dict[str, object]) -> None:
    for name, title in (("topics", "主题 topics"), ("applied", "迁移 migrations"), ("notes", "提示 notes")):
        lines = done.get(name)
        if isinstance(lines, list) and (lines or name != "notes"):
            click.echo(f"{title}: {', '.join(lines) or '无变化 unchanged'}")
    if "mode" in done:
        click.echo(f"模式 mode: {done['mode']}")
