"""``lianjing what-if``: an event on an area, corridor, owner, trade, node or link; who breaks when and what must keep running."""

from pathlib import Path

import click

from services.cli.risk.asking import where_to_ask


@click.command(name="what-if")
@click.option(
    "--area", default="", help="区划代码或名称，可多个，逗号分隔。 GB/T 2260 codes or names: 150627 or 伊金霍洛旗."
)
@click.option("--polygon", default="", help='多边形 "lat,lon lat,lon lat,lon"。 A polygon of approximate coordinates.')
@click.option("--circle", default="", help='圆 "lat,lon,km"。 A circle.')
@click.option("--cap", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="预警报文。 A CAP 1.2 file.")
@click.option("--corridor", default="", help="通道或铁路节点。 A road corridor or railway: H_BM, R_DQ.")
@click.option("--owner", default="", help="责任单位（部分文字即可）。 Part of a responsible body's name.")
@click.option("--trade", default="", help="行业代码。 GB/T 4754: B06, C2614.")
@click.option("--node", default="", help="节点，可多个。 Nodes by id, with commas.")
@click.option("--link", default="", help="链路 A:B 或 A:B:product。 Links, with commas.")
@click.option(
    "--kind",
    default="",
    help="事件类型，缺省为全停。 snow, flood, epidemic, inspection, power_rationing … (default: total loss)",
)
@click.option("--days", default="", help="持续天数，缺省按类型。 Days; by default those of the kind.")
@click.option("--factor", default="", help="剩余能力 0–1，缺省按类型。 What is left of capacity; by default by kind.")
@click.option(
    "--use", default="", help="用户需求倍数，如 1.15：所选范围内的用户，未选则全部。 Factor on what users need."
)
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="写成可打印页面。 Write a page to print.")
@where_to_ask
def command(*, cap: Path | None, html: Path | None, at_rest: bool, lane: str, as_json: bool, **words: str) -> None:
    """推演：区域或共因事件、单个节点或链路。谁何时断，现在保什么，保障清单。 Who breaks when, what to guarantee now, what must keep running.

    \b
    Example:  lianjing what-if --area 150627 --kind epidemic
              lianjing what-if --node R_DQ --days 7 --html daqin.html
              lianjing what-if --node R_DQ --factor 0.5 --use 1.15
              lianjing what-if --area 伊金霍洛旗 --trade B06 --kind inspection --at-rest --json
    Advice is 建议, never an order. Exit codes: 0 done, 2 wrong use, 3 nobody answers (then --at-rest).
    """
    import msgspec

    from services.cli.risk.asking import ask
    from services.cli.risk.what_if_page import page
    from services.cli.risk.what_if_view import show
    from services.risk.analysis.answering import Question
    from services.risk.analysis.what_if import WhatIf

    if cap is not None:
        from services.cli.risk.hazard_message import words_of

        words = words_of(cap.read_bytes()) | {name: text for name, text in words.items() if text}
    found = ask(Question.WHAT_IF, words, WhatIf, lane=lane, at_rest=at_rest)
    if html is not None:
        html.write_text(page(found), encoding="utf-8")
    if as_json:
        click.echo(msgspec.json.encode(found).decode())
        return
    show(found)
    if html is not None:
        click.echo(f"已写 written: {html}")
