"""``lianjing bench detect``: how many observations a second the detectors judge and learn."""

from pathlib import Path

import click


@click.command()
@click.option(
    "--series", default=100_000, show_default=True, type=click.IntRange(100, 2_000_000), help="序列数 Series."
)
@click.option(
    "--rounds", default=20, show_default=True, type=click.IntRange(1), help="计时轮数 Values per series timed."
)
@click.option("--quick", is_flag=True, help="不比 river Leave out river.")
@click.option(
    "--plot",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="增长曲线 Save how cost grows with the number of series as SVG.",
)
@click.option("--json", "as_json", is_flag=True, help="输出 JSON Print one JSON object and nothing else.")
def command(series: int, rounds: int, quick: bool, plot: Path | None, as_json: bool) -> None:
    """检测速度 Observations a second and bytes a series of each detector and of the bank, beside river.

    \b
    Example:  lianjing bench detect --json
              lianjing bench detect --quick --series 10000
              lianjing bench detect --plot growth.svg
    """
    from services.cli.bench.detect_run import growth, measure
    from services.cli.bench.report import machine, print_report
    from services.cli.bench.risk_growth import picture, said

    begun_on = machine()
    figures, notes = measure(series, rounds, quick=quick)
    if plot:
        grown = growth()
        plot.write_text(picture(grown), encoding="utf-8")
        notes += said(grown)
    print_report("detect", figures, notes, begun_on, as_json=as_json)
