"""``lianjing bench quality``: are defects of data found under their name, and are crises left alone?"""

from pathlib import Path

import click

_ALL = "shipped"


@click.command()
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="真实数据文件夹 Folder of real tables; without it generated series are used.",
)
@click.option(
    "--cases", default=50, show_default=True, type=click.IntRange(1, 2000), help="每类缺陷数 Cases of each kind."
)
@click.option("--seed", default=1, show_default=True, help="种子 Seed.")
@click.option(
    "--scenarios",
    default=_ALL,
    show_default=True,
    help="情景 Scenarios whose crises are played, by comma; shipped: all of them; none leaves them out.",
)
@click.option("--quick", is_flag=True, help="跳过情景与速度 Leave out scenarios and speed.")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON Print one JSON object and nothing else.")
def command(data: Path | None, cases: int, seed: int, scenarios: str, quick: bool, as_json: bool) -> None:
    """数据质量 Recall and wrong kinds of injected defects, and crises explained away.

    \b
    Example:  lianjing bench quality --data tables --json
              lianjing bench quality --quick
    """
    from services.cli.bench.quality.run import measure
    from services.cli.bench.report import machine, print_report
    from services.intake.scenario.feeds.library import available_scenarios

    begun_on = machine()
    names = [name.strip() for name in scenarios.split(",") if name.strip()]
    if names == [_ALL]:
        names = list(available_scenarios())
    if quick or scenarios == "none":
        names = []
    figures, notes = measure(data, cases, seed, names, with_speed=not quick)
    print_report("quality", figures, notes, begun_on, as_json=as_json)
