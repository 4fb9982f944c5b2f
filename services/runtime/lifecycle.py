"""Starting and stopping: what is opened is registered with a name and closed in reverse order."""

import signal
import threading
from collections.abc import Callable
from types import FrameType

from services.runtime.logs import logger

_log = logger("lifecycle")


class Lifecycle:
    """Keeps what a process opened and whether it was asked to stop.

    ``register`` in the order of opening; ``close`` runs the closers backwards, each exactly once, and goes on when one fails.
    """

    def __init__(self) -> None:
        self._closers: list[tuple[str, Callable[[], object]]] = []
        self._stopping = threading.Event()

    def register(self, name: str, close: Callable[[], object]) -> None:
        """Remember how to close ``name``."""
        self._closers.append((name, close))

    def request_stop(self) -> None:
        """Ask the process to end its loop; safe from any thread and from a signal."""
        self._stopping.set()

    def is_stopping(self) -> bool:
        """True once a stop was requested."""
        return self._stopping.is_set()

    def wait(self, timeout_s: float) -> bool:
        """Wait until a stop is requested or the time is over; True when stopping. For pauses between retries."""
        return self._stopping.wait(timeout_s)

    def stop_on_signals(self) -> None:
        """Make SIGTERM and SIGINT request a stop. Call from the main thread only."""

        def handle(_number: int, _frame: FrameType | None) -> None:
            self.request_stop()

        signal.signal(signal.SIGTERM, handle)
        signal.signal(signal.SIGINT, handle)

    def close(self) -> None:
        """Close everything in reverse order. A closer that fails is logged and does not keep the others from running."""
        while self._closers:
            name, close = self._closers.pop()
            try:
                close()
            except Exception:  # noqa: BLE001  # the outermost loop of a process: the other parts still have to be closed
                _log.exception("closing failed", part=name)
