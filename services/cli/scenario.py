"""``lianjing scenario``: list, show, play, judge and generate scenarios."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from services.runtime.errors import ConfigurationError

if TYPE_CHECKING:
    from schemas.chain import Chain
    from services.intake.scenario.player import Player, Progress
    from services.intake.scenario.scenario import Scenario
    from services.intake.scenario.verdict import Truth, Verdict
    from services.runtime.settings import Settings

_KIND_ZH = {"historic": "历史", "stylised": "情景", "random": "随机"}
_BREAK_ZH = {"starved": "断供", "blocked": "胀库", "graver": "严重"}
_NAME = click.argument("name")
_SEED = click.option("--seed", default=1, show_default=True, help="种子 Seed of the hidden world.")
_MISMATCH = click.option(
    "--mismatch", type=click.IntRange(0, 2), default=None, help="失配 0, 1, 2; default: the scenario's own."
)
_JSON = click.option("--json", "as_json", is_flag=True, help="机器可读 One JSON object on stdout.")


@click.group("scenario")
def command() -> None:
    """情景 Scenarios: what happens to the chain, and what truly broke.

    \b
    例 Example:
      lianjing scenario list
      lianjing scenario truth daqin-stylised --seed 1
    """


@command.command("list")
@_JSON
def list_command(as_json: bool) -> None:
    """列出 List the shipped scenarios, or those of LIANJING_CONFIG.

    \b
    例 Example: lianjing scenario list --json
    """
    from services.intake.scenario.feeds.library import available_scenarios, load_scenario

    config = _settings().config
    scenarios = [load_scenario(name, config) for name in available_scenarios(config)]
    if as_json:
        click.echo(json.dumps([_brief(s) for s in scenarios], ensure_ascii=False))
        return
    for s in scenarios:
        kind = _KIND_ZH[s.kind.value]
        click.echo(f"{s.id:<20} {kind}  {s.start:%Y-%m-%d}  {s.days:>3} d  {s.name_zh} | {s.name_en}")


@command.command("show")
@_NAME
@_SEED
@_MISMATCH
@click.option(
    "--html", type=click.Path(dir_okay=False, path_type=Path), help="画图 Live it and write a page of charts."
)
@_JSON
def show(name: str, seed: int, mismatch: int | None, html: Path | None, as_json: bool) -> None:
    """查看 Show one scenario; with --html also what it does to the stocks.

    \b
    例 Example: lianjing scenario show daqin-2022 --html daqin.html
    """
    scenario, chain = _scenario(name), _chain(_settings())
    if as_json:
        click.echo(json.dumps(_described(scenario), ensure_ascii=False, default=str))
    else:
        _print_scenario(scenario)
    if html is not None:
        _draw(chain, scenario, seed, mismatch, html)


@command.command("play")
@_NAME
@_SEED
@_MISMATCH
@click.option("--lane", default=None, help="通道 Lane; default replay:<name>.")
@click.option(
    "--speed", default="max", show_default=True, help="倍速 Times the clock, or max: as fast as the broker takes it."
)
@click.option(
    "--meet-now/--own-dates", default=True, show_default=True, help="末小时接上当前时刻 Re-date to meet the clock."
)
@click.option("--live-on", is_flag=True, help="播完以 ×1 继续 Then live on at ×1 until Ctrl-C (needs --meet-now).")
@_JSON
def play(
    name: str,
    seed: int,
    mismatch: int | None,
    lane: str | None,
    speed: str,
    meet_now: bool,
    live_on: bool,
    as_json: bool,
) -> None:
    """播放 Play a scenario into a lane of the running stack.

    \b
    例 Example: lianjing scenario play daqin-2022 --lane replay:daqin-2022 --speed 3600
    """
    if live_on and not meet_now:
        raise click.UsageError("--live-on 需要 needs --meet-now")
    pace = _speed(speed)
    scenario, settings = _scenario(name), _settings()
    stopping = threading.Event()
    with _player(settings, scenario, lane or f"replay:{scenario.id}", seed, mismatch) as player:
        try:
            progress = _play(player, pace, datetime.now().astimezone() if meet_now else None, stopping, as_json)
            if live_on:
                click.echo("以 ×1 继续，Ctrl-C 结束 | goes on at ×1, Ctrl-C ends it", err=True)
                progress = player.live_on(wait=stopping.wait)
        except KeyboardInterrupt:
            stopping.set()
            click.echo("已停止 stopped", err=True)
            return
    if as_json:
        click.echo(
            json.dumps({"scenario": scenario.id, "rows": progress.rows, "lane_time": progress.lane_time.isoformat()})
        )
    else:
        click.echo(f"已播放 played {progress.rows:,} 条 records, {progress.lane_time:%Y-%m-%d %H:%M%z}")


@command.command("truth")
@_NAME
@_SEED
@_MISMATCH
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), help="真值文件夹 Also write a truth file here."
)
@_JSON
def truth(name: str, seed: int, mismatch: int | None, out: Path | None, as_json: bool) -> None:
    """真值 Live a scenario and print what truly broke; for the scorer and for people, never for the warning path.

    NAME may be random-<seed>.

    \b
    例 Example: lianjing scenario truth daqin-stylised --seed 3
    """
    from services.intake.scenario.feeds.library import write_truth

    settings = _settings()
    chain = _chain(settings)
    scenario = _scenario(name, chain)
    found = _judge(chain, scenario, seed, mismatch, quiet=as_json)
    if out is not None:
        click.echo(f"已写入 written: {write_truth(found, out)}", err=True)
    if as_json:
        import msgspec

        click.echo(msgspec.json.encode(found).decode())
    else:
        _print_truth(found)


@command.command("generate")
@click.option("--seed", required=True, type=int, help="种子 Seed; the first of several.")
@click.option("--count", default=1, show_default=True, type=click.IntRange(1, 10_000), help="个数 How many.")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), help="文件夹 Folder for the files; default: stdout."
)
@click.option("--truth", "with_truth", is_flag=True, help="同时计算真值 Also live each and count breaks.")
@_JSON
def generate(seed: int, count: int, out: Path | None, with_truth: bool, as_json: bool) -> None:
    """生成 Generate random scenarios from seeds.

    \b
    例 Example: lianjing scenario generate --seed 100 --count 50 --out random --truth
    """
    from services.intake.scenario.generator import generate_scenario
    from services.intake.scenario.verdict import summary
    from services.intake.scenario.writing import write_scenario

    chain = _chain(_settings())
    truths = []
    seeds = range(seed, seed + count)
    with click.progressbar(seeds, label="生成 generate", file=_stderr(), hidden=count == 1) as bar:
        for each in bar:
            scenario = generate_scenario(each, chain)
            if out is not None:
                out.mkdir(parents=True, exist_ok=True)
                (out / f"{scenario.id}.yaml").write_text(write_scenario(scenario), encoding="utf-8")
            elif not as_json:
                click.echo(write_scenario(scenario))
            if with_truth:
                truths.append(_judge(chain, scenario, each, None, quiet=True))
    if as_json:
        click.echo(json.dumps({"first_seed": seed, "count": count, **(summary(truths) if with_truth else {})}))
    elif with_truth:
        figures = summary(truths)
        click.echo(
            f"{figures['scenarios']} 个情景 scenarios, {figures['with_break']} 有断链 with a break, "
            f"{figures['breaks']} 次断链 breaks, {figures['foreseeable']} 可预见 foreseeable"
        )


def _settings() -> "Settings":
    from services.runtime.settings import Settings

    return Settings.from_environment()


def _chain(settings: "Settings") -> "Chain":
    from services.runtime.chain import load_chain
    from services.runtime.chain.folder import chain_folder

    return load_chain(chain_folder(settings.config, settings.chain))


def _scenario(name: str, chain: "Chain | None" = None) -> "Scenario":
    from services.intake.scenario.feeds.library import load_scenario
    from services.intake.scenario.generator import generate_scenario
    from services.intake.scenario.reading import problems_on

    settings = _settings()
    chain = chain or _chain(settings)
    if name.startswith("random-") and name.removeprefix("random-").isdigit():
        return generate_scenario(int(name.removeprefix("random-")), chain)
    scenario = load_scenario(name, settings.config)
    problems = problems_on(scenario, chain)
    if problems:
        raise ConfigurationError(*problems)
    return scenario


def _speed(given: str) -> float | None:
    if given == "max":
        return None
    try:
        speed = float(given)
    except ValueError:
        speed = 0.0
    if not 0 < speed <= 100_000:
        raise click.UsageError(
            f"--speed {given!r}: 应为 max 或 0 至 100000 的数 should be max or a number in (0, 100000]"
        )
    return speed


@contextmanager
def _player(
    settings: "Settings", scenario: "Scenario", lane: str, seed: int, mismatch: int | None
) -> "Iterator[Player]":
    """A player on the broker of the settings, through intake's judgement of plausibility; closed at the end."""
    from services.intake.catalogue import snapshot
    from services.intake.gate import Gate
    from services.intake.publisher import Publisher
    from services.intake.scenario.player import Player
    from services.runtime.clock import WallClock
    from services.runtime.kafka import KafkaStreamConsumer, KafkaStreamProducer
    from services.runtime.registry import Registry

    registry = Registry(KafkaStreamConsumer(settings, client_id="lianjing-scenario"))
    producer = KafkaStreamProducer(settings, client_id="lianjing-scenario")
    ends = KafkaStreamConsumer(settings, client_id="lianjing-scenario")
    try:
        registry.open()
        registry.load()
        chain = registry.chains.get(settings.chain)
        if chain is None:
            raise ConfigurationError(
                f"链条 {settings.chain!r} 尚未导入 is not on the broker yet: 先运行 first run `lianjing chain import`"
            )
        catalogue = snapshot(registry)
        publisher = Publisher(producer, lambda: registry.series, ends=ends)
        yield Player(
            Gate(publisher, lambda: catalogue), WallClock(), chain, scenario, lane=lane, seed=seed, mismatch=mismatch
        )
    finally:
        for part in (ends, producer, registry):
            part.close()


