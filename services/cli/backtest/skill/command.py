"""The command ``lianjing backtest run``."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:  # slow to import: --help must not wait for them
    from services.cli.backtest.skill.baselines import Baselines
    from services.cli.backtest.skill.compare import Change
    from services.cli.backtest.skill.kept import KeptJudgements
    from services.cli.backtest.skill.report import Report
    from services.cli.backtest.skill.run import Bench

_FILE = click.Path(dir_okay=False, path_type=Path)
_KEPT = "backtest"


@click.command()
@click.option(
    "--scenarios",
    default="dated",
    show_default=True,
    help="情景 Names, files, dated (the historic ones), shipped (all), random; each with seeds of its own as name@1-3.",
)
@click.option("--seeds", default="1", show_default=True, help="种子 Seeds of parts without their own, like 1-3,7.")
@click.option(
    "--mismatch", type=click.IntRange(0, 2), default=1, show_default=True, help="失配 Distance of model and world."
)
@click.option("--rules", type=_FILE, help="规则文件 Rule file; default: rules/default.yaml of the configuration.")
@click.option(
    "--train",
    default="random@9001-9020",
    show_default=True,
    help="训练情景 Scenarios on which the simple forecasts are fitted.",
)
@click.option("--baselines", type=_FILE, help="基线文件 File of fitted simple forecasts: read if there, else written.")
@click.option(
    "--truths",
    type=click.Path(file_okay=False, path_type=Path),
    help="真值文件夹 Where truths are kept; default: in LIANJING_HOME.",
)
@click.option(
    "--records",
    type=click.Path(file_okay=False, path_type=Path),
    help="录制文件夹 Keep what intake publishes here (some MB a scenario), so that the next run need not simulate.",
)
@click.option(
    "--keep",
    type=click.Path(file_okay=False, path_type=Path),
    help="判定文件夹 Keep each scenario's judgement here: a run that was cut off goes on, and parts run apart come together.",
)
@click.option(
    "--tick-hours",
    type=click.Choice(["1", "2", "3", "6"]),
    default="6",
    show_default=True,
    help="研判间隔 Hours between ticks.",
)
@click.option("--jobs", type=click.IntRange(1, 64), default=2, show_default=True, help="进程数 Processes.")
@click.option(
    "--rounds", type=click.IntRange(10, 100_000), default=1000, show_default=True, help="自助法次数 Bootstrap draws."
)
@click.option("--html", type=_FILE, help="网页 Also write one self-contained page.")
@click.option("--out", type=_FILE, help="保存 Also write the JSON report here, for --compare.")
@click.option(
    "--compare", type=_FILE, help="对比 An earlier JSON report: print changes; exit code 1 when skill is worse."
)
@click.option("--json", "as_json", is_flag=True, help="输出 JSON Print one JSON object and nothing else.")
def command(
    scenarios: str,
    seeds: str,
    mismatch: int,
    rules: Path | None,
    train: str,
    baselines: Path | None,
    truths: Path | None,
    records: Path | None,
    keep: Path | None,
    tick_hours: str,
    jobs: int,
    rounds: int,
    html: Path | None,
    out: Path | None,
    compare: Path | None,
    as_json: bool,
) -> None:
    """情景回测 Play scenarios through intake, risk and alerting in memory, and score the warnings against what truly broke.

    \b
    Example:  lianjing backtest run --scenarios daqin-stylised --seeds 1-3
              lianjing backtest run --scenarios dated@1,random@1-300 --mismatch 1 --html skill.html
              lianjing backtest run --rules new.yaml --compare old.json
    """
    import msgspec

    from services.cli.backtest.skill.compare import compare as compared
    from services.cli.backtest.skill.compare import read_report
    from services.cli.backtest.skill.page import page_of
    from services.cli.backtest.skill.report import report_of
    from services.cli.backtest.skill.run import score
    from services.cli.backtest.skill.task import parse_tasks

    before = read_report(compare) if compare else None
    bench = bench_of(rules, truths, records, int(tick_hours), jobs)
    tasks = parse_tasks(scenarios, seeds, mismatch, bench.config)
    fitted = _fitted(bench, baselines, train, mismatch)
    with click.progressbar(length=len(tasks), label="回测 play", file=sys.stderr) as bar:
        found = score(bench, tasks, fitted, lambda: bar.update(1), _kept(keep, bench, fitted))
    report = report_of(found, fitted.trained_on, mismatch, int(tick_hours), rounds)
    for path, content in ((out, msgspec.json.encode(report)), (html, page_of(report).encode())):
        if path is not None:
            path.write_bytes(content)
            click.echo(f"已写入 written: {path}", err=True)
    changes = compared(before, report, rounds) if before else []
    _print(report, changes, as_json=as_json)
    if any(c.is_worse for c in changes):
        sys.exit(1)


def bench_of(rules: Path | None, truths: Path | None, records: Path | None, tick_h: int, jobs: int) -> "Bench":
    """The operator's chain and configuration, with the shipped rules unless others are named."""
    from services.cli.backtest.skill.run import Bench
    from services.runtime.assets import asset_path
    from services.runtime.chain.folder import chain_folder
    from services.runtime.settings import Settings

    settings = Settings.from_environment()
    folder = (settings.config or asset_path("deploy/config")) / "rules"
    return Bench(
        chain=chain_folder(settings.config, settings.chain),
        rules=rules or folder / "default.yaml",
        config=settings.config,
        truths=truths or settings.home / _KEPT / "truths",
        records=records,
        tick_h=tick_h,
        jobs=jobs,
    )


def _fitted(bench: "Bench", kept: Path | None, train_on: str, mismatch: int) -> "Baselines":
    from services.cli.backtest.skill.baselines import read, write
    from services.cli.backtest.skill.run import train
    from services.cli.backtest.skill.task import parse_tasks

    if kept is not None and kept.exists():
        return read(kept)
    tasks = parse_tasks(train_on, "1", mismatch, bench.config)
    with click.progressbar(length=len(tasks), label="训练 train", file=sys.stderr) as bar:
        fitted = train(bench, tasks, lambda: bar.update(1))
    if kept is not None:
        write(fitted, kept)
        click.echo(f"已写入 written: {kept}", err=True)
    return fitted


def _kept(folder: Path | None, bench: "Bench", fitted: "Baselines") -> "KeptJudgements | None":
    from services.cli.backtest.skill.kept import KeptJudgements, mark_of
    from services.runtime.assets import asset_path

    if folder is None:
        return None
    config = bench.config or asset_path("deploy/config")
    return KeptJudgements(folder, mark_of(bench.chain, bench.rules, config, fitted, bench.tick_h))


def _print(report: "Report", changes: "list[Change]", *, as_json: bool) -> None:
    import msgspec

    from services.cli.backtest.skill.words import lines

    if as_json:
        told = msgspec.to_builtins(report) | ({"changes": msgspec.to_builtins(changes)} if changes else {})
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    for line in lines(report):
        click.echo(line)
    if changes:
        click.echo("\n与前次对比 Changes since the other report [95 % interval of the difference]")
    for c in changes:
        mark = "变差 worse" if c.is_worse else ""
        click.echo(f"  {c.name:<24} {c.before!s:>9} → {c.now!s:>9}  [{c.low}, {c.high}] {mark}")
