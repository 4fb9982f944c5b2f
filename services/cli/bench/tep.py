"""``lianjing bench tep``: how well faults of the Tennessee Eastman plant are seen, with limits set from its normal history alone."""

from pathlib import Path

import click


@click.command()
@click.option(
    "--data",
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="数据目录 Folder with d00.dat, d00_te.dat … d21_te.dat (docs/bench-tep.md says where to get them).",
)
@click.option(
    "--method",
    default="canonical_variates",
    show_default=True,
    type=click.Choice(["canonical_variates", "dynamic_pca", "robust_covariance", "isolation_forest"]),
    help="方法 Method; limits are set by the same rule for each.",
)
@click.option(
    "--plot",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="曲线图 Save detection and both rates of false alarms over alpha as SVG.",
)
@click.option(
    "--strips",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="条带图 Save how unusual each row of each run is as SVG.",
)
@click.option("--json", "as_json", is_flag=True, help="输出 JSON Print one JSON object and nothing else.")
def command(data: Path, method: str, plot: Path | None, strips: Path | None, as_json: bool) -> None:
    """故障检出 Faults of the Tennessee Eastman plant seen, and false alarms, at the shipped alpha.

    \b
    Example:  lianjing bench tep --data ../shared/data/tep --json
              lianjing bench tep --data ../shared/data/tep --plot tep-alpha.svg --strips tep-strips.svg
    """
    from services.cli.bench.report import machine, print_report
    from services.cli.bench.tep_files import read_runs
    from services.cli.bench.tep_picture import alpha_picture, strips_picture
    from services.cli.bench.tep_run import METHODS, figures_of, judge, said
    from services.runtime.errors import InputError

    begun_on = machine()
    try:
        scored = judge(read_runs(data), METHODS[method]())
    except ValueError as error:
        raise InputError(f"{data}: 无法学习 cannot be learnt from: {error}") from error
    if plot:
        plot.write_text(alpha_picture(scored), encoding="utf-8")
    if strips:
        strips.write_text(strips_picture(scored), encoding="utf-8")
    print_report("tep", figures_of(scored), said(scored), begun_on, as_json=as_json)
