"""``lianjing playbook dry-run``: a plan tried in this process; nothing leaves, all that would is shown."""

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from schemas.chain import Chain
    from schemas.level import Level
    from services.response.course import Plans
    from services.response.playbook import Playbook
    from services.response.rehearsal import Line, People, Rehearsal

_STORY = re.compile(r"(blue|yellow|orange|red|unknown|normal)@(\d+(?:\.\d+)?)")
_LANE = "drill:dry-run"
_WORDS = {"event": "记录", "task": "任务", "message": "通知", "question": "推演"}


def _steps(_ctx: click.Context, _parameter: click.Parameter, value: str) -> "list[tuple[Level, float]]":
    from schemas.level import Level

    words = value.split()
    found = [_STORY.fullmatch(word) for word in words]
    if not words or None in found:
        raise click.BadParameter(
            '应如 "yellow@0 red@6 normal@48"（等级@小时，normal 为解除） level@hours, normal closes it'
        )
    return [(Level(match[1]), float(match[2])) for match in found if match is not None]


@click.command("dry-run")
@click.argument("playbook")
@click.option(
    "--story",
    callback=_steps,
    default="yellow@0 orange@6 red@24 normal@96",
    show_default=True,
    help="预警过程。 The warning: level@hours.",
)
@click.option("--node", default="", help="环节编号，默认取第一个符合的。 Place; the first that fits by default.")
@click.option("--product", default="", help="产品编号。 Product.")
@click.option("--hazard", type=click.Choice(["", "starved", "blocked"]), default="", help="断供或胀库。 Hazard.")
@click.option("--react", default=30.0, show_default=True, help="人员多少分钟后办理。 Minutes until people act.")
@click.option(
    "--tasks",
    type=click.Choice(["done", "ignored"]),
    default="done",
    show_default=True,
    help="任务办不办。 Whether tasks get done.",
)
@click.option(
    "--decide",
    type=click.Choice(["approve", "refuse", "nobody"]),
    default="approve",
    show_default=True,
    help="请示如何。 What people decide.",
)
@click.option("--remedy/--no-remedy", default=True, help="补链有无方案。 Whether a remedy is found.")
@click.option("--hours", default=120.0, show_default=True, help="试多久。 Hours to try.")
@click.option(
    "--file",
    "files",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False),
    help="另加或替换的预案文件。 A plan file on top.",
)
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。 Print JSON.")
def command(
    playbook: str,
    story: "list[tuple[Level, float]]",
    react: float,
    tasks: str,
    decide: str,
    remedy: bool,
    hours: float,
    as_json: bool,
    **where: Any,
) -> None:
    """试运行一份预案：按给定的预警过程和人员反应，列出会做的每一件事；什么也不发出。 Try PLAYBOOK; nothing leaves.

    \b
    Example:  lianjing playbook dry-run coal-supply-guarantee
              lianjing playbook dry-run water-intake-loss --story "orange@0 red@3 normal@30" --tasks ignored
    Exit codes: 0 shown, 2 wrong use (no such plan, or no place fits it).
    """
    import msgspec

    from services.response.rehearsal import People, lines_of

    people = People(
        minutes=react, do_tasks=tasks == "done", decide="" if decide == "nobody" else decide, finds_remedy=remedy
    )
    start = datetime(2026, 1, 12, 0, 0, tzinfo=UTC)
    rehearsal = _rehearsal(playbook, story, people, start, start + timedelta(hours=hours), where)
    lines = lines_of(rehearsal.play())
    if as_json:
        click.echo(msgspec.json.encode(lines).decode())
    else:
        _print(lines, start, rehearsal.running())


