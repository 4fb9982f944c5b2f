"""The command ``lianjing backtest detectors``."""

import json
from pathlib import Path

import click

from services.cli.detect.naming import detectors_option


@click.command()
@click.option(
    "--scenarios",
    default="daqin-stylised,quiet-winter",
    show_default=True,
    help="情景 Names of scenarios, comma between, as name@1-3 with seeds of its own; dated, shipped, random as in `backtest run`.",
)
@click.option("--seeds", default="1", show_default=True, help="种子 Seeds, like 1-3,7.")
@detectors_option
@click.option(
    "--alpha",
    type=click.FloatRange(0, 0.05, min_open=True),
    help="报警水平 Alarm level of each p-value; default: the shipped one.",
)
@click.option(
    "--html", type=click.Path(dir_okay=False, path_type=Path), help="网页 Also write one self-contained page."
)
@click.option("--json", "as_json", is_flag=True, help="输出 JSON Print one JSON object and nothing else.")
def command(scenarios: str, seeds: str, detectors: str, alpha: float | None, html: Path | None, as_json: bool) -> None:
    """检测器回测 Live scenarios and judge what providers report as it arrives: what each detector and the vote alarmed at, how early, how often
    falsely; and how many crises were called defects of data.

    \b
    Example:  lianjing backtest detectors
              lianjing backtest detectors --scenarios dated --seeds 1-3 --html detectors.html
    """
    import msgspec

    from services.cli.backtest.detection.lives import lived
    from services.cli.backtest.detection.report import lines, page_of, report_of
    from services.cli.backtest.skill.task import parse_tasks, scenario_of
    from services.cli.detect.bank import detectors_named
    from services.cli.history_report import progress
    from services.detection.configured import load_watch
    from services.runtime.chain import load_chain
    from services.runtime.chain.folder import chain_folder
    from services.runtime.settings import Settings

    settings = Settings.from_environment()
    chain = load_chain(chain_folder(settings.config, settings.chain))
    names = [d.name for d in detectors_named(detectors.split(","))]
    level = alpha if alpha is not None else load_watch(settings.config).alarm_level
    tasks = parse_tasks(scenarios, seeds, 1, settings.config)
    found, quiet = [], []
    with progress("回测 living and judging", len(tasks), is_quiet=as_json) as advance:
        for task in tasks:
            scenario = scenario_of(task, chain, settings.config)
            found.append(lived(chain, scenario, task.seed, names, level))
            if not scenario.disruptions:
                quiet.append(found[-1].name)
            advance(1)
    report = report_of(found, quiet, names, level)
    if html is not None:
        html.write_text(page_of(report), encoding="utf-8")
        click.echo(f"已写入 written: {html}", err=True)
    if as_json:
        click.echo(json.dumps(msgspec.to_builtins(report), ensure_ascii=False))
        return
    for line in lines(report):
        click.echo(line)
