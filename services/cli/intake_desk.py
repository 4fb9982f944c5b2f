"""A desk for the command line: judges and publishes files on this machine with the operator's or a provider's rights."""

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from schemas.lane import LIVE
from services.intake.catalogue import Catalogue, snapshot
from services.intake.desk import Desk
from services.intake.feeds.configuration import load_documents, load_limits
from services.intake.feeds.ticker import live_lane
from services.intake.feeds.topics import load_notices, load_receipts, load_rejections
from services.intake.filing import Filing
from services.intake.packer import Packer
from services.intake.publisher import Publisher
from services.intake.receipts import ReceiptBook
from services.intake.rejected import RejectionLedger
from services.runtime.clock import WallClock
from services.runtime.kafka import KafkaStreamConsumer, KafkaStreamProducer
from services.runtime.lifecycle import Lifecycle
from services.runtime.metrics import Meters
from services.runtime.registry import Registry
from services.runtime.settings import Settings


@contextmanager
def open_filing(settings: Settings) -> Iterator[Filing]:
    """Everything that takes in files, connected; closed at the end. Raises UnreachableError."""
    lifecycle, clock = Lifecycle(), WallClock()
    try:
        producer = KafkaStreamProducer(settings, client_id="feed-send")
        lifecycle.register("producer", producer.close)
        catalogue = _catalogue(settings)
        reader = KafkaStreamConsumer(settings, client_id="feed-send")
        lifecycle.register("reader", reader.close)
        book, ledger, documents = ReceiptBook(), RejectionLedger(), load_documents(settings)
        load_receipts(reader, book)
        load_rejections(reader, ledger)
        load_notices(reader, documents.cap, ledger, catalogue)
        publisher = Publisher(producer, lambda: catalogue.series)
        packer = Packer(publisher, clock, timeout_s=30.0)
        packer.start()
        lifecycle.register("packer", packer.close)
        desk = Desk(
            packer=packer,
            publisher=publisher,
            catalogue=lambda: catalogue,
            limits=load_limits(settings),
            clock=clock,
            meters=Meters(),
            receipts=book,
            ledger=ledger,
        )
        yield Filing(desk, documents)
    finally:
        lifecycle.close()


def _catalogue(settings: Settings) -> Catalogue:
    registry = Registry(KafkaStreamConsumer(settings, client_id="feed-send-registry"))
    try:
        registry.open()
        registry.load()
        found = snapshot(registry)
    finally:
        registry.close()
    if LIVE in found.lanes:
        return found
    lanes = {**found.lanes, LIVE: live_lane(settings.chain, WallClock().now())}
    return msgspec.structs.replace(found, lanes=lanes)