def _rehearsal(
    name: str,
    steps: "list[tuple[Level, float]]",
    people: "People",
    start: datetime,
    until: datetime,
    where: dict[str, Any],
) -> "Rehearsal":
    from pathlib import Path

    from services.response.store import load_plans
    from services.runtime.assets import asset_path
    from services.runtime.chain import chain_folder, load_chain
    from services.runtime.settings import Settings

    settings = Settings.from_environment()
    plans = load_plans(settings.config or asset_path("deploy/config"), [Path(file) for file in where["files"]])
    chain = load_chain(chain_folder(settings.config, settings.chain))
    given = {key: where[key] for key in ("node", "product", "hazard")}
    return rehearsal_of(plans, chain, name, steps, people, start, until, **given)


def rehearsal_of(
    plans: "Plans",
    chain: "Chain",
    name: str,
    steps: "list[tuple[Level, float]]",
    people: "People",
    start: datetime,
    until: datetime,
    *,
    node: str = "",
    product: str = "",
    hazard: str = "",
) -> "Rehearsal":
    """One plan before it is played: begun by a warning, by its figure or by hand, as it states. Raises InputError."""
    from msgspec import structs

    from services.response.example import story
    from services.response.figures import Reading
    from services.response.playbook import Start
    from services.response.rehearsal import Rehearsal
    from services.runtime.errors import InputError

    chosen = next((p for p in plans.playbooks if name in (p.id, p.name_zh)), None)
    if chosen is None:
        raise InputError(f"没有预案 {name!r}，已有 no such plan; there are: {'、'.join(p.id for p in plans.playbooks)}")
    nodes = {node.id: node for node in chain.nodes}
    alone = structs.replace(plans, playbooks=tuple(_only(p, chosen.id) for p in plans.playbooks))
    rehearsal = Rehearsal(alone, lambda _: nodes, people, until)
    figure = chosen.trigger.figure
    if chosen.trigger.start is Start.ALERT:
        rehearsal.hear(story(chain, chosen, steps, start, lane=_LANE, node=node, product=product, hazard=hazard))
    elif figure is not None:
        value = figure.above + 1 if figure.above is not None else (figure.below or 0.0) - 1
        reading = Reading(lane=_LANE, chain=chain.id, series=figure.series, value=value, observed_at=start, at=start)
        rehearsal.plan(start, lambda office, _: office.read(reading))
    else:
        _start_by_hand(rehearsal, chosen.id, node or chain.nodes[0].id, chain.id, start)
    return rehearsal


def _only(playbook: "Playbook", name: str) -> "Playbook":
    """Other plans stay reachable as sub-plans, but no warning starts them."""
    from msgspec import structs

    from services.response.playbook import Start

    if playbook.id == name:
        return playbook
    return structs.replace(playbook, trigger=structs.replace(playbook.trigger, start=Start.SUB_PLAN, figure=None))


def _start_by_hand(rehearsal: "Rehearsal", playbook: str, node: str, chain: str, at: datetime) -> None:
    from schemas.command import Command

    command = Command(
        command_id="dry-run",
        lane=_LANE,
        kind="playbook.start",
        actor="dry-run",
        reason="试运行 dry run",
        issued_at=at,
        arguments={"playbook": playbook, "node": node, "chain": chain},
    )
    rehearsal.plan(at, lambda office, now: office.obey(command, now))


def _print(lines: "list[Line]", start: datetime, running: int) -> None:
    click.echo("试运行：以下内容均未发出。 Dry run: nothing of this was sent.")
    for line in lines:
        if line.what == "event" and line.kind == "taken":
            continue
        hours = (line.at - start) / timedelta(hours=1)
        text = next((row for row in line.text_zh.splitlines() if row.startswith("请办：")), line.text_zh.split("\n")[0])
        who = f" → {line.who}" if line.who else ""
        click.echo(
            f"{hours:>7.2f} h  {_WORDS[line.what]} {line.playbook}/{line.step or '–'} [{line.kind}]{who}  {text}"
        )
    told = {line.who for line in lines if line.what == "message"}
    tasks = sum(line.what == "task" for line in lines)
    click.echo(
        f"会通知 {len(told)} 个对象，派出 {tasks} 项任务和请示；未结束的运行 {running} 个。 {len(told)} told, {tasks} tasks, {running} runs open."
    )
