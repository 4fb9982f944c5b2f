"""river (PyPI, BSD) run beside our detectors as a separate process in an environment of its own; only its speeds come back."""

from services.cli.bench.peer import run_peer
from services.runtime.errors import UnreachableError

_VERSION = "0.26.1"
_TIMEOUT_S = 600
NO_PEER = "river has no CUSUM, seasonal baseline or cover trend, and its median and EWMA know no forgetting by window"
_SCRIPT = """
import json, random, time
from river import anomaly, drift, stats

class Chart:
    def __init__(self):
        self.mean, self.spread = stats.EWMean(0.2), stats.EWVar(0.005)
    def take(self, x):
        off = abs(x - self.mean.get()) / (self.spread.get() ** 0.5 or 1.0)
        self.mean.update(x); self.spread.update(x)
        return off

class Deviation:
    def __init__(self):
        self.inner = anomaly.StandardAbsoluteDeviation(sub_stat=stats.Quantile(0.5))
        self.inner.learn_one(None, 100.0)
    def take(self, x):
        off = self.inner.score_one(None, x)
        self.inner.learn_one(None, x)
        return off

class Test:
    def __init__(self):
        self.inner = drift.PageHinkley()
    def take(self, x):
        self.inner.update(x)
        return self.inner.drift_detected

def speed(make, series, values):
    dice = random.Random(1)
    made = [make() for _ in range(series)]
    rounds = [[dice.gauss(100, 1) for _ in range(series)] for _ in range(values)]
    begin = time.process_time()
    for xs in rounds:
        for one, x in zip(made, xs):
            one.take(x)
    return series * values / (time.process_time() - begin)

print(json.dumps({
    "robust_level": ["StandardAbsoluteDeviation about a median", speed(Deviation, 2000, 60)],
    "ewma": ["EWMean and EWVar", speed(Chart, 2000, 60)],
    "page_hinkley": ["PageHinkley", speed(Test, 2000, 60)],
}))
"""


def peer_speeds() -> tuple[dict[str, tuple[str, float]], str]:
    """By our detector: what river's comparable one is called, and its observations a second; and river's version.

    Nothing and the reason when it did not run.
    """
    try:
        said = run_peer(_SCRIPT, [f"river=={_VERSION}"], timeout_s=_TIMEOUT_S)
    except UnreachableError as error:
        return {}, str(error)
    return {ours: (str(name), float(speed)) for ours, (name, speed) in said.items()}, _VERSION
