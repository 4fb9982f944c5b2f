"""Slows down guessing of passwords: per account and address, per account, and per address, by what has failed lately."""

from collections import OrderedDict, deque
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=15)
PAIR_FREE = 5
ACCOUNT_FREE = 50
ADDRESS_FREE = 30
_FIRST_WAIT = timedelta(seconds=15)
_MOST_KEYS = 10_000


class Brake:
    """Counts failures within a quarter of an hour. After five of an account from one address, thirty from an address, or fifty of an account, each
    further one waits; each more twice as long, at most until the window is over. The limit of an account is wide, so that somebody who guesses
    elsewhere does not soon keep a duty officer out; a right password clears what was counted of its account from there."""

    def __init__(self) -> None:
        self._failures: OrderedDict[str, deque[datetime]] = OrderedDict()

    def wait(self, account: str, address: str, now: datetime) -> timedelta:
        """How long to wait before the next attempt; zero: go on."""
        return max(self._wait(key, free, now) for key, free in _counted(account, address))

    def fail(self, account: str, address: str, now: datetime) -> None:
        """Remember a wrong password."""
        for key, free in _counted(account, address):
            times = self._failures.setdefault(key, deque(maxlen=2 * free + 10))
            times.append(now)
            self._failures.move_to_end(key)
        while len(self._failures) > _MOST_KEYS:
            self._failures.popitem(last=False)

    def clear(self, account: str, address: str) -> None:
        """A right password: what failed of the account from there is forgotten; what was counted of either alone is not."""
        (pair, _), *_others = _counted(account, address)
        self._failures.pop(pair, None)

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


def _counted(account: str, address: str) -> tuple[tuple[str, int], ...]:
    """What an attempt counts for, and how many failures of each are free."""
    name = account[:80].lower()
    return (
        (f"both {name} {address}", PAIR_FREE),
        (f"account {name}", ACCOUNT_FREE),
        (f"address {address}", ADDRESS_FREE),
    )
