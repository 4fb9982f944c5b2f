"""A process beside the judging for what may take its time: it has the processor when warnings do not need it."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from multiprocessing import active_children, get_context
from multiprocessing.process import BaseProcess
from typing import Any

from services.runtime.priority import step_back

_PATIENCE = 10  # steps of the scheduler's scale of 20
_PR_SET_PDEATHSIG = 1


class Worker(Executor):
    """Runs one call after the other in a process of its own, with everything given and returned pickled.

    The process is begun with the first call and again after it has died; a call during which it died raises BrokenExecutor from its future. It
    ends with the process that began it, however that ends.
    """

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None
        self._others: set[BaseProcess] = set()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        """See Executor."""
        try:
            return self._process().submit(fn, *args, **kwargs)
        except BrokenExecutor:
            self._pool = None
            return self._process().submit(fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """See Executor. Who does not ``wait`` ends the process and its call at once: else the end of this process would wait for it."""
        if self._pool is None:
            return
        self._pool.shutdown(wait, cancel_futures=cancel_futures)
        if not wait:
            for process in self._started():
                process.kill()

    def _process(self) -> ProcessPoolExecutor:
        if self._pool is None:
            # Spawned: a forked child would hold the parent's sockets and threads' locks.
            self._others = set(active_children())
            self._pool = ProcessPoolExecutor(
                1, mp_context=get_context("spawn"), initializer=_begin, initargs=(os.getpid(),)
            )
        return self._pool

    def _started(self) -> set[BaseProcess]:
        """Children of this process that were not there before the pool."""
        return set(active_children()) - self._others


def _begin(parent: int) -> None:
    """In the worker: step back, leave signals to the parent, and end with it."""
    os.setsid()  # or stepping back would be among the threads of the judging alone
    step_back(os.getpid(), _PATIENCE)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before it could be watched
        os._exit(0)
