"""The worker beside the judging: it comes back after it died, and does not outlive the process that began it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor
from pathlib import Path

import pytest

from services.risk.worker import Worker

_BEGINS_AND_IS_KILLED = """
import os, signal
from services.risk.worker import Worker
if __name__ == "__main__":
    print(Worker().submit(os.getpid).result(60), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""

_ENDS_IN_A_CALL = """
import os, time
from services.risk.worker import Worker
if __name__ == "__main__":
    worker = Worker()
    print(worker.submit(os.getpid).result(60), flush=True)
    call = worker.submit(time.sleep, 3600)
    while not call.running():
        pass
    worker.shutdown(wait=False, cancel_futures=True)
"""


@pytest.fixture
def worker() -> Iterator[Worker]:
    worker = Worker()
    yield worker
    worker.shutdown(cancel_futures=True)


def test_it_steps_back_for_the_judging(worker: Worker) -> None:
    assert worker.submit(os.nice, 0).result(60) == 10
    assert worker.submit(os.getsid, 0).result(60) != os.getsid(0)


def test_a_worker_that_died_is_told_and_another_begins(worker: Worker) -> None:
    with pytest.raises(BrokenExecutor):
        worker.submit(os.kill, worker.submit(os.getpid).result(60), signal.SIGKILL).result(60)
    assert worker.submit(os.getpid).result(60) != os.getpid()


def test_it_ends_with_the_process_that_began_it(tmp_path: Path) -> None:
    script = tmp_path / "begins.py"
    script.write_text(_BEGINS_AND_IS_KILLED)
    ended = subprocess.run([sys.executable, str(script)], stdout=subprocess.PIPE, text=True, timeout=120)
    assert ended.returncode == -signal.SIGKILL
    deadline = time.monotonic() + 30
    while _is_there(int(ended.stdout)):
        assert time.monotonic() < deadline, "the worker outlived the process that began it"


def test_who_ends_does_not_wait_for_a_long_call(tmp_path: Path) -> None:
    script = tmp_path / "ends.py"
    script.write_text(_ENDS_IN_A_CALL)
    ended = subprocess.run([sys.executable, str(script)], stdout=subprocess.PIPE, text=True, timeout=120)
    assert ended.returncode == 0
    assert not _is_there(int(ended.stdout))


def _is_there(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
