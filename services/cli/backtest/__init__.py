"""``lianjing backtest``: how well warnings foretold what truly broke; each command prints one JSON object with ``--json``."""

import click

from services.cli.main import LazyGroup

BACKTESTS: dict[str, tuple[str, str]] = {
    "run": (
        "services.cli.backtest.skill.command:command",
        "情景回测 Play scenarios through the whole path and score it.",
    ),
    "plot": (
        "services.cli.backtest.skill.fan_command:command",
        "图 One place in one scenario: forecast and truth as a picture.",
    ),
    "value": (
        "services.cli.backtest.value.command:command",
        "代价取舍 Which threshold pays, by the cost of a false page against a missed break.",
    ),
    "proof": (
        "services.cli.backtest.proof.command:command",
        "证明 A remedy's plan carried out in the simulator: does it move the break?",
    ),
    "detectors": (
        "services.cli.backtest.detection.command:command",
        "检测器 Disruptions each detector and the vote alarmed at, how early, false alarms.",
    ),
    "plant": ("services.cli.backtest.plant:command", "电厂回测 Score the forecast of single plants' stocks."),
}


@click.command(cls=LazyGroup, commands_at=BACKTESTS)
def command() -> None:
    """回测 Backtests: detection, risk and rules over scenarios or stored history, scored against the truth.

    \b
    Example:  lianjing backtest run --scenarios daqin-stylised --seeds 1-3 --mismatch 1
    """
