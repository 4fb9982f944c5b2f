"""``lianjing drill``: validate, run and steer drills, take part in them, and read what came out."""

import json
import threading
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from services.cli.drill.steering import AS, DRILL, STEERING, user

if TYPE_CHECKING:  # slow to import: --help must not wait for them
    from schemas.drill import DrillEvent
    from schemas.drill_plan import Plan
    from services.cli.drill.building import Tools
    from services.runtime.settings import Settings

_JSON = click.option("--json", "as_json", is_flag=True, help="机器可读 One JSON object on stdout.")
_OUT = click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="报告文件夹 Folder for the report.")
_SHOWN = (
    "inject",
    "alert",
    "act",
    "run",
    "clock",
    "rewound",
    "aborted",
    "stopped",
    "acknowledged",
    "unacknowledged",
    "ended",
    "refused",
    "mark",
)


@click.group("drill")
def command() -> None:
    """演练 Drills through the same stream as the real thing, and their reports.

    \b
    例 Example:
      lianjing drill validate daqin
      lianjing drill run daqin --scripted
      lianjing drill report daqin-1 --out reports
    """


for _each in STEERING:
    command.add_command(_each)


@command.command("list")
@_JSON
def list_command(as_json: bool) -> None:
    """列出演练文件和办过的演练 List drill files, and drills held on the running stack.

    \b
    例 Example: lianjing drill list
    """
    from services.cli.drill.files import available_drills
    from services.runtime.errors import UnreachableError

    settings = _settings()
    files = {name: str(path) for name, path in available_drills(settings).items()}
    try:
        held = _held(settings)
    except UnreachableError as error:
        held = []
        click.echo(f"（未连上 broker，只列文件 only files: {error}）", err=True)
    if as_json:
        click.echo(json.dumps({"files": files, "held": held}, ensure_ascii=False))
        return
    for name, path in files.items():
        click.echo(f"文件 file  {name:<16} {path}")
    for one in held:
        click.echo(f"演练 drill {one['drill']:<16} {one['begun']}  {one['state']}")


@command.command("validate")
@click.argument("names", nargs=-1, required=True)
@_JSON
def validate(names: tuple[str, ...], as_json: bool) -> None:
    """校验 Check drill files (YAML or Excel): every fault with its line and how to put it right.

    \b
    例 Example: lianjing drill validate daqin my-drill.xlsx
    Exit codes: 0 all right, 1 faults found.
    """
    from services.cli.drill.files import load_drill, scenario_of
    from services.runtime.errors import ConfigurationError

    settings = _settings()
    faults: dict[str, list[str]] = {}
    for name in names:
        try:
            plan = load_drill(name, settings)
            scenario_of(plan, settings)
        except ConfigurationError as error:
            faults[name] = list(error.problems)
            continue
        if not as_json:
            click.echo(
                f"✔ {name}: {plan.name_zh}，{len(plan.injects)} 条注入，{len(plan.expectations)} 项期望，{len(plan.roster)} 人参演"
            )
    if as_json:
        click.echo(json.dumps({"faults": faults}, ensure_ascii=False))
    for name, lines in () if as_json else faults.items():
        click.echo(f"✘ {name}: {len(lines)} 处问题 faults")
        for line in lines:
            click.echo(f"  {line}")
    if faults:
        raise SystemExit(1)


@command.command("workbook")
@click.argument("name")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def workbook(name: str, file: Path) -> None:
    """写成工作簿 Write a YAML drill file as an Excel workbook, to be filled in and checked as it is.

    \b
    例 Example: lianjing drill workbook daqin my-drill.xlsx
    """
    from services.cli.drill.files import drill_text, load_drill
    from services.cli.drill.workbook import write_workbook

    settings = _settings()
    load_drill(name, settings)
    write_workbook(drill_text(name, settings), file)
    click.echo(f"已写入 written: {file}")


@command.command("run")
@click.argument("name")
@click.option("--scripted", is_flag=True, help="脚本参与者 Let the file's scripted participants act.")
@click.option(
    "--approved-by", default="", help="批准人（不通知的演练必须） Approver; needed for a drill without notice."
)
@click.option("--rate", default=None, type=click.FloatRange(1, 1000), help="倍速 Times the clock; default: the file's.")
@_OUT
@_JSON
def run(name: str, scripted: bool, approved_by: str, rate: float | None, out: Path | None, as_json: bool) -> None:
    """办一场演练 Run a drill on the running stack to its end, and write its report. Ctrl-C ends it early.

    \b
    例 Example: lianjing drill run daqin --scripted --out reports
    """
    import msgspec

    from services.cli.drill.building import next_name, stage_of, tools, unfinished, wait_until
    from services.cli.drill.director import Director
    from services.cli.drill.files import load_drill
    from services.drill.cast import Cast
    from services.drill.conduct import Conduct
    from services.runtime.errors import ConfigurationError

    settings = _settings()
    plan = load_drill(name, settings)
    if rate is not None:
        plan = msgspec.structs.replace(plan, rate=rate)
    _check_approval(plan, approved_by)
    stopping = threading.Event()

    def say(text: str) -> None:
        if not as_json:
            click.echo(text)

    def tell(event: "DrillEvent") -> None:
        if event.kind.value in _SHOWN:
            say(_line(event))

    if plan.starts_at is not None and not wait_until(plan.starts_at, stopping, say):
        return
    with tools(settings) as found:
        events = found.log()
        if unfinished(events):
            raise ConfigurationError(
                f"演练 {', '.join(unfinished(events))} 未结束，同时只办一场：先 lianjing drill end 或 abandon"
                " / a drill is not over yet: end or abandon it first"
            )
        drill = next_name(plan, events)
        with stage_of(plan, drill, found) as stage:
            conduct = Conduct(plan, drill, msgspec.json.encode(plan).decode(), stage.clock.now())
            director = Director(conduct, stage, Cast(plan) if scripted else None, tell)
            say(
                f"演练 drill {drill}，通道 lane {conduct.lane}；另开终端可用 lianjing drill pause|step|rewind|act {drill}"
            )
            director.open(approved_by)
            _until_over(director, stopping)
        _finish(found, drill, out or settings.home / "reports" / "drills", as_json)


