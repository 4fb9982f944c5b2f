"""Posts to Alertmanager from a thread of its own, so that an Alertmanager that is away delays nothing else."""

import threading
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import httpx
import msgspec

from services.runtime.clock import Clock
from services.runtime.errors import UnreachableError
from services.runtime.lifecycle import Lifecycle
from services.runtime.logs import logger
from services.runtime.metrics import Meters

REPEAT_S = 30.0
_BATCH = 200
_log = logger("alertmanager")
_Label = tuple[tuple[str, str], ...]


class Poster(Protocol):
    """Takes postings to Alertmanager."""

    def post(self, postings: Sequence[dict[str, Any]]) -> None:
        """Post at once. Raises UnreachableError; nothing may be assumed then."""
        ...


class AlertmanagerPoster:
    """Poster over Alertmanager's API v2."""

    def __init__(self, url: str, timeout_s: float = 5.0) -> None:
        self._client = httpx.Client(base_url=url, timeout=timeout_s, trust_env=False)

    def post(self, postings: Sequence[dict[str, Any]]) -> None:
        """POST /api/v2/alerts. Raises UnreachableError when it is away or refuses."""
        try:
            answer = self._client.post(
                "/api/v2/alerts",
                content=msgspec.json.encode(postings),
                headers={"Content-Type": "application/json"},
            )
        except httpx.HTTPError as error:
            raise UnreachableError(f"Alertmanager does not answer: {error}") from error
        if answer.status_code != 200:
            raise UnreachableError(f"Alertmanager answered {answer.status_code}: {answer.text[:200]}")

    def close(self) -> None:
        """Close its connections."""
        self._client.close()


class Delivery:
    """Sends what it is given, newest per set of labels, and everything alive again every 30 s; keeps trying while Alertmanager is away.

    ``alive`` is asked for all postings of open episodes; ``give`` is for what changed just now, ends included.
    """

    def __init__(self, poster: Poster, alive: Callable[[], list[dict[str, Any]]], clock: Clock, meters: Meters) -> None:
        self._poster = poster
        self._alive = alive
        self._clock = clock
        self._meters = meters
        self._waiting: dict[_Label, dict[str, Any]] = {}
        self._lock = threading.Lock()
        self._news = threading.Event()
        self._repeated_at = 0.0

    def give(self, postings: Sequence[dict[str, Any]]) -> None:
        """Queue postings for sending at once; a newer one of the same labels replaces an older one."""
        with self._lock:
            for posting in postings:
                self._waiting[_labels(posting)] = posting
        self._news.set()

    def turn(self) -> int:
        """Send what waits; return how many postings went out. Raises UnreachableError; they wait on then."""
        if self._clock.monotonic() - self._repeated_at >= REPEAT_S:
            self._repeated_at = self._clock.monotonic()
            with self._lock:
                for posting in self._alive():
                    self._waiting.setdefault(_labels(posting), posting)
        sent = 0
        while batch := self._batch():
            try:
                self._poster.post([posting for _, posting in batch])
            except UnreachableError:
                self._meters.counter("lianjing_alertmanager_posts_total", "failed").inc(len(batch))
                raise
            self._meters.counter("lianjing_alertmanager_posts_total", "sent").inc(len(batch))
            self._forget(batch)
            sent += len(batch)
        return sent

    def run(self, lifecycle: Lifecycle) -> None:
        """Work until a stop is requested; then try once more."""
        while not lifecycle.is_stopping():
            self._news.wait(0.5)
            self._news.clear()
            try:
                self.turn()
            except UnreachableError as error:
                _log.warning("alerts wait", why=str(error))
                lifecycle.wait(1.0)
                self._news.set()

    def _batch(self) -> list[tuple[_Label, dict[str, Any]]]:
        with self._lock:
            return list(self._waiting.items())[:_BATCH]

    def _forget(self, batch: list[tuple[_Label, dict[str, Any]]]) -> None:
        with self._lock:
            for key, posting in batch:
                if self._waiting.get(key) is posting:
                    del self._waiting[key]


def _labels(posting: dict[str, Any]) -> _Label:
    return tuple(sorted(posting["labels"].items()))
