"""Slows down guessing of passwords: per account and per address, by what has failed lately."""

from collections import OrderedDict, deque
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=15)
ACCOUNT_FREE = 5
ADDRESS_FREE = 30
_FIRST_WAIT = timedelta(seconds=15)
_MOST_KEYS = 10_000


class Brake:
    """Counts failures within a quarter of an hour. The sixth of an account, or the thirty-first of an address, has to wait; each more twice as long,
    at most until the window is over. Guessing at one account so cannot lock it for good, and a right password clears the account."""

    def __init__(self) -> None:
        self._failures: OrderedDict[str, deque[datetime]] = OrderedDict()

    def wait(self, account: str, address: str, now: datetime) -> timedelta:
        """How long to wait before the next attempt; zero: go on."""
        return max(self._wait(_account(account), ACCOUNT_FREE, now), self._wait(_address(address), ADDRESS_FREE, now))

    def fail(self, account: str, address: str, now: datetime) -> None:
        """Remember a wrong password."""
        for key, free in ((_account(account), ACCOUNT_FREE), (_address(address), ADDRESS_FREE)):
            times = self._failures.setdefault(key, deque(maxlen=2 * free + 10))
            times.append(now)
            self._failures.move_to_end(key)
        while len(self._failures) > _MOST_KEYS:
            self._failures.popitem(last=False)

    def clear(self, account: str) -> None:
        """A right password: the account's failures are forgotten, the address's are not."""
        self._failures.pop(_account(account), None)

    def _wait(self, key: str, free: int, now: datetime) -> timedelta:
        times = self._failures.get(key)
        if times is None:
            return timedelta(0)
        while times and now - times[0] >= WINDOW:
            times.popleft()
        over = len(times) - free
        if over < 0:
            return timedelta(0)
        pause = min(WINDOW, _FIRST_WAIT * (1 << min(over, 10)))
        return max(timedelta(0), times[-1] + pause - now)


def _account(name: str) -> str:
    return f"account {name[:80].lower()}"


def _address(address: str) -> str:
    return f"address {address}"
