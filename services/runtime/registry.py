"""Chains, providers and lanes as the compacted topics state them, held in memory: stages run on it with the database away."""

from typing import TypeVar

import msgspec
from msgspec import Struct

from schemas.chain import Chain, Series
from schemas.lane import Lane
from schemas.provider import Provider
from schemas.topic import CHAIN, LANE, PROVIDER
from services.runtime.reading import content
from services.runtime.streams import Consumer, Message, Partition

_PARTITIONS: list[Partition] = [(CHAIN.name, 0), (PROVIDER.name, 0), (LANE.name, 0)]
_DECODERS: dict[str, msgspec.json.Decoder[Chain | Provider | Lane]] = {
    CHAIN.name: msgspec.json.Decoder(Chain),
    PROVIDER.name: msgspec.json.Decoder(Provider),
    LANE.name: msgspec.json.Decoder(Lane),
}
Noun = TypeVar("Noun", bound=Struct)


class Registry:
    """Newest version of every chain, provider and lane. Feed it a consumer of its own, assigned by ``open``.

    A message that cannot be read is logged and passed over; what was known before stays.
    ``refresh`` reads what is new without waiting; ``load`` reads up to the present end. Series of all chains share one name space.
    """

    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer
        self.chains: dict[str, Chain] = {}
        self.providers: dict[str, Provider] = {}
        self.lanes: dict[str, Lane] = {}
        self.series: dict[str, Series] = {}

    def open(self) -> None:
        """Start reading from the beginning of the three topics."""
        self._consumer.assign(_PARTITIONS)

    def load(self) -> None:
        """Read up to the present end. Raises UnreachableError."""
        ends = self._consumer.end_offsets(_PARTITIONS)
        while any(self._consumer.position(p) < ends[p] for p in _PARTITIONS):
            self._take(self._consumer.poll(0.2))

    def refresh(self) -> bool:
        """Read what is there now; True when something changed. Raises UnreachableError."""
        messages = self._consumer.poll(0.0)
        self._take(messages)
        return bool(messages)

    def close(self) -> None:
        """Close its consumer."""
        self._consumer.close()

    def _take(self, messages: list[Message]) -> None:
        for message in messages:
            noun = content(_DECODERS[message.topic], message)
            if isinstance(noun, Chain):
                self._take_chain(noun)
            elif isinstance(noun, Provider):
                self.providers[noun.provider] = newest(self.providers.get(noun.provider), noun)
            elif noun is not None:
                self.lanes[noun.name] = newest(self.lanes.get(noun.name), noun)

    def _take_chain(self, chain: Chain) -> None:
        previous = self.chains.get(chain.id)
        for old in previous.series if previous else ():
            self.series.pop(old.id, None)
        self.chains[chain.id] = chain
        self.series.update({s.id: s for s in chain.series})


def newest(old: Noun | None, new: Noun) -> Noun:
    """The one with the higher revision; the later message when equal."""
    if old is None or new.revision >= old.revision:  # type: ignore[attr-defined]  # both nouns of the registry carry one
        return new
    return old
