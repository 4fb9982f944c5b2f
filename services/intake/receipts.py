"""First arrivals: a request that comes again is stamped with the time of its first arrival, so its records keep their identity."""

import hashlib
import threading
from collections import OrderedDict
from datetime import datetime

from schemas.provider import Receipt
from services.runtime.errors import LianjingError

KEPT = 200_000
"""Receipts remembered; older requests count as new."""
RENEWED = "mqtt:"
"""Keys that begin so are used again by their protocol for other messages."""
_ANSWERS_KEPT = 5_000


class OtherBodyError(LianjingError):
    """The idempotency key was used before with another body."""


class ReceiptBook:
    """Receipts by source and key, and the answers of this process. Thread-safe."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._receipts: OrderedDict[tuple[str, str], tuple[bytes, datetime]] = OrderedDict()
        self._certain: set[tuple[str, str]] = set()
        self._answers: OrderedDict[tuple[str, str], object] = OrderedDict()
        self._lock = threading.Lock()

    def load(self, receipt: Receipt) -> None:
        """Take a receipt from the topic; the first of a key counts, of a renewed one the last."""
        place = (receipt.source, receipt.idempotency_key)
        with self._lock:
            if place not in self._receipts or receipt.idempotency_key.startswith(RENEWED):
                self._enter(place, bytes.fromhex(receipt.body_digest), receipt.known_at)
            self._certain.add(place)

    def arrive(self, source: str, key: str, digest: bytes, now: datetime) -> tuple[Receipt, bool]:
        """The receipt of this request, and whether it must still be published before the data.

        Raises OtherBodyError when the key stands for another body.
        """
        place = (source, key)
        with self._lock:
            if place not in self._receipts:
                self._enter(place, digest, now)
            known_digest, known_at = self._receipts[place]
            is_certain = place in self._certain
        if known_digest != digest:
            raise OtherBodyError(f"幂等键 {key!r} 已用于其他内容 / idempotency key {key!r} was used with another body")
        receipt = Receipt(source=source, idempotency_key=key, body_digest=digest.hex(), known_at=known_at)
        return receipt, not is_certain

    def renew(self, source: str, key: str, digest: bytes, now: datetime) -> Receipt:
        """The receipt of a message that is certainly no repeat, whatever stood under its key (which begins with ``RENEWED``)."""
        place = (source, key)
        with self._lock:
            self._enter(place, digest, now)
            self._certain.discard(place)
        return Receipt(source=source, idempotency_key=key, body_digest=digest.hex(), known_at=now)

    def confirm(self, receipt: Receipt) -> None:
        """The broker acknowledged the receipt."""
        place = (receipt.source, receipt.idempotency_key)
        with self._lock:
            if place in self._receipts:
                self._certain.add(place)

    def answer(self, source: str, key: str) -> object | None:
        """The answer this process gave to the key, if it remembers."""
        with self._lock:
            return self._answers.get((source, key))

    def remember_answer(self, source: str, key: str, answer: object) -> None:
        """Remember a final answer, so that a repeat gets the same one."""
        with self._lock:
            self._answers[(source, key)] = answer
            while len(self._answers) > _ANSWERS_KEPT:
                self._answers.popitem(last=False)

    def _enter(self, place: tuple[str, str], digest: bytes, known_at: datetime) -> None:
        self._receipts[place] = (digest, known_at)
        self._receipts.move_to_end(place)
        while len(self._receipts) > self._kept:
            old, _ = self._receipts.popitem(last=False)
            self._certain.discard(old)


def digest_of_body(*parts: bytes) -> bytes:
    """Digest of a body (and of what else decides its meaning)."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.digest()[:16]
