"""Threads that read topics for intake: the registry, and the newest receipts and rejections."""

import threading
from collections.abc import Callable

import msgspec

from schemas.feed import Feed, FeedMessage
from schemas.provider import Receipt
from schemas.rejection import Reason, Rejection
from schemas.topic import FEED_TOPICS, RECEIPT, REJECTED
from services.intake.cap.records import CapReader
from services.intake.catalogue import Catalogue, catalogue_of, snapshot
from services.intake.receipts import KEPT as RECEIPTS_KEPT
from services.intake.receipts import ReceiptBook
from services.intake.rejected import KEPT as REJECTIONS_KEPT
from services.intake.rejected import RejectionLedger
from services.runtime.errors import UnreachableError
from services.runtime.lifecycle import Lifecycle
from services.runtime.logs import logger
from services.runtime.registry import Registry
from services.runtime.streams import Consumer, Message, Partition

_log = logger("topics")
_PAUSE_S = 0.2
_NOTICES_KEPT = 5_000


class RegistryWatch:
    """Keeps a catalogue of now. ``load`` once from the opening thread, then ``start``; ``catalogue`` is safe from any thread."""

    def __init__(self, registry: Registry, lifecycle: Lifecycle) -> None:
        self._registry = registry
        self._lifecycle = lifecycle
        self._catalogue = catalogue_of({}, {}, {})
        self._thread = threading.Thread(target=self._run, name="registry", daemon=True)

    def load(self) -> None:
        """Read the topics up to now. Raises UnreachableError."""
        self._registry.open()
        self._registry.load()
        self._catalogue = snapshot(self._registry)

    def start(self) -> None:
        """Follow the topics."""
        self._thread.start()

    def catalogue(self) -> Catalogue:
        """The catalogue of now."""
        return self._catalogue

    def close(self) -> None:
        """Stop following; the lifecycle must be stopping."""
        if self._thread.is_alive():
            self._thread.join(10)
        self._registry.close()

    def _run(self) -> None:
        while not self._lifecycle.wait(_PAUSE_S):
            try:
                if self._registry.refresh():
                    self._catalogue = snapshot(self._registry)
            except UnreachableError as error:
                _log.warning("registry waits for the broker", why=str(error))


def load_newest(consumer: Consumer, partitions: list[Partition], most: int, take: Callable[[Message], None]) -> None:
    """Hand over the newest ``most`` messages of each partition up to the present end. Raises UnreachableError."""
    consumer.assign(partitions)
    begins, ends = consumer.beginning_offsets(partitions), consumer.end_offsets(partitions)
    for place in partitions:
        consumer.seek(place, max(begins[place], ends[place] - most))
    while any(consumer.position(p) < ends[p] for p in partitions):
        for message in consumer.poll(0.2, 2000):
            take(message)


def load_receipts(consumer: Consumer, book: ReceiptBook) -> None:
    """Remember the newest receipts. Raises UnreachableError."""

    def take(message: Message) -> None:
        if message.value is not None:
            book.load(msgspec.json.decode(message.value, type=Receipt))

    load_newest(consumer, [(RECEIPT.name, 0)], RECEIPTS_KEPT, take)


def load_rejections(consumer: Consumer, ledger: RejectionLedger) -> None:
    """Remember the newest rejections. Raises UnreachableError."""

    def take(message: Message) -> None:
        if message.value is not None:
            ledger.enter(msgspec.json.decode(message.value, type=Rejection))

    partitions: list[Partition] = [(REJECTED.name, p) for p in range(REJECTED.partitions)]
    load_newest(consumer, partitions, REJECTIONS_KEPT // REJECTED.partitions, take)


def load_notices(consumer: Consumer, reader: CapReader, ledger: RejectionLedger, catalogue: Catalogue) -> None:
    """Rebuild the state of CAP notices from the hazard feed, and from cancellations that came before what they cancel. Raises UnreachableError."""
    topic = FEED_TOPICS[Feed.HAZARD]

    def take(message: Message) -> None:
        columns = msgspec.json.decode(message.value or b"{}", type=FeedMessage)
        for series, detail in zip(columns.series, columns.detail or (), strict=False):
            if detail:
                reader.ledger.remember(columns.lane, series, detail)

    load_newest(consumer, [(topic.name, p) for p in range(topic.partitions)], _NOTICES_KEPT, take)
    for rejection in ledger.all():
        if rejection.reason is Reason.UNKNOWN_REFERENCE:
            reader.read(rejection.raw, rejection.origin, catalogue.series, catalogue.places, rejection.lane)
