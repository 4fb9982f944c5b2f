"""``lianjing chain key-links`` and ``lianjing chain risk-points``."""

from pathlib import Path

import click

from services.cli.risk.asking import where_to_ask

_BACKGROUND = "连背景源一起排（一个节点代表一片区域）。 Background sources too."


@click.command(name="key-links")
@click.option("--for", "focus", default="", help="为哪个节点排，如 D_CST。 For this node alone.")
@click.option("--n2", "pairs", is_flag=True, help="另算前 12 位两两同失。 Also pairs of the first 12.")
@click.option("--background", is_flag=True, help=_BACKGROUND)
@click.option("--top", default=20, show_default=True, type=click.IntRange(1), help="显示几行。 Rows shown.")
@where_to_ask
def key_links(*, focus: str, pairs: bool, background: bool, top: int, at_rest: bool, lane: str, as_json: bool) -> None:
    """关键环节：逐一失去每个节点和链路（n-1），按期望损失排序。 Every node and link lost in turn, ranked by expected loss.

    \b
    Example:  lianjing chain key-links
              lianjing chain key-links --for D_CST --at-rest
    Exit codes: 0 done, 2 wrong use, 3 nobody answers (then --at-rest).
    """
    import msgspec

    from services.cli.risk.asking import ask
    from services.cli.risk.ranking_view import show_links
    from services.risk.analysis.answering import Question
    from services.risk.analysis.key_links import KeyLinks

    words = {"focus": focus, "pairs": "yes" if pairs else "", "background": "yes" if background else ""}
    found = ask(Question.KEY_LINKS, words, KeyLinks, lane=lane, at_rest=at_rest)
    if as_json:
        click.echo(msgspec.json.encode(found).decode())
    else:
        show_links(found, top)


@click.command(name="risk-points")
@click.option("--n2", "pairs", is_flag=True, help="另算前 12 位两两同失。 Also pairs of the first 12.")
@click.option("--background", is_flag=True, help=_BACKGROUND)
@click.option("--top", default=30, show_default=True, type=click.IntRange(1), help="显示几行。 Rows shown.")
@click.option("--csv", type=click.Path(dir_okay=False, path_type=Path), help="写成 CSV。 Write a CSV table.")
@click.option("--geojson", type=click.Path(dir_okay=False, path_type=Path), help="写成地图图层。 Write a map layer.")
@where_to_ask
def risk_points(
    *,
    pairs: bool,
    background: bool,
    top: int,
    csv: Path | None,
    geojson: Path | None,
    at_rest: bool,
    lane: str,
    as_json: bool,
) -> None:
    """断供断链风险点清单：原因、责任、补链。 The inventory of risk points with reason, owner and remedy.

    \b
    Example:  lianjing chain risk-points --csv points.csv --geojson points.geojson
    Coordinates are approximate (±20 km) and illustrative. Exit codes: 0 done, 2 wrong use, 3 nobody answers (then --at-rest).
    """
    import msgspec

    from services.cli.risk.asking import ask
    from services.cli.risk.point_files import as_csv, as_geojson
    from services.cli.risk.ranking_view import show_points
    from services.risk.analysis.answering import Question
    from services.risk.analysis.risk_points import RiskPoints

    words = {"pairs": "yes" if pairs else "", "background": "yes" if background else ""}
    found = ask(Question.RISK_POINTS, words, RiskPoints, lane=lane, at_rest=at_rest)
    if csv is not None:
        csv.write_text(as_csv(found), encoding="utf-8-sig", newline="")
    if geojson is not None:
        geojson.write_text(as_geojson(found), encoding="utf-8")
    if as_json:
        click.echo(msgspec.json.encode(found).decode())
    else:
        show_points(found, top)
