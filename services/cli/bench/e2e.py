"""``lianjing bench e2e``: from a record accepted by HTTP to its alert at a webhook behind Alertmanager."""

import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:  # slow to import: --help must not wait for them
    from schemas.chain import Chain
    from services.cli.bench.figures import Figures
    from services.cli.bench.load import Sender
    from services.cli.bench.receiver import Receiver
    from services.cli.bench.whole import WholeStack

_EXAMPLE = """端到端时延 From a record accepted by HTTP to the alert at a webhook behind Alertmanager.

    Starts a whole stack of its own on free ports. Stocks of a generated chain fall below their minimum one by one, while a background of
    observations runs through the same intake and groups. An alert that never comes counts as infinite.

    \b
    Example:  lianjing bench e2e
              lianjing bench e2e --alerts 500 --background 2000 --json
    """


@click.command(help=_EXAMPLE)
@click.option("--alerts", default=500, show_default=True, help="触发多少条预警 How many alerts, each at another place.")
@click.option("--background", default=2000, show_default=True, help="背景观测 Background observations a second.")
@click.option("--rate", default=5.0, show_default=True, help="每秒触发 Falling stocks a second.")
@click.option("--without", default="", help="不启动这些 Leave out these stages, separated by commas; the notes say so.")
@click.option("--json", "as_json", is_flag=True, help="只输出一个 JSON 对象 Print one JSON object and nothing else.")
def command(*, alerts: int, background: int, rate: float, without: str, as_json: bool) -> None:
    """Run the bench; see the text given to click."""
    from services.cli.bench.receiver import Receiver
    from services.cli.bench.report import machine, print_report
    from services.cli.bench.whole import WholeStack

    words = machine()
    receiver = Receiver()
    home = Path(mkdtemp(prefix="lianjing-bench-"))
    try:
        with WholeStack(home, webhook=receiver.url, without=without) as stack:
            figures, notes = measure(stack, receiver, alerts=alerts, background=background, rate=rate)
    finally:
        receiver.close()
    if without:
        notes.append(f"without {without}")
    print_report("e2e", figures, notes, words, as_json=as_json)
    sys.exit(0 if figures["alerts_received"] == figures["alerts_sent"] else 1)


def measure(
    stack: "WholeStack", receiver: "Receiver", *, alerts: int, background: int, rate: float
) -> tuple["Figures", list[str]]:
    """Warm up, let the stocks fall, wait, and count."""
    from services.cli.bench.figures import delays, percentile
    from services.cli.bench.load import Background, Sender, normal_values
    from services.runtime.chain.generated import generate_chain

    chain = generate_chain(max(8, int(alerts * 1.4)), seed=1)
    places = falling_places(chain)[:alerts]
    key = stack.introduce(chain, datetime.now(UTC))
    sender, values = Sender(stack.intake_url, key), normal_values(chain)
    warm_up(stack, sender, values, chain)
    fallen: set[str] = set()
    load = Background(Sender(stack.intake_url, key), values, background, lambda name: name in fallen)
    load.start()
    time.sleep(3.0)
    asked, accepted = {}, {}
    started = time.monotonic()
    for number, (node, product, value) in enumerate(places):
        time.sleep(max(0.0, started + number / rate - time.monotonic()))
        series = f"stock.{node}.{product}"
        fallen.add(series)
        asked[(node, product)] = time.monotonic()
        accepted[(node, product)] = sender.one(series, value)
    deadline = time.monotonic() + 60.0
    while time.monotonic() < deadline and not accepted.keys() <= receiver.arrived.keys():
        time.sleep(0.1)
    reached = load.stop()
    late = delays(accepted, receiver.arrived)
    whole = delays(asked, receiver.arrived)
    figures = {f"p{p}_s": round(percentile(late, p / 100), 4) for p in (50, 95, 99)}
    figures |= {f"p{p}_from_request_s": round(percentile(whole, p / 100), 4) for p in (50, 95, 99)}
    figures |= {
        "alerts_sent": float(len(accepted)),
        "alerts_received": float(sum(k in receiver.arrived for k in accepted)),
        "background_obs_per_s": round(reached, 1),
    }
    notes = [
        f"{chain.id}: {len(chain.nodes)} nodes, {len(chain.series)} series; {rate:g} falling stocks a second",
        "p50_s, p95_s, p99_s count from the answer of intake, p*_from_request_s from the start of the request",
        f"webhook calls: {receiver.calls}",
    ]
    if load.failure is not None:
        notes.append(f"the background ended early: {load.failure}")
    return figures, notes


def falling_places(chain: "Chain") -> list[tuple[str, str, float]]:
    """Every (node, product) that can starve, with a stock just below its minimum."""
    return [
        (s.node, s.product, round(s.daily_use * s.days_min * 0.95, 3))
        for s in chain.stocks
        if s.role != "output" and s.days_min > 0
    ]


def warm_up(stack: "WholeStack", sender: "Sender", values: dict[str, float], chain: "Chain") -> None:
    """Send a quiet picture of the chain until risk calls every place normal. Raises UnreachableError after two minutes."""
    from services.cli.bench.load import BATCH
    from services.runtime.errors import UnreachableError

    names = list(values)
    deadline = time.monotonic() + 120.0
    while time.monotonic() < deadline:
        for first in range(0, len(names), BATCH):
            sender.many({n: values[n] for n in names[first : first + BATCH]})
        time.sleep(3.0)
        if stack.normal_places() >= len(chain.stocks):
            return
    raise UnreachableError(f"risk calls {stack.normal_places()} of {len(chain.stocks)} places normal after two minutes")
