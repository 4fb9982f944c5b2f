"""One reading for many: ``Shared`` for those who ask at the same time, ``Kept`` for those who ask before anything changed."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from services.runtime.clock import Clock

KEPT_S = 2.0
MOST_KEPT_S = 10.0
_MOST_KEPT = 64
Stamp = tuple[int, int]
Answer = TypeVar("Answer")


class _Place(Generic[Answer]):
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.begun = 0
        self.answer: Answer | None = None


class Shared(Generic[Answer]):
    """Answers by key. Nobody gets what was read before he asked, yet a burst of questions costs two readings and not fifty: whoever asks while a
    reading is under way waits for the next one, which all who wait share.

    Bounded: beyond ``most`` keys all are forgotten. ``read`` may raise; then whoever read gets the error, and the next one reads again.
    """

    def __init__(self, most: int = 64) -> None:
        self._places: dict[object, _Place[Answer]] = {}
        self._most = most
        self._guard = threading.Lock()

    def get(self, key: object, read: Callable[[], Answer]) -> Answer:
        """The answer of a reading that began after this call, one's own or that of another who asks for the same."""
        place = self._place(key)
        asked_at = place.begun
        with place.lock:
            if place.begun > asked_at and place.answer is not None:
                return place.answer
            place.begun += 1
            place.answer = None
            place.answer = read()
            return place.answer

    def _place(self, key: object) -> _Place[Answer]:
        with self._guard:
            if len(self._places) > self._most:
                self._places.clear()
            return self._places.setdefault(key, _Place())


class Kept(Generic[Answer]):
    """Answers by key, kept until the stream was told of a change, and at least two seconds: what nobody tells of may be so old, or as old as a slow
    reading took, ten seconds at most. Bounded as ``Shared`` is."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[object, tuple[Answer, Stamp, float]] = {}

    def get(self, key: object, stamp: Stamp | None, read: Callable[[], Answer | None]) -> Answer | None:
        """The answer kept under this stamp, else a new one. Nothing is kept without a stamp, nor that there is no answer."""
        begun_at = self._clock.monotonic()
        kept = self._kept.get(key)
        if kept is not None and kept[1] == stamp and begun_at < kept[2]:
            return kept[0]
        answer = read()
        if answer is not None and stamp is not None:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            now = self._clock.monotonic()
            self._kept[key] = (answer, stamp, now + min(MOST_KEPT_S, max(KEPT_S, now - begun_at)))
        return answer
