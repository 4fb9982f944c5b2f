"""The table ``alert``, written from its topic."""

from collections.abc import Sequence
from typing import Any

import msgspec
from psycopg import Connection

from schemas.alert import Alert
from services.runtime.projection import insert_nouns
from services.runtime.reading import contents
from services.runtime.streams import Message

_decoder = msgspec.json.Decoder(Alert)


def project(connection: Connection[Any], messages: Sequence[Message]) -> None:
    """Insert the steps of some messages. May raise psycopg errors; never commits."""
    steps = contents(_decoder, messages)
    insert_nouns(connection, "alert", steps, json_columns=("probability", "basis"))
