"""``lianjing bench calibration``: whether the false-alarm rates of the detectors are what they say."""

from pathlib import Path

import click


@click.command()
@click.option(
    "--data", type=click.Path(exists=True, file_okay=False, path_type=Path), help="真实数据 Folder with real/*.csv."
)
@click.option(
    "--points", default=1_000_000, show_default=True, type=click.IntRange(50_000), help="点数 Quiet points a detector."
)
@click.option("--kind", "kinds", multiple=True, help="平静序列种类 Kind of quiet series; all without. Repeatable.")
@click.option(
    "--month", is_flag=True, help="一个月 Also 10,000 hourly series over 30 days with 50 changes (some minutes)."
)
@click.option(
    "--plot", type=click.Path(dir_okay=False, writable=True, path_type=Path), help="图 Save the rates as SVG."
)
@click.option("--json", "as_json", is_flag=True, help="输出 JSON Print one JSON object and nothing else.")
def command(
    data: Path | None, points: int, kinds: tuple[str, ...], month: bool, plot: Path | None, as_json: bool
) -> None:
    """虚警率校准 Alarm rates of every detector on quiet series, before and after calibration.

    Figures: rate_DETECTOR_KIND is the share of alarms at 1e-3, divided by it (1 is right, 0.5 to 2 is the aim).

    \b
    Example:  lianjing bench calibration --kind normal --plot rates.svg
              lianjing bench calibration --data ../shared/data --month --json
    """
    from services.cli.bench.calibration.measuring import measure
    from services.cli.bench.calibration.picture import picture
    from services.cli.bench.calibration.quiet import KINDS
    from services.cli.bench.report import machine, print_report

    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown:
        raise click.UsageError(f"没有这种序列 no such kind: {', '.join(unknown)}; {', '.join(KINDS)}")
    begun_on = machine()
    figures, notes, curves = measure(kinds or tuple(KINDS), points, data / "real" if data else None, month=month)
    if plot:
        plot.write_text(picture(curves), encoding="utf-8")
    print_report("calibration", figures, notes, begun_on, as_json=as_json)
