"""The way to the broker, opened at the first command: the pages are served although the broker is away."""

from collections.abc import Callable
from threading import Lock

from services.runtime.streams import Delivery, Producer


class LateProducer:
    """A Producer that is made when first used. While it cannot be made, ``send`` raises UnreachableError and tries again the next time."""

    def __init__(self, make: Callable[[], Producer]) -> None:
        self._make = make
        self._made: Producer | None = None
        self._lock = Lock()

    def send(
        self, topic: str, value: bytes | None, *, key: bytes | None = None, partition: int | None = None
    ) -> Delivery:
        """Queue one message. Raises UnreachableError, InputError."""
        return self._producer().send(topic, value, key=key, partition=partition)

    def flush(self, timeout_s: float) -> None:
        """Wait for everything queued. Raises UnreachableError."""
        if self._made is not None:
            self._made.flush(timeout_s)

    def close(self) -> None:
        """Close what was made."""
        if self._made is not None:
            self._made.close()

    def _producer(self) -> Producer:
        with self._lock:
            if self._made is None:
                self._made = self._make()
            return self._made
