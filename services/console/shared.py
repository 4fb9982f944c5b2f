"""One reading for many who ask at once: nobody gets what was read before he asked, yet a burst of questions costs two readings and not fifty."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Answer = TypeVar("Answer")


class _Place(Generic[Answer]):
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.begun = 0
        self.answer: Answer | None = None


class Shared(Generic[Answer]):
    """Answers by key. Whoever asks while a reading is under way waits for the next one, which all who wait share.

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
