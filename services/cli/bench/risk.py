"""``lianjing bench risk``: how long forecasts, sweeps and updates take."""

import click


@click.command()
@click.option("--rounds", default=3, show_default=True, help="轮数 Runs of each figure; medians are printed.")
@click.option("--workers", default=2, show_default=True, help="线程数 Threads.")
@click.option("--quick", is_flag=True, help="跳过长项 Leave out the n-1 sweep of 2,000 nodes and the peer.")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON Print one JSON object and nothing else.")
def command(rounds: int, workers: int, quick: bool, as_json: bool) -> None:
    """断链预测速度 Seconds per full forecast, n-1 sweep and update, beside BoARIO.

    \b
    Example:  lianjing bench risk --json
              lianjing bench risk --quick --rounds 1
    """
    from services.cli.bench.report import machine, print_report
    from services.cli.bench.risk_run import measure

    begun_on = machine()
    figures, notes = measure(rounds, workers, quick=quick)
    print_report("risk", figures, notes, begun_on, as_json=as_json)
