"""The tables of ``lianjing backtest plant``, for people and as JSON."""

from collections.abc import Sequence
from typing import Any

import click

from services.cli.backtest.plant_score import PlantScore, reliability_figures
from services.cli.history_report import print_skill


def figures(scores: Sequence[PlantScore]) -> dict[str, Any]:
    """Everything as one JSON object."""
    return {
        "name": "plant",
        "tables": [
            {
                "name": s.name_en,
                "rows": [r.figures() for r in s.results],
                "reliability": [reliability_figures(r) for r in s.reliability],
                "chosen": s.chosen,
            }
            for s in scores
        ],
    }


def print_backtest(scores: Sequence[PlantScore]) -> None:
    """Both tables with Wilson intervals, then how true the chances are."""
    for s in scores:
        print_skill(f"{s.name_zh} {s.name_en}", s.results)
        click.echo("概率校准 reliability (mean chance → share that fell below the line; count)")
        for r in s.reliability:
            bands = "  ".join(f"{b.mean_chance:.2f} → {b.observed:.2f} ({b.count:,})" for b in r.bands)
            click.echo(f"  {r.horizon_days:>2} d  Brier {r.brier:.4f}  skill {r.skill:+.2f}   {bands}")
        click.echo("选定 chosen without the plants or days judged:")
        for text in s.chosen:
            click.echo(f"  {text}")
