"""``lianjing chain balance`` and ``lianjing chain blockages``: the weeks ahead of a whole chain as tables."""

import csv
import sys
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

from services.cli.outlook import Told, look_ahead, outlook_options, print_json

if TYPE_CHECKING:
    from rich.table import Table

    from services.risk.analysis.ahead import BalanceSheet, Blockages
    from services.risk.outlook_sheet import BalanceRow, Blockage

WIDTH = 100
_FOUND_SOMETHING = 1
_JSON = click.option("--json", "as_json", is_flag=True, help="输出 JSON。 Print JSON.")
_CSV = click.option("--csv", "as_csv", is_flag=True, help="输出 CSV。 Print CSV.")


@click.command("balance")
@outlook_options
@click.option("--product", multiple=True, help="只看这些产品。 Only these products.")
@_JSON
@_CSV
def balance(product: tuple[str, ...], as_json: bool, as_csv: bool, **start: Any) -> None:
    """供需平衡表：各产品四周的供应、需求、库存变动、缺口、长协兑现率。 Supply, demand, change of stock, gap and contract fulfilment, four weeks.

    \b
    Example:  lianjing chain balance --product steam_coal --product methanol
              lianjing chain balance --lost R_DQ --csv > balance.csv
    Exit codes: 0 done, 2 wrong use, 3 nobody answers (then --at-rest).
    """
    from services.risk.analysis.ahead import BalanceSheet
    from services.risk.analysis.answering import Question

    told = look_ahead(Question.BALANCE, {"product": ",".join(product)}, BalanceSheet, **start)
    if as_json:
        print_json(told)
    elif as_csv:
        _print_csv(told.found.rows)
    else:
        _print_balance(told)


@click.command("blockages")
@outlook_options
@_JSON
@_CSV
def blockages(as_json: bool, as_csv: bool, **start: Any) -> None:
    """堵点：用到可用能力 95% 以上且后方货物越积越多的线路和节点，现在和今后两周。 Links and places at 95 % or more with goods piling up behind them.

    \b
    Example:  lianjing chain blockages
              lianjing chain blockages --at-rest --lost R_DQ
              lianjing chain blockages --scenario daqin-stylised --day 4 --json
    Exit codes: 0 none, 1 some, 2 wrong use, 3 nobody answers (then --at-rest).
    """
    from services.risk.analysis.ahead import Blockages
    from services.risk.analysis.answering import Question

    told = look_ahead(Question.BLOCKAGES, {}, Blockages, **start)
    if as_json:
        print_json(told)
    elif as_csv:
        _print_csv(told.found.rows)
    else:
        _print_blockages(told)
    sys.exit(_FOUND_SOMETHING if told.found.rows else 0)


def _print_csv(rows: "Sequence[BalanceRow] | Sequence[Blockage]") -> None:
    import msgspec

    writer = csv.writer(sys.stdout, lineterminator="\n")
    for number, row in enumerate(msgspec.structs.asdict(r) for r in rows):
        if not number:
            writer.writerow(row)
        writer.writerow(" ".join(value) if isinstance(value, tuple) else value for value in row.values())


def _print_balance(told: "Told[BalanceSheet]") -> None:
    from rich.console import Console

    screen = Console(width=WIDTH, highlight=False)
    screen.print("[bold]供需平衡表[/bold] supply and demand, four weeks ahead (各情景均值 means over the futures)")
    for line in told.begins:
        screen.print(line)
    for product, weeks in groupby(told.found.rows, key=lambda row: row.product):
        table = _table(
            "周 wk",
            "供应 supply",
            "需求 demand",
            "用量 use",
            "库存变动",
            "在途变动",
            "折算",
            "缺口 gap",
            "缺口 P10-P90",
            "兑现率",
        )
        unit = ""
        for row in weeks:
            unit = row.unit
            kept = "–" if row.fulfilment is None else f"{row.fulfilment:.0%}"
            change = (f"{row.stock_change:+,.0f}", f"{row.way_change:+,.0f}", f"{row.regrading:+,.0f}")
            flows = (f"{value:,.0f}" for value in (row.supply, row.demand, row.use))
            gap = (f"{row.gap:,.0f}", f"{row.gap_p10:,.0f}-{row.gap_p90:,.0f}")
            table.add_row(str(row.week), *flows, *change, *gap, kept)
        screen.print(f"[bold]{_product_zh(product)}[/bold] {product}（{unit}）")
        screen.print(table)


def _print_blockages(told: "Told[Blockages]") -> None:
    from rich.console import Console

    screen = Console(width=WIDTH, highlight=False)
    screen.print("[bold]堵点[/bold] blockages: 95 % 以上且后方积货 full, and goods pile up behind")
    for line in told.begins:
        screen.print(line)
    is_any = False
    for (first, last), rows in groupby(told.found.rows, key=lambda x: (x.from_day, x.to_day)):
        is_any = True
        screen.print(f"[bold]{'现在 now' if first == 0 else f'第 {first}-{last} 天 days {first}-{last}'}[/bold]")
        table = _table("堵点 where", "产品 product", "负荷 load", "概率", "积压 held up", "每天增 /d", "积于 at")
        for row in rows:
            load = "停 still" if row.load is None else f"{row.load:.0%}"
            held = f"{row.held_up:,.0f} {row.unit}"
            table.add_row(
                row.where_zh,
                _product_zh(row.product),
                load,
                f"{row.chance:.0%}",
                held,
                f"{row.growth:+,.0f}",
                row.at_zh,
            )
        screen.print(table)
    if not is_any:
        screen.print("两周内没有堵点。 No blockage within two weeks.")


def _table(*titles: str) -> "Table":
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for title in titles:
        is_words = title.startswith(("堵点", "产品", "积于"))
        table.add_column(title, justify="left" if is_words else "right", overflow="fold", no_wrap=not is_words)
    return table


def _product_zh(product: str) -> str:
    from services.runtime.chain.vocabulary import PRODUCT_ZH

    return PRODUCT_ZH.get(product, product)
