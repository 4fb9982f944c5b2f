"""The newest rejections of intake in memory, so that a provider can read and resend them with the database away."""

import threading
from collections import OrderedDict

from schemas.rejection import Rejection

KEPT = 20_000


class RejectionLedger:
    """Rejections by id, the newest 20,000. Thread-safe."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._by_id: OrderedDict[str, Rejection] = OrderedDict()
        self._lock = threading.Lock()

    def enter(self, rejection: Rejection) -> None:
        """Take a rejection; a repeat changes nothing."""
        with self._lock:
            self._by_id.setdefault(rejection.rejection_id, rejection)
            while len(self._by_id) > self._kept:
                self._by_id.popitem(last=False)

    def get(self, rejection_id: str) -> Rejection | None:
        """One rejection, with or without ``rej-`` before its id."""
        with self._lock:
            return self._by_id.get(rejection_id.removeprefix("rej-"))

    def of(self, source: str, most: int) -> list[Rejection]:
        """The newest rejections of a provider, newest first."""
        with self._lock:
            own = [r for r in self._by_id.values() if r.source == source]
        return own[::-1][:most]

    def all(self) -> list[Rejection]:
        """Everything remembered, oldest first."""
        with self._lock:
            return list(self._by_id.values())
