"""``lianjing bench drill``: how late live alerts are with and without a drill beside them."""

import contextlib
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:  # slow to import: --help must not wait for them
    from collections.abc import Iterator

    from services.cli.bench.figures import Figures
    from services.cli.bench.load import Sender
    from services.cli.bench.receiver import Receiver
    from services.cli.bench.whole import WholeStack

_EXAMPLE = """演练旁的实时时延 Live alerts with and without a drill beside them.

    Starts a whole stack of its own. Live stocks of a generated chain fall below their minimum one by one, first alone, then while
    daqin-stylised is played at the rate of a drill into drill:bench (a real drill would end itself at the first red alert).

    \b
    Example:  lianjing bench drill --alerts 100 --json
    """
_PLAYED_FROM_S = 20.0
_PATIENCE_S = 60.0


@click.command(help=_EXAMPLE)
@click.option("--alerts", default=100, show_default=True, help="每段多少条预警 How many alerts in each part.")
@click.option("--rate", default=2.0, show_default=True, help="每秒触发 Falling stocks a second.")
@click.option("--speed", default=200, show_default=True, help="演练倍速 Times the clock of the drill.")
@click.option("--json", "as_json", is_flag=True, help="只输出一个 JSON 对象 Print one JSON object and nothing else.")
def command(*, alerts: int, rate: float, speed: int, as_json: bool) -> None:
    """Run the bench; see the text given to click."""
    from services.cli.bench.receiver import Receiver
    from services.cli.bench.report import machine, print_report
    from services.cli.bench.whole import WholeStack

    words = machine()
    receiver = Receiver()
    home = Path(mkdtemp(prefix="lianjing-bench-"))
    try:
        with WholeStack(home, webhook=receiver.url) as stack:
            figures = measure(stack, receiver, home, alerts=alerts, rate=rate, speed=speed)
    finally:
        receiver.close()
    notes = [f"{alerts} alerts in each part, {rate:g} a second; the drill at x{speed}", "counted from intake's answer"]
    print_report("drill", figures, notes, words, as_json=as_json)
    sys.exit(0 if figures["p95_ratio"] <= 1.5 else 1)


def measure(
    stack: "WholeStack", receiver: "Receiver", home: Path, *, alerts: int, rate: float, speed: int
) -> "Figures":
    """The same number of falling stocks alone and beside a drill."""
    from services.cli.bench.e2e import falling_places, warm_up
    from services.cli.bench.figures import percentile
    from services.cli.bench.load import Sender, normal_values
    from services.runtime.chain.generated import generate_chain

    chain = generate_chain(max(8, int(2 * alerts * 1.4)), seed=1)
    places = falling_places(chain)[: 2 * alerts]
    key = stack.introduce(chain, datetime.now(UTC))
    sender = Sender(stack.intake_url, key)
    warm_up(stack, sender, normal_values(chain), chain)
    alone = _fall(sender, receiver, places[:alerts], rate)
    with playing(home, speed):
        time.sleep(_PLAYED_FROM_S)
        beside = _fall(sender, receiver, places[alerts:], rate)
    figures: Figures = {}
    for name, late in (("alone", alone), ("beside", beside)):
        figures |= {f"p{p}_{name}_s": round(percentile(late, p / 100), 4) for p in (50, 95)}
    return figures | {"p95_ratio": round(figures["p95_beside_s"] / figures["p95_alone_s"], 3)}


@contextlib.contextmanager
def playing(home: Path, speed: int) -> "Iterator[None]":
    """A scenario played into a drill's lane while the block runs."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("LIANJING_")} | {"LIANJING_HOME": str(home)}
    start = "from services.cli.main import main; main()"
    options = ["daqin-stylised", "--lane", "drill:bench", "--speed", str(speed), "--own-dates", "--json"]
    process = subprocess.Popen(
        [sys.executable, "-c", start, "scenario", "play", *options], env=environment, stdout=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(30.0)


def _fall(sender: "Sender", receiver: "Receiver", places: list[tuple[str, str, float]], rate: float) -> list[float]:
    """Let stocks fall at a steady rate; seconds from intake's answer to the alert at the webhook, infinite where none came."""
    from services.cli.bench.figures import delays

    accepted: dict[tuple[str, str], float] = {}
    started = time.monotonic()
    for number, (node, product, value) in enumerate(places):
        time.sleep(max(0.0, started + number / rate - time.monotonic()))
        accepted[(node, product)] = sender.one(f"stock.{node}.{product}", value)
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline and not accepted.keys() <= receiver.arrived.keys():
        time.sleep(0.1)
    return delays(accepted, receiver.arrived)