def _play(
    player: "Player", speed: float | None, meet: datetime | None, stopping: threading.Event, is_quiet: bool
) -> "Progress":
    total = player.hours_to_play(meet)
    with click.progressbar(length=total, label="播放 play", file=_stderr(), hidden=is_quiet) as bar:
        return player.play(speed=speed, meet=meet, wait=stopping.wait, on_hour=lambda _: bar.update(1))


def _judge(chain: "Chain", scenario: "Scenario", seed: int, mismatch: int | None, *, quiet: bool) -> "Truth":
    from services.intake.scenario.verdict import truth_of

    def step(what: str) -> None:
        if not quiet:
            click.echo(f"推演 living: {what}", err=True)

    return truth_of(chain, scenario, seed, mismatch, step)


def _draw(chain: "Chain", scenario: "Scenario", seed: int, mismatch: int | None, path: Path) -> None:
    from services.intake.scenario.picture import page_of
    from services.intake.scenario.simulation import Simulation
    from services.intake.scenario.truth import events_of

    life = Simulation(chain, scenario, seed, mismatch)
    trace = life.advance(scenario.last_hour)
    path.write_text(page_of(scenario, life.world, trace, events_of(life.world, trace)), encoding="utf-8")
    click.echo(f"已写入 written: {path}", err=True)


