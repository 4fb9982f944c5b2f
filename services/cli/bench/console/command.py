"""``lianjing bench console``: answers under 50 sessions, seconds from a change to an open page, seconds until a map is ready."""

import click


@click.command()
@click.option("--sessions", default=50, show_default=True, help="同时在线的会话 Sessions that ask at the same time.")
@click.option("--seconds", default=30.0, show_default=True, help="测量多久 How long they ask.")
@click.option(
    "--think", default=2.0, show_default=True, help="每个会话两次提问之间的秒数 Seconds between two questions."
)
@click.option("--changes", default=20, show_default=True, help="变化次数 Changes whose way to an open page is timed.")
@click.option("--opens", default=5, show_default=True, help="打开次数 How often each page is opened.")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON Print one JSON object and nothing else.")
def command(*, sessions: int, seconds: float, think: float, changes: int, opens: int, as_json: bool) -> None:
    """控制台速度 The console in a process of its own, over a database of its own, in chromium.

    \b
    Example:  lianjing bench console --json
              lianjing bench console --sessions 10 --seconds 10 --changes 5 --opens 2
    """
    from services.cli.bench.console.run import Wanted, measure
    from services.cli.bench.report import machine, print_report

    begun_on = machine()
    wanted = Wanted(sessions=sessions, seconds=seconds, think_s=think, changes=changes, opens=opens)
    figures, notes = measure(wanted)
    print_report("console", figures, notes, begun_on, as_json=as_json)
