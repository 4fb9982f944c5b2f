"""``lianjing bench``: speed and skill measured; each bench prints one JSON object with ``--json``."""

import click

from services.cli.main import LazyGroup

BENCHES: dict[str, tuple[str, str]] = {
    "calibration": (
        "services.cli.bench.calibration.command:command",
        "虚警率校准 Alarm rates of every detector on quiet series.",
    ),
    "ingest": ("services.cli.bench.ingest:command", "写入速度 Rows per second from topic to table."),
    "risk": ("services.cli.bench.risk:command", "断链预测速度 Seconds per forecast, sweep and update."),
    "tep": (
        "services.cli.bench.tep:command",
        "工厂故障检出 Faults of the Tennessee Eastman plant seen, and false alarms.",
    ),
    "detect": ("services.cli.bench.detect:command", "检测速度 Observations per second of the detectors."),
    "quality": (
        "services.cli.bench.quality.command:command",
        "数据质量 Defects found under their name; crises left alone.",
    ),
    "nab": ("services.cli.bench.nab:command", "异常检测 The Numenta Anomaly Benchmark."),
    "response": (
        "services.cli.bench.response:command",
        "预案引擎 Runs per second, waiting runs, lateness of deadlines.",
    ),
    "console": (
        "services.cli.bench.console.command:command",
        "控制台速度 Pages under 50 sessions, a change on its way to the screen, maps until they are ready.",
    ),
    "drill": ("services.cli.bench.drill:command", "演练旁的实时时延 Live alerts with and without a drill beside them."),
    "e2e": ("services.cli.bench.e2e:command", "端到端时延 From accepted record to alert at a webhook."),
}


@click.command(cls=LazyGroup, commands_at=BENCHES)
def command() -> None:
    """基准测试 Benchmarks. Each starts what it needs on free ports beside a running stack.

    \b
    Example:  lianjing bench ingest --json
    """
