"""The demo does not outrun its judging: a newcomer sees levels, not 情况不明."""

from datetime import UTC, datetime, timedelta

from services.cli.pace import Pace
from services.runtime.clock import ManualClock

START = datetime(2026, 1, 5, 4, tzinfo=UTC)
AHEAD = timedelta(hours=6)


class _Judge:
    """Judges every sixth hour played: first after ``first_s`` (None: never), then each ``each_s`` later. Time passes only in waits."""

    def __init__(self, *, first_s: float | None, each_s: float) -> None:
        self.clock = ManualClock(START)
        self.said: list[str] = []
        self.furthest = timedelta()
        self.played = START
        self._ready_s, self._each_s = first_s, each_s
        self._judged: datetime | None = None
        self.pace = Pace(self.clock, self._wait, lambda: self._judged, ahead=AHEAD, hour_s=0.1, say=self.said.append)

    def play(self, hours: int) -> float:
        """Play so many hours; seconds that it took."""
        began = self.clock.monotonic()
        for _ in range(hours):
            self.played += timedelta(hours=1)
            assert not self.pace.wait_after(self.played)
            if self._judged is not None:
                self.furthest = max(self.furthest, self.played - self._judged)
        return self.clock.monotonic() - began

    def _wait(self, seconds: float) -> bool:
        self.clock.advance(timedelta(seconds=seconds))
        while self._ready_s is not None and self._ready_s <= self.clock.monotonic() and self._next() <= self.played:
            self._judged = self._next()
            self._ready_s = max(self._ready_s, self.clock.monotonic()) + self._each_s
        return False

    def _next(self) -> datetime:
        return START + timedelta(hours=6) if self._judged is None else self._judged + timedelta(hours=6)


def test_a_quick_judge_is_not_waited_for() -> None:
    judge = _Judge(first_s=0.0, each_s=0.0)
    assert 9.9 < judge.play(100) < 10.5
    assert judge.said == []


def test_a_judge_that_compiles_for_minutes_is_waited_for_and_then_followed() -> None:
    judge = _Judge(first_s=240.0, each_s=2.0)
    took = judge.play(240)
    assert took > 240 + 2.0 * 36
    assert judge.furthest <= timedelta(hours=7)
    assert judge.said == []


def test_without_a_judge_the_play_goes_on_and_says_so_once() -> None:
    judge = _Judge(first_s=None, each_s=0.0)
    assert 600 < judge.play(200) < 640
    assert len(judge.said) == 1


def test_who_wants_to_stop_does_not_wait() -> None:
    clock = ManualClock(START)
    pace = Pace(clock, lambda _: True, lambda: None, ahead=AHEAD, hour_s=0.1, say=print)
    assert pace.wait_after(START)
