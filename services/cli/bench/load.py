"""Load for a bench: observations of a generated chain, posted to intake as a provider does."""

import random
import threading
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec

from schemas.chain import Chain, Series
from services.runtime.errors import UnreachableError

BATCH = 200


def normal_values(chain: Chain) -> dict[str, float]:
    """What every series of a chain shows on a quiet day."""
    stocks = {(s.node, s.product): s for s in chain.stocks}
    coming: dict[tuple[str, str], float] = {}
    going: dict[tuple[str, str], float] = {}
    for link in chain.links:
        coming[(link.target, link.product)] = coming.get((link.target, link.product), 0.0) + link.normal_flow
        going[(link.source, link.product)] = going.get((link.source, link.product), 0.0) + link.normal_flow

    def of(series: Series) -> float:
        key = (series.node, series.product)
        stock = stocks[key]
        if series.indicator == "stock":
            return stock.daily_use * stock.days_normal
        if series.indicator == "inflow":
            return coming.get(key, stock.daily_use)
        if series.indicator == "outflow":
            return going.get(key, stock.daily_use)
        return stock.daily_use

    return {s.id: of(s) for s in chain.series}


class Sender:
    """Posts observations with a key. Raises UnreachableError for anything but acceptance."""

    def __init__(self, url: str, key: str) -> None:
        self._client = httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=30.0, trust_env=False
        )

    def one(self, series: str, value: float) -> float:
        """Post a single record observed now; return the monotonic time of its acceptance."""
        self._post({"series": series, "observed_at": _now(), "value": value})
        return time.monotonic()

    def many(self, values: dict[str, float]) -> None:
        """Post observations of now in columns."""
        now = _now()
        self._post({"series": list(values), "observed_at": [now] * len(values), "value": list(values.values())})

    def _post(self, body: dict[str, Any]) -> None:
        for _ in range(20):
            try:
                answer = self._client.post("/v1/records", content=msgspec.json.encode(body))
            except httpx.HTTPError as error:
                raise UnreachableError(f"intake does not answer: {error}") from error
            if answer.status_code == 200:
                return
            if answer.status_code not in (429, 503):
                raise UnreachableError(f"intake answered {answer.status_code}: {answer.text[:300]}")
            time.sleep(min(float(answer.headers.get("Retry-After", "1")), 1.0))
        raise UnreachableError("intake refused twenty times in a row")


class Background:
    """Posts a steady number of observations a second from a thread, round and round over the series, with 1 % noise."""

    def __init__(self, sender: Sender, values: dict[str, float], rate: int, is_spared: Callable[[str], bool]) -> None:
        self._sender = sender
        self._values = values
        self._rate = rate
        self._is_spared = is_spared
        self._dice = random.Random(1)  # noqa: S311  # noise, no secret
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="background", daemon=True)
        self.sent = 0
        self.failure: Exception | None = None
        self._started = 0.0

    def start(self) -> None:
        """Begin."""
        self._started = time.monotonic()
        self._thread.start()

    def stop(self) -> float:
        """End; return the rate reached, in observations per second."""
        self._stop.set()
        self._thread.join(30.0)
        return self.sent / max(time.monotonic() - self._started, 1e-9)

    def _run(self) -> None:
        names = list(self._values)
        position = 0
        while not self._stop.is_set():
            due = self._started + self.sent / self._rate
            if self._stop.wait(max(0.0, due - time.monotonic())):
                return
            chosen = [names[(position + i) % len(names)] for i in range(min(BATCH, len(names)))]
            position += BATCH
            try:
                self._sender.many(self._noisy(n for n in chosen if not self._is_spared(n)))
            except UnreachableError as error:
                self.failure = error
                return
            self.sent += len(chosen)

    def _noisy(self, names: Iterable[str]) -> dict[str, float]:
        return {n: self._values[n] * self._dice.uniform(0.99, 1.01) for n in names}


def _now() -> str:
    return datetime.now(UTC).isoformat()
