"""How fast the demo plays: an hour at a time, and never so far ahead of the judging that the screens have nothing to say."""

from collections.abc import Callable
from datetime import datetime, timedelta

from services.runtime.clock import Clock

_LOOK_S = 0.1
_PATIENCE_S = 120.0
_FIRST_PATIENCE_S = 600.0  # the kernels compile once on a new machine, all services at the same time

Say = Callable[[str], None]


class Pace:
    """Waits between two hours of a play: ``hour_s`` seconds at least, and until ``judged_until`` is no more than ``ahead`` of the lane behind.

    Whoever judges may be missing: when nothing was judged for two minutes (ten before the first judgement) the play goes on and says so,
    once. ``wait`` sleeps so many seconds and returns True when the play must stop.
    """

    def __init__(
        self,
        clock: Clock,
        wait: Callable[[float], bool],
        judged_until: Callable[[], datetime | None],
        *,
        ahead: timedelta,
        hour_s: float,
        say: Say,
    ) -> None:
        self._clock, self._wait, self._judged_until = clock, wait, judged_until
        self._ahead, self._hour_s, self._say = ahead, hour_s, say
        self._due = clock.monotonic()
        self._began_at: datetime | None = None
        self._has_given_up = False

    def wait_after(self, played: datetime) -> bool:
        """Wait after the hour that ends at the lane time ``played``; True when the play must stop."""
        self._began_at = self._began_at or played
        self._due = max(self._due + self._hour_s, self._clock.monotonic())
        if self._wait(self._due - self._clock.monotonic()):
            return True
        return not self._has_given_up and self._wait_for_judgement(played)

    def _wait_for_judgement(self, played: datetime) -> bool:
        judged = self._judged_until()
        since = self._clock.monotonic()
        while self._is_ahead(played, judged):
            patience = _FIRST_PATIENCE_S if judged is None else _PATIENCE_S
            if self._clock.monotonic() - since > patience:
                self._has_given_up = True
                self._say("研判没有跟上,继续播放 | nothing was judged for a while: the play goes on without it")
                return False
            if self._wait(_LOOK_S):
                return True
            latest = self._judged_until()
            if latest != judged:
                judged, since = latest, self._clock.monotonic()
        return False

    def _is_ahead(self, played: datetime, judged: datetime | None) -> bool:
        return played - (judged or self._began_at or played) > self._ahead
