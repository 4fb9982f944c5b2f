"""``lianjing bench nab``: the Numenta Anomaly Benchmark, one setting for all files, every row judged before anything later is known."""

from pathlib import Path

import click


@click.command()
@click.option(
    "--data",
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="数据目录 Folder with data/ and labels/combined_windows.json (docs/bench-nab.md says where to get them).",
)
@click.option(
    "--results",
    default=Path("nab-results"),
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="结果目录 Where the result files are written, in NAB's form.",
)
@click.option(
    "--of",
    "other",
    metavar="NAME",
    help="只评分 Score the result files another detector left in --results instead; nothing is judged or written.",
)
@click.option("--json", "as_json", is_flag=True, help="输出 JSON Print one JSON object and nothing else.")
def command(data: Path, results: Path, other: str | None, as_json: bool) -> None:
    """异常检测基准 The three profiles of NAB, and the standard one at the shipped alarm level.

    \b
    Example:  lianjing bench nab --data ../shared/data/nab --json
              lianjing bench nab --data NAB --results NAB/results --of numenta
    """
    from services.cli.bench.nab_files import read_corpus, write_result
    from services.cli.bench.nab_run import figures_of, judge_corpus, profile_figures, said, told_by
    from services.cli.bench.report import machine, print_report
    from services.detection.configured import load_watch

    begun_on = machine()
    alpha = load_watch(None).alarm_level
    corpus = read_corpus(data)
    if other:
        print_report("nab", profile_figures(told_by(other, corpus, results)), [other], begun_on, as_json=as_json)
        return
    judged = judge_corpus(corpus)
    for series in judged.corpus:
        write_result(results, judged.detector, series, judged.scores[series.name])
    notes = [*said(judged, alpha), f"结果 results: {results / judged.detector}"]
    print_report("nab", figures_of(judged, alpha), notes, begun_on, as_json=as_json)