def _brief(s: "Scenario") -> dict[str, Any]:
    return {
        "id": s.id,
        "kind": s.kind.value,
        "start": s.start.isoformat(),
        "days": s.days,
        "name_zh": s.name_zh,
        "name_en": s.name_en,
        "disruptions": len(s.disruptions),
    }


def _described(scenario: "Scenario") -> dict[str, Any]:
    import msgspec

    described: dict[str, Any] = msgspec.to_builtins(scenario)
    return described


def _print_scenario(s: "Scenario") -> None:
    click.echo(
        f"{s.id}  {_KIND_ZH[s.kind.value]} {s.kind.value}  {s.start:%Y-%m-%d} + {s.days} d\n{s.name_zh} | {s.name_en}"
    )
    for line in (s.summary_zh, s.summary_en):
        if line:
            click.echo(f"  {line}")
    for d in s.disruptions:
        places = ", ".join([*d.nodes, *("→".join(x[:2]) for x in d.links)])
        click.echo(
            f"  扰动 {d.id}: {d.name_zh} | {d.name_en}; {places}; 第 day {d.start_h / 24:.2f}, "
            f"{d.hold_h:g} h, ×{1 - d.depth:g}, 恢复 recovery {d.recovery_h:g} h {d.recovery.value}"
        )
    for n in s.notices:
        click.echo(
            f"  预警 hazard.{n.event}.{n.area}: level {n.level}, 第 day {n.published_h / 24:.2f}: {n.headline_zh} | {n.headline_en}"
        )
    for given in s.stocks:
        amount = next(
            f"{v:g} {u}"
            for v, u in ((given.quantity, ""), (given.days, "d"), (given.days_above_minimum, "d > min"))
            if v is not None
        )
        click.echo(f"  起始库存 stock {given.node} {given.product}: {amount} {given.source}")
    for f in s.severity:
        click.echo(f"  {f.what_zh} {f.what_en}: 历史 historic {f.historic}; 本例 ours {f.ours} [{f.source}]")


def _print_truth(found: "Truth") -> None:
    click.echo(
        f"{found.scenario}  seed {found.seed}  mismatch {found.mismatch}  chain {found.chain} {found.chain_version[:12]}"
    )
    if not found.breaks:
        click.echo("没有断链 nothing breaks")
    for verdict in (*found.breaks, *found.graver):
        _print_verdict(verdict)


def _print_verdict(v: "Verdict") -> None:
    shown = "—" if v.shown_hour is None else f"{v.shown_hour / 24:.2f}"
    seen = "可预见 foreseeable" if v.is_foreseeable else "不可预见 not foreseeable"
    click.echo(
        f"{_BREAK_ZH[v.event.kind.value]} {v.event.kind.value:<8} {v.event.node:<7} {v.event.product:<14} "
        f"第 day {v.event.hour / 24:6.2f}  {v.event.hours:>4} h  {v.event.worst:<7g} "
        f"原因 causes {', '.join(v.causes) or '日常波动 everyday unrest'}  显现 shown {shown}  {seen}"
    )


def _stderr() -> Any:
    return click.get_text_stream("stderr")
