"""``lianjing bench risk``: how long forecasts, sweeps and updates take."""

from pathlib import Path

import click


@click.command()
@click.option("--rounds", default=3, show_default=True, help="轮数 Runs of each figure; medians are printed.")
@click.option("--workers", default=2, show_default=True, help="线程数 Threads.")
@click.option("--quick", is_flag=True, help="跳过长项 Leave out the n-1 sweep of 2,000 nodes, the peer and growth.")
@click.option(
    "--share",
    default=0.05,
    show_default=True,
    type=click.FloatRange(0.008, 1.0),
    help="抽样比例 Part of the n-1 sweep of 2,000 nodes that is run; estimated from it. 1 runs all.",
)
@click.option(
    "--plot",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="增长曲线 Save how cost grows with nodes, links and scenarios as SVG.",
)
@click.option("--json", "as_json", is_flag=True, help="输出 JSON Print one JSON object and nothing else.")
def command(rounds: int, workers: int, quick: bool, share: float, plot: Path | None, as_json: bool) -> None:
    """断链预测速度 Seconds per full forecast, n-1 sweep and update, beside BoARIO.

    \b
    Example:  lianjing bench risk --json
              lianjing bench risk --quick --rounds 1
              lianjing bench risk --share 1 --plot growth.svg
    """
    from services.cli.bench.report import machine, print_report
    from services.cli.bench.risk_growth import picture, said
    from services.cli.bench.risk_run import measure

    if quick and plot:
        raise click.UsageError("--quick 不测增长，--plot 需要它 --quick leaves out growth, which --plot draws")
    begun_on = machine()
    figures, notes, growth = measure(rounds, workers, quick=quick, share=share)
    if plot:
        plot.write_text(picture(growth), encoding="utf-8")
    print_report("risk", figures, notes + said(growth), begun_on, as_json=as_json)
