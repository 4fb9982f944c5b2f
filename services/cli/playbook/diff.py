"""``lianjing playbook diff``: what changed between two versions of a plan."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from services.response.playbook import Playbook

_DIFFERS = 1
_DOCUMENT = "SELECT document::text AS document FROM run WHERE run_id = %s"


@click.command()
@click.argument("old")
@click.argument("new")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。 Print JSON.")
def command(old: str, new: str, as_json: bool) -> None:
    """比较一份预案的两个版本：文件、预案编号（现行）或运行编号（启动时的版本）。 Compare OLD and NEW: a file, a plan id or a run id.

    \b
    Example:  lianjing playbook diff coal-supply-guarantee new/coal-supply-guarantee.yaml
              lianjing playbook diff run-0123456789abcdef coal-supply-guarantee
    Exit codes: 0 the same, 1 they differ, 2 wrong use, 3 the database is needed and away.
    """
    import msgspec

    from services.response.comparison import differences

    before, after = _plan(old), _plan(new)
    found = differences(before, after)
    if as_json:
        click.echo(msgspec.json.encode({"old": before.version, "new": after.version, "differences": found}).decode())
    else:
        click.echo(f"{before.id} {before.version} → {after.id} {after.version}")
        click.echo("\n".join(each.sentence() for each in found) or "相同 the same")
    raise SystemExit(_DIFFERS if found else 0)


def _plan(name: str) -> "Playbook":
    import msgspec

    from services.cli.database_question import ask
    from services.response.playbook import Playbook
    from services.response.store import load_plans
    from services.runtime.assets import asset_path
    from services.runtime.errors import InputError
    from services.runtime.settings import Settings

    if name.startswith("run-"):
        rows = ask(_DOCUMENT, (name,))
        if not rows:
            raise InputError(f"没有运行 {name!r} / no such run")
        return msgspec.json.decode(rows[0]["document"], type=Playbook)
    file = Path(name)
    plans = load_plans(
        Settings.from_environment().config or asset_path("deploy/config"), [file] if file.is_file() else []
    )
    wanted = _id_in(file) if file.is_file() else name
    found = next((p for p in plans.playbooks if wanted in (p.id, p.name_zh)), None)
    if found is None:
        raise InputError(
            f"没有预案或文件 {name!r}，已有 no such plan or file; there are: {'、'.join(p.id for p in plans.playbooks)}"
        )
    return found


def _id_in(file: Path) -> str:
    import yaml

    return str(yaml.safe_load(file.read_text(encoding="utf-8")).get("预案", ""))
