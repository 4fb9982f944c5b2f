"""Putting a chain on its topic, and judging it against the one that is there."""

from enum import StrEnum

import msgspec

from schemas.chain import Chain
from schemas.topic import CHAIN
from services.runtime.registry import Registry
from services.runtime.streams import Consumer, Producer

ACKNOWLEDGE_S = 20.0


class Standing(StrEnum):
    """How a chain stands to the stored one of the same id."""

    FIRST = "first"
    SAME = "same"
    NEWER = "newer"
    OLDER = "older"


def standing(stored: Chain | None, given: Chain) -> Standing:
    """FIRST without a stored one, SAME for equal content, OLDER when it is valid from an earlier time than the stored, else NEWER."""
    if stored is None:
        return Standing.FIRST
    if stored.version == given.version:
        return Standing.SAME
    return Standing.OLDER if given.valid_from < stored.valid_from else Standing.NEWER


def stored_chains(consumer: Consumer) -> dict[str, Chain]:
    """The newest version of every chain on the topic. Closes the consumer. Raises UnreachableError."""
    registry = Registry(consumer)
    try:
        registry.open()
        registry.load()
        return registry.chains
    finally:
        registry.close()


def publish_chain(producer: Producer, chain: Chain) -> int:
    """Put the chain on topic lianjing.chain under its id and wait for acks=all; its offset. Raises UnreachableError, InputError when too large."""
    delivery = producer.send(CHAIN.name, msgspec.json.encode(chain), key=chain.id.encode(), partition=0)
    producer.flush(ACKNOWLEDGE_S)
    return delivery.offset(ACKNOWLEDGE_S)
