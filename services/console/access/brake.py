"""Slows down guessing of passwords: per account and address, per account, and per address, by what has failed lately."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from services.console.access.failure_log import FailureLog, MemoryFailureLog

WINDOW = timedelta(minutes=15)
PAIR_FREE = 5
ACCOUNT_FREE = 50
ADDRESS_FREE = 30
_FIRST_WAIT = timedelta(seconds=15)


class Brake:
    """Counts failures within a quarter of an hour. After five of an account from one address, thirty from an address, or fifty of an account, each
    further one waits; each more twice as long, at most until the window is over. The limit of an account is wide, so that somebody who guesses
    elsewhere does not soon keep a duty officer out; a right password clears what was counted of its account from there."""

    def __init__(self, log: FailureLog | None = None) -> None:
        self._log = log or MemoryFailureLog()

    def wait(self, account: str, address: str, now: datetime) -> timedelta:
        """How long to wait before the next attempt; zero: go on. Raises UnreachableError."""
        counted = dict(_counted(account, address))
        failed = self._log.since(list(counted), now - WINDOW)
        return max(_wait(failed[key], free, now) for key, free in counted.items())

    def fail(self, account: str, address: str, now: datetime) -> None:
        """Remember a wrong password. Raises UnreachableError."""
        self._log.add([key for key, _ in _counted(account, address)], now, now - WINDOW)

    def clear(self, account: str, address: str) -> None:
        """A right password: what failed of the account from there is forgotten; what was counted of either alone is not. Raises UnreachableError."""
        (pair, _), *_others = _counted(account, address)
        self._log.clear(pair)


def _wait(times: Sequence[datetime], free: int, now: datetime) -> timedelta:
    over = len(times) - free
    if over < 0:
        return timedelta(0)
    pause = min(WINDOW, _FIRST_WAIT * (1 << min(over, 10)))
    return max(timedelta(0), times[-1] + pause - now)


def _counted(account: str, address: str) -> tuple[tuple[str, int], ...]:
    """What an attempt counts for, and how many failures of each are free."""
    name = account[:80].lower()
    return (
        (f"both {name} {address}", PAIR_FREE),
        (f"account {name}", ACCOUNT_FREE),
        (f"address {address}", ADDRESS_FREE),
    )
