"""The command ``lianjing backtest proof``."""

import json
from pathlib import Path

import click


@click.command("proof")
@click.argument("scenario")
@click.option("--node", required=True, help="节点 Node, like D_CST.")
@click.option("--product", required=True, help="品种 Product, like steam_coal.")
@click.option("--day", type=float, default=4.0, show_default=True, help="第几日定方案 Day on which the plan is made.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="种子 Seed of the hidden world.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="图片 SVG file to write; without it words only."
)
@click.option("--json", "as_json", is_flag=True, help="输出 JSON Print one JSON object and nothing else.")
def command(scenario: str, node: str, product: str, day: float, seed: int, out: Path | None, as_json: bool) -> None:
    """补链方案是否真的有用 Does the remedy help? Its plan, made from the reports of a day, is carried out in the simulator.

    \b
    Example:  lianjing backtest proof daqin-stylised --node D_CST --product steam_coal --day 4 --out remedy.svg
              lianjing backtest proof daqin-stylised --node D_CST --product steam_coal --day 6 --json
    Exit codes: 0 the break comes later or never, or there is none, 1 the plan does not help, 2 wrong use.
    """
    from services.cli.backtest.proof.picture import picture_of
    from services.cli.backtest.proof.proof import figures_of, lines_of, proof_of
    from services.cli.backtest.skill.command import bench_of
    from services.intake.scenario.feeds.library import load_scenario

    bench = bench_of(None, None, None, 6, 1)
    chain, rules = bench.load()
    found = proof_of(chain, rules, load_scenario(scenario, bench.config), (node, product), day, seed)
    if out is not None:
        out.write_text(picture_of(found), encoding="utf-8")
        click.echo(f"已写入 written: {out}", err=True)
    if as_json:
        click.echo(json.dumps(figures_of(found), ensure_ascii=False))
    else:
        for line in lines_of(found):
            click.echo(line)
    is_better = found.without.broke_h is None or found.is_prevented or (found.gained_h or 0.0) > 0
    raise SystemExit(0 if is_better else 1)
