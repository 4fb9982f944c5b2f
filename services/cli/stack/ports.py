"""TCP ports of 127.0.0.1: free ones, and a clear word about who holds a taken one."""

import random
import socket
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from services.cli.stack.errors import PortTakenError

_LISTEN = "0A"
_FIRST_PORT = 20_000
_EPHEMERAL_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")


@dataclass(frozen=True)
class Holder:
    """The process that listens on a port. ``pid`` is None where the system does not tell us (another user's process)."""

    pid: int | None
    command: str


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of 127.0.0.1 now."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port(taken: frozenset[int] = frozenset()) -> int:
    """A port nobody listens on, outside the range from which the system draws the ports of outgoing connections.

    A client that retries against a dead server inside that range can connect to itself and hold the port for good.
    """
    last = _first_ephemeral_port() - 1
    for _ in range(2000):
        port = random.randint(_FIRST_PORT, last)  # noqa: S311 - not a secret
        if port not in taken and is_free(port):
            return port
    raise PortTakenError("找不到空闲端口", f"no free port between {_FIRST_PORT} and {last}", "ss -ltn")


def free_ports(count: int) -> list[int]:
    """``count`` different free ports."""
    ports: list[int] = []
    while len(ports) < count:
        ports.append(free_port(frozenset(ports)))
    return ports


def require_free(port: int, part: str, setting: str) -> None:
    """Return if the port is free; else raise PortTakenError, naming the holder, the part that wanted it and the setting that moves it."""
    if is_free(port):
        return
    holder = holder_of(port)
    who_zh, who_en = "另一进程", "another process"
    if holder is not None and holder.pid is not None:
        who_zh = who_en = f"{holder.command} (pid {holder.pid})"
    raise PortTakenError(
        f"{part} 需要的端口 {port} 已被 {who_zh} 占用",
        f"port {port}, wanted by {part}, is held by {who_en}",
        f"停掉它,或改用别的端口 / stop it, or choose another port: {setting}",
    )


def holder_of(port: int) -> Holder | None:
    """Who listens on the port, or None when nobody does. Linux only; elsewhere a Holder without a pid."""
    inodes = _listening_inodes(port)
    if inodes is None:
        return None if is_free(port) else Holder(None, "")
    if not inodes:
        return None
    wanted = {f"socket:[{inode}]" for inode in inodes}
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and _holds(process, wanted):
            return Holder(int(process.name), _command(process))
    return Holder(None, "")


def _listening_inodes(port: int) -> set[str] | None:
    tables = [Path("/proc/net/tcp"), Path("/proc/net/tcp6")]
    if not tables[0].exists():
        return None
    inodes: set[str] = set()
    for table in tables:
        if not table.exists():
            continue
        for line in table.read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == _LISTEN and int(fields[1].rsplit(":", 1)[1], 16) == port:
                inodes.add(fields[9])
    return inodes


def _holds(process: Path, sockets: set[str]) -> bool:
    try:
        descriptors = list((process / "fd").iterdir())
    except OSError:
        return False
    for descriptor in descriptors:
        with suppress(OSError):
            if str(descriptor.readlink()) in sockets:
                return True
    return False


def _command(process: Path) -> str:
    try:
        words = (process / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return ""
    return Path(words[0].decode(errors="replace")).name if words and words[0] else ""


def _first_ephemeral_port() -> int:
    try:
        return int(_EPHEMERAL_RANGE.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return 32_768
