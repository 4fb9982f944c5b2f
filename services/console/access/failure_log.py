"""What was tried in vain, by key: in memory, or in the database, where it survives a restart and is shared by all processes."""

from collections import OrderedDict, deque
from collections.abc import Collection
from datetime import datetime
from hashlib import sha256
from typing import Protocol

from services.console.shelf import Shelf

_MOST_KEYS = 10_000
_MOST_TIMES = 128
_READ = "SELECT key, at FROM sign_in_failure WHERE key = ANY(%s) AND at > %s ORDER BY at DESC LIMIT 1000"
_ADD = "INSERT INTO sign_in_failure (key, at) SELECT k, %s FROM unnest(%s::bytea[]) k"
_PRUNE = "DELETE FROM sign_in_failure WHERE at <= %s"
_CLEAR = "DELETE FROM sign_in_failure WHERE key = %s"


class FailureLog(Protocol):
    """Moments by key. What lies before ``since`` may be forgotten. May raise UnreachableError."""

    def since(self, keys: Collection[str], since: datetime) -> dict[str, list[datetime]]:
        """Moments after ``since`` of each of the keys, in order; none for a key that is not known."""
        ...

    def add(self, keys: Collection[str], at: datetime, since: datetime) -> None:
        """Remember a moment under each of the keys."""
        ...

    def clear(self, key: str) -> None:
        """Forget a key."""
        ...


class MemoryFailureLog:
    """In this process alone. Bounded: the keys that were added to longest ago are forgotten first."""

    def __init__(self) -> None:
        self._times: OrderedDict[str, deque[datetime]] = OrderedDict()

    def since(self, keys: Collection[str], since: datetime) -> dict[str, list[datetime]]:
        """Moments after ``since``."""
        return {key: [at for at in self._times.get(key, ()) if at > since] for key in keys}

    def add(self, keys: Collection[str], at: datetime, since: datetime) -> None:
        """Remember a moment."""
        del since
        for key in keys:
            self._times.setdefault(key, deque(maxlen=_MOST_TIMES)).append(at)
            self._times.move_to_end(key)
        while len(self._times) > _MOST_KEYS:
            self._times.popitem(last=False)

    def clear(self, key: str) -> None:
        """Forget a key."""
        self._times.pop(key, None)


class StoredFailureLog:
    """In the table ``sign_in_failure``. Keys are kept as digests: people type passwords where their name belongs."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def since(self, keys: Collection[str], since: datetime) -> dict[str, list[datetime]]:
        """Moments after ``since``. Raises UnreachableError."""
        found: dict[str, list[datetime]] = {key: [] for key in keys}
        named = {_digest(key): key for key in keys}
        for row in reversed(self._shelf.rows(_READ, (list(named), since))):
            found[named[bytes(row["key"])]].append(row["at"])
        return found

    def add(self, keys: Collection[str], at: datetime, since: datetime) -> None:
        """Remember a moment, and forget what is of no account any more. Raises UnreachableError."""
        with self._shelf.writing() as connection:
            connection.execute(_PRUNE.encode(), (since,))
            connection.execute(_ADD.encode(), (at, [_digest(key) for key in keys]))

    def clear(self, key: str) -> None:
        """Forget a key. Raises UnreachableError."""
        with self._shelf.writing() as connection:
            connection.execute(_CLEAR.encode(), (_digest(key),))


def _digest(key: str) -> bytes:
    return sha256(key.encode("utf-8", "surrogatepass")).digest()
