"""Intake's HTTP door in this process, over a memory broker: for tests of those who come to it."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec

from schemas.lane import Lane
from schemas.provider import Provider
from schemas.rejection import Rejection
from schemas.topic import ALL_TOPICS, REJECTED
from services.intake.catalogue import catalogue_of
from services.intake.desk import Desk
from services.intake.feeds.configuration import load_documents
from services.intake.filing import Filing
from services.intake.limits import Limits
from services.intake.packer import Packer
from services.intake.publisher import Publisher
from services.intake.routes.web import web_application
from services.intake.store import Store
from services.runtime.chain import load_chain
from services.runtime.chain.folder import chain_folder
from services.runtime.clock import WallClock
from services.runtime.memory import MemoryBroker, MemoryConsumer, MemoryProducer
from services.runtime.metrics import Meters
from services.runtime.settings import Settings

with warnings.catch_warnings():  # starlette asks for another client, which says so once, at its import
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

SECRET = "the secret of errands in tests"  # one of a test


def provider(name: str, *series: str, **more: Any) -> Provider:
    """A provider without keys: nobody but the console can come for it."""
    return Provider(provider=name, name_zh=name, name_en=name, series=list(series), **more)


class MemoryIntake:
    """``client`` is its door, ``broker`` what it published, ``rejections()`` what it turned away."""

    def __init__(self, database_url: str, providers: list[Provider]) -> None:
        self.broker = MemoryBroker({t.name: t.partitions for t in ALL_TOPICS})
        clock = WallClock()
        series = {s.id: s for s in load_chain(chain_folder(None, "ordos")).series}
        wall = datetime(2020, 1, 1, tzinfo=UTC)
        lane = Lane(name="live", chain="ordos", opened_at=wall, origin=wall, wall_origin=wall)
        catalogue = catalogue_of(series, {"live": lane}, {p.provider: p for p in providers})
        publisher = Publisher(MemoryProducer(self.broker), lambda: series, ends=MemoryConsumer(self.broker))
        self.packer = Packer(publisher, clock, timeout_s=10.0)
        self.store = Store(database_url)
        desk = Desk(
            packer=self.packer,
            publisher=publisher,
            catalogue=lambda: catalogue,
            limits=Limits(),
            clock=clock,
            meters=Meters(),
        )
        filing = Filing(desk, load_documents(Settings()))
        self.client = TestClient(
            web_application(
                filing=filing, publisher=publisher, store=self.store, is_ready=lambda: True, errand_secret=SECRET
            )
        )

    def rejections(self) -> list[Rejection]:
        return [msgspec.json.decode(m.value or b"", type=Rejection) for m in self.broker.messages(REJECTED.name)]


@contextmanager
def memory_intake(database_url: str, *providers: Provider) -> Iterator[MemoryIntake]:
    """Open for as long as the block lasts."""
    made = MemoryIntake(database_url, list(providers))
    made.packer.start()
    try:
        yield made
    finally:
        made.client.close()
        made.packer.close()
        made.store.close()
