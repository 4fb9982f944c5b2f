"""``lianjing backtest plant``: the forecast of single plants' stocks, scored on plants and days it has not learnt from."""

import json
from pathlib import Path

import click


@click.command("plant")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--mapping", default="india_plant_stock", help="映射 Mapping of the table: a path or a shipped name.")
@click.option("--receipts", default="inflow", help="到煤指标 Indicator of the receipts in the mapping.")
@click.option("--burn", default="use", help="耗煤指标 Indicator of the burn in the mapping.")
@click.option("--seed", default=0, help="种子 Seed that deals the plants into folds.")
@click.option("--json", "as_json", is_flag=True, help="机器可读 One JSON object on stdout.")
def command(file: Path, mapping: str, receipts: str, burn: str, seed: int, as_json: bool) -> None:
    """电厂库存预测回测 Score the forecast of single plants' stocks beside the simple rules.

    First table: six folds by plant, model and operating point chosen inside the other plants.
    Second: learnt from the first 8 months, judged on the rest.

    \b
    Example:  lianjing backtest plant ../shared/data/real/india_daily_plant_coal_stock_dev.csv
              lianjing backtest plant plants.csv --mapping my_mapping.yaml --json
    """
    from services.cli.backtest.plant_report import figures, print_backtest
    from services.cli.backtest.plant_score import PlantBacktest
    from services.cli.backtest.plant_table import read_plants
    from services.cli.history import load
    from services.cli.history_report import progress
    from services.runtime.settings import Settings

    table = read_plants(load(Settings.from_environment(), mapping, file), receipts, burn)
    backtest = PlantBacktest(table, seed)
    with progress("拟合 fitting", backtest.fits(), is_quiet=as_json) as advance:
        results = backtest.run(advance)
    if as_json:
        click.echo(json.dumps(figures(results), ensure_ascii=False))
    else:
        print_backtest(results)
