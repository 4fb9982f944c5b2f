"""The command ``lianjing backtest plot``."""

import json
from pathlib import Path

import click

_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command("plot")
@click.argument("scenario")
@click.option("--node", required=True, help="节点 Node, like D_CST.")
@click.option("--product", required=True, help="品种 Product, like steam_coal.")
@click.option(
    "--hazard",
    type=click.Choice(["starved", "blocked"]),
    default="starved",
    show_default=True,
    help="断供或胀库 Kind of break.",
)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="种子 Seed of the hidden world.")
@click.option(
    "--mismatch", type=click.IntRange(0, 2), default=1, show_default=True, help="失配 Distance of model and world."
)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="图片 SVG file to write; without it words only."
)
@click.option("--truths", type=_FOLDER, help="真值文件夹 Where truths are kept; default: in LIANJING_HOME.")
@click.option("--records", type=_FOLDER, help="录制文件夹 Keep what intake publishes here, for the next picture.")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON Print one JSON object and nothing else.")
def command(
    scenario: str,
    node: str,
    product: str,
    hazard: str,
    seed: int,
    mismatch: int,
    out: Path | None,
    truths: Path | None,
    records: Path | None,
    as_json: bool,
) -> None:
    """一处库存的预报与实况 One place in one scenario: fans of its stock ahead (P10-P90) beside the true stock, levels, chances, the warning.

    \b
    Example:  lianjing backtest plot daqin-2022 --node D_CST --product steam_coal --out coast.svg
              lianjing backtest plot daqin-stylised --node P_QHD --product steam_coal --seed 2 --json
    """
    from services.cli.backtest.skill.command import bench_of
    from services.cli.backtest.skill.fan import figures_of, lines_of, tale_of
    from services.cli.backtest.skill.fan_picture import picture_of
    from services.cli.backtest.skill.play import play
    from services.cli.backtest.skill.recording import recording_of
    from services.cli.backtest.skill.task import Task, scenario_of
    from services.cli.backtest.skill.truth import facts_of

    bench = bench_of(None, truths, records, 6, 1)
    chain, rules = bench.load()
    task = Task(scenario, seed, mismatch)
    recording = recording_of(task, chain, bench.config, bench.records)
    played = play(task, chain, rules, recording, config=bench.config)
    facts, lived = facts_of(task, chain, bench.config, bench.truths), scenario_of(task, chain, bench.config)
    tale = tale_of(played, facts, chain, lived, (node, product, hazard))
    if out is not None:
        out.write_text(picture_of(tale), encoding="utf-8")
        click.echo(f"已写入 written: {out}", err=True)
    if as_json:
        click.echo(json.dumps(figures_of(tale), ensure_ascii=False))
        return
    for line in lines_of(tale):
        click.echo(line)
