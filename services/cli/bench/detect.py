"""``lianjing bench detect``: how many observations a second the detectors judge and learn."""

from pathlib import Path

import click

_STREAM_SERIES, _STREAM_HOURS, _STREAM_WARM_HOURS = 10_000, 120, 30
"""Enough for a snapshot of every partition."""


@click.command()
@click.option(
    "--series", default=100_000, show_default=True, type=click.IntRange(100, 2_000_000), help="序列数 Series."
)
@click.option(
    "--rounds", default=20, show_default=True, type=click.IntRange(1), help="计时轮数 Values per series timed."
)
@click.option("--quick", is_flag=True, help="不比 river，不经 Kafka Leave out river, Kafka and Faust.")
@click.option("--stream-only", is_flag=True, help="只测 Kafka 与 Faust 全程 Only the service, through Kafka and Faust.")
@click.option(
    "--plot",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="增长曲线 Save how cost grows with the number of series as SVG.",
)
@click.option("--json", "as_json", is_flag=True, help="输出 JSON Print one JSON object and nothing else.")
def command(series: int, rounds: int, quick: bool, stream_only: bool, plot: Path | None, as_json: bool) -> None:
    """检测速度 Observations a second and bytes a series of each detector and of the bank, beside river, and of the service through Kafka and Faust.

    \b
    Example:  lianjing bench detect --json
              lianjing bench detect --stream-only
              lianjing bench detect --quick --series 10000
              lianjing bench detect --plot growth.svg
    """
    from services.cli.bench.detect_run import growth, measure
    from services.cli.bench.detect_stream import stream_speed
    from services.cli.bench.report import machine, print_report
    from services.cli.bench.risk_growth import picture, said
    from services.runtime.settings import Settings

    begun_on = machine()
    figures, notes = ({}, []) if stream_only else measure(series, rounds, quick=quick)
    if stream_only or not quick:
        through, more = stream_speed(Settings.from_environment(), _STREAM_SERIES, _STREAM_HOURS, _STREAM_WARM_HOURS)
        figures, notes = figures | through, notes + more
    if plot:
        grown = growth()
        plot.write_text(picture(grown), encoding="utf-8")
        notes += said(grown)
    print_report("detect", figures, notes, begun_on, as_json=as_json)
