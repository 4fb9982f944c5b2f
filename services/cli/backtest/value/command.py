"""``lianjing backtest value``."""

import json
from pathlib import Path

import click


@click.command("value")
@click.argument("report", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--false-page", type=float, default=1.0, show_default=True, help="误报一次的代价。 Cost of a false page.")
@click.option(
    "--missed", type=float, required=True, help="漏报一次断链的代价（同单位）。 Cost of a missed break, same unit."
)
@click.option(
    "--horizon",
    type=click.Choice(["24", "72", "168", "336"]),
    default="72",
    show_default=True,
    help="几小时内断链。 Hours.",
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="价值曲线 SVG。 Write the value curve.")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。 Print JSON.")
def command(report: Path, false_page: float, missed: float, horizon: str, out: Path | None, as_json: bool) -> None:
    """按代价选门限：误报与漏报各值多少，门限该定在哪里，预警因此值多少（Richardson 代价-损失）。 Choose a threshold by what errors cost.

    REPORT is what `lianjing backtest run --json` printed. The threshold goes into `chance` of deploy/config/rules/*.yaml.

    \b
    Example:  lianjing backtest run --scenarios dated --json > report.json
              lianjing backtest value report.json --false-page 1 --missed 20 --horizon 72 --out value.svg
    """
    from detectors.skill import best_choice, deciding
    from services.cli.backtest.skill.compare import read_report
    from services.cli.backtest.value.picture import value_picture
    from services.runtime.errors import InputError

    bins = read_report(report).reliability.get(horizon, [])
    try:
        rates = deciding(bins)
        choice = best_choice(rates, false_page, missed)
    except ValueError as error:
        raise InputError(f"{report.name}, {horizon} h: {error}") from error
    if out is not None:
        out.write_text(value_picture(rates, choice, horizon), encoding="utf-8")
        click.echo(f"已写入 written: {out}", err=True)
    if as_json:
        found = {
            n: getattr(choice, n) for n in ("alpha", "threshold", "value", "hit_rate", "false_share", "paged_share")
        }
        curve = [[t, h, f] for t, h, f in zip(rates.threshold, rates.hit_rate, rates.false_rate, strict=True)]
        click.echo(json.dumps(found | {"frequency": rates.frequency, "cases": rates.cases, "thresholds": curve}))
        return
    click.echo(
        f"{rates.cases:.0f} 次预报，断链占 breaks in {rates.frequency:.2%} of the forecasts; 代价比 cost to loss 1:{1 / choice.alpha:g}"
    )
    click.echo(
        f"门限 threshold {choice.threshold:.3g}: 预警到断链 breaks warned of {choice.hit_rate:.0%}，误报占 false among warnings "
        f"{choice.false_share:.0%}，价值 value {choice.value:.2f}（1 完美 perfect，0 等于只看频率 no better than the frequency）"
    )