@command.command("report")
@DRILL
@_OUT
@_JSON
def report(drill: str, out: Path | None, as_json: bool) -> None:
    """报告 Make the report of a drill again, from its log alone: PDF and Word.

    \b
    例 Example: lianjing drill report daqin-1 --out reports
    """
    from services.cli.drill.building import tools

    settings = _settings()
    with tools(settings) as found:
        _finish(found, drill, out or settings.home / "reports" / "drills", as_json)


@command.command("items")
@click.option("--close", "closed", default=None, help="关闭哪一条 Close this item.")
@click.option("--reason", default="", help="关闭理由 Why it may be closed.")
@click.option("--all", "show_all", is_flag=True, help="含已关闭 Closed ones too.")
@AS
@_JSON
def items(closed: str | None, reason: str, show_all: bool, actor: str | None, as_json: bool) -> None:
    """改进项 List improvement items, or close one. The next drill that fails at it opens it again.

    \b
    例 Example: lianjing drill items --close item-1a2b3c4d --reason "预案第 2 版已写明"
    """
    from services.cli.drill.building import log_of, tools
    from services.cli.drill.reporting import closing_event
    from services.runtime.clock import WallClock
    from services.runtime.debrief.items import history_words, items_of
    from services.runtime.errors import InputError

    with tools(_settings()) as found:
        events = found.log()
        known = items_of(events)
        if closed is not None:
            if closed not in known or not known[closed].is_open or not reason:
                raise InputError(f"{closed!r}: 应为未关闭的改进项，并写明 --reason / an open item, with a --reason")
            log = log_of(events, known[closed].history[-1][0])
            found.publish(closing_event(known[closed], log, actor or user(), reason, WallClock().now()))
            known = items_of(found.log())
    shown = [i for i in known.values() if i.is_open or show_all]
    if as_json:
        import msgspec

        click.echo(msgspec.json.encode(shown).decode())
        return
    for item in shown:
        click.echo(
            f"{'○' if item.is_open else '✔'} {item.id}  {item.title_zh}  [{item.playbook} {item.version}]  {history_words(item.history)}"
        )
    if not shown:
        click.echo("没有改进项 no items")


def _settings() -> "Settings":
    from services.runtime.settings import Settings

    return Settings.from_environment()


def _check_approval(plan: "Plan", approved_by: str) -> None:
    if plan.is_announced or (approved_by and approved_by == plan.approver):
        return
    raise click.UsageError(
        f"不通知的演练要由 {plan.approver} 批准：--approved-by {plan.approver} / a drill without notice needs its approver"
    )


def _until_over(director: Any, stopping: threading.Event) -> None:
    try:
        director.run(stopping.is_set)
    except KeyboardInterrupt:
        click.echo("提前结束 ended early", err=True)
        stopping.set()
        director.run(stopping.is_set)


def _finish(found: "Tools", drill: str, folder: Path, as_json: bool) -> None:
    """Items into the log, then the report."""
    from services.cli.drill.building import log_of, unfinished
    from services.cli.drill.reporting import item_events, write_report
    from services.runtime.clock import WallClock
    from services.runtime.debrief.scoring import plan_of, score

    events = found.log()
    log = log_of(events, drill)
    if drill not in unfinished(events):
        for event in item_events(log, events, WallClock().now()):
            found.publish(event)
        events = found.log()
        log = log_of(events, drill)
    pdf, word = write_report(log, events, folder)
    if as_json:
        points = score(plan_of(log), log).points
        click.echo(
            json.dumps({"drill": drill, "events": len(log), "points": points, "pdf": str(pdf), "docx": str(word)})
        )
    else:
        click.echo(f"报告 report: {pdf}\n            {word}")


def _held(settings: "Settings") -> list[dict[str, str]]:
    from services.cli.drill.building import tools, unfinished

    with tools(settings) as found:
        events = found.log()
    running = unfinished(events)
    ends = {e.drill: e.kind.value for e in events if e.kind.value in ("ended", "stopped", "aborted")}
    begun: dict[str, datetime] = {}
    for event in events:
        begun.setdefault(event.drill, event.wall)
    return [
        {
            "drill": d,
            "begun": at.astimezone().isoformat(timespec="seconds"),
            "state": "running" if d in running else ends[d],
        }
        for d, at in begun.items()
    ]


def _line(event: "DrillEvent") -> str:
    whole = int(event.minute)
    return f"{whole // 60:3d}:{whole % 60:02d}  {event.text_zh}"
