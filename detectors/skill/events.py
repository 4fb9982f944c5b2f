"""What truly happened and what was warned of, per account, in hours on one axis."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, kw_only=True)
class Event:
    """A true event: ``hour`` at which it began, ``lasted_h`` for which its condition held, and by what it was caused (labels; none: unknown).

    ``shown_h`` is when the cause was first published, None when never. Raises ValueError for hours that are not finite or a negative length.
    """

    account: int
    hour: float
    lasted_h: float
    causes: tuple[str, ...] = ()
    shown_h: float | None = None
    is_foreseeable: bool = False

    def __post_init__(self) -> None:
        if not math.isfinite(self.hour) or not (math.isfinite(self.lasted_h) and self.lasted_h >= 0):
            raise ValueError(
                f"event of account {self.account}: hour {self.hour}, lasted {self.lasted_h}; finite hours and a length ≥ 0 are right"
            )


@dataclass(frozen=True, kw_only=True)
class Episode:
    """A warning that stood from ``opened`` (included) to ``closed`` (not included; infinite while it stands). ``cause`` is the label it named.

    Raises ValueError when it opens at no finite hour, or closes before it opens.
    """

    account: int
    opened: float
    closed: float = math.inf
    cause: str = ""

    def __post_init__(self) -> None:
        if not math.isfinite(self.opened) or not self.closed >= self.opened:
            raise ValueError(
                f"episode of account {self.account}: opened {self.opened}, closed {self.closed}; closing after a finite opening is right"
            )

    def is_open_at(self, hour: float) -> bool:
        """True when it opened before ``hour`` and is not closed by then."""
        return self.opened < hour < self.closed


def spells(account: int, steps: Sequence[tuple[float, bool | None]], cause: str = "") -> list[Episode]:
    """Episodes of one account from steps (hour, is it warned of now) in order of time. None, the unknown state, neither opens nor closes.

    Raises ValueError when the hours go back.

    >>> [(e.opened, e.closed) for e in spells(0, [(1, True), (2, None), (5, False), (7, True)])]
    [(1, 5), (7, inf)]
    """
    found: list[Episode] = []
    opened: float | None = None
    before = -math.inf
    for hour, is_warned in steps:
        if not hour >= before:
            raise ValueError(f"steps of account {account}: hour {hour} after {before}; an order of time is right")
        before = hour
        if is_warned and opened is None:
            opened = hour
        elif is_warned is False and opened is not None:
            found.append(Episode(account=account, opened=opened, closed=hour, cause=cause))
            opened = None
    if opened is not None:
        found.append(Episode(account=account, opened=opened, cause=cause))
    return found


def merged(episodes: Iterable[Episode]) -> list[Episode]:
    """Episodes of each account put together where they touch or overlap; the cause of the earliest is kept."""
    joined: list[Episode] = []
    for each in sorted(episodes, key=lambda e: (e.account, e.opened, e.closed)):
        last = joined[-1] if joined else None
        if last is not None and last.account == each.account and each.opened <= last.closed:
            joined[-1] = replace(last, closed=max(last.closed, each.closed))
        else:
            joined.append(each)
    return joined
