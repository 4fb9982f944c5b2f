"""Reading the content of messages: what cannot be read is logged and passed over, so that one bad message stops nobody."""

from collections.abc import Iterable
from typing import TypeVar

import msgspec

from services.runtime.logs import logger
from services.runtime.streams import Message

_log = logger("reading")
Noun = TypeVar("Noun")


def content(decoder: msgspec.json.Decoder[Noun], message: Message) -> Noun | None:
    """The noun in a message; None when it has no value or cannot be read, the latter with a word in the log."""
    if message.value is None:
        return None
    try:
        return decoder.decode(message.value)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        _log.warning(
            "message passed over",
            topic=message.topic,
            partition=message.partition,
            offset=message.offset,
            why=str(error),
        )
        return None


def contents(decoder: msgspec.json.Decoder[Noun], messages: Iterable[Message]) -> list[Noun]:
    """The nouns of all messages that can be read, in order."""
    return [noun for noun in (content(decoder, message) for message in messages) if noun is not None]
