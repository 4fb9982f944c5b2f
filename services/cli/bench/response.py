"""``lianjing bench response``: playbook runs a second, memory of many that wait, lateness of deadlines."""

import click


@click.command()
@click.option("--runs", default=3000, show_default=True, help="短运行次数 Short runs.")
@click.option("--waiting", default=10_000, show_default=True, help="等待中的运行 Runs that wait with a timer.")
@click.option("--timers", default=600, show_default=True, help="到期的时限 Deadlines that fall due.")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON Print one JSON object and nothing else.")
def command(runs: int, waiting: int, timers: int, as_json: bool) -> None:
    """预案引擎速度 Runs per second, memory of waiting runs, due timer to message, on a broker and a database of its own.

    \b
    Example:  lianjing bench response --json
              lianjing bench response --runs 500 --waiting 1000 --timers 100
    """
    from services.cli.bench.report import machine, print_report
    from services.cli.bench.response_run import measure
    from services.runtime.settings import Settings

    begun_on = machine()
    figures, notes = measure(Settings.from_environment(), runs, waiting, timers)
    print_report("response", figures, notes, begun_on, as_json=as_json)
