"""Who gets the processor first where there is too little of it."""

import os
from contextlib import suppress
from pathlib import Path


def step_back(pid: int, by: int) -> None:
    """Let a process of ours, and what it starts from now on, come after others by so many steps of the scheduler (0–19).

    Where the kernel shares the processor by sessions first (Linux autogroups), its whole session steps back: call it for the leader of a session.
    Without effect where the process has ended or the system does not let us.
    """
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, by)
    with suppress(OSError):
        Path(f"/proc/{pid}/autogroup").write_text(str(by), encoding="ascii")
