"""The table ``assessment``, written from its topic."""

from collections.abc import Sequence
from typing import Any

import msgspec
from psycopg import Connection

from schemas.assessment import Assessment
from services.runtime.projection import insert_nouns
from services.runtime.streams import Message

_decoder = msgspec.json.Decoder(Assessment)


def project(connection: Connection[Any], messages: Sequence[Message]) -> None:
    """Insert the assessments of some messages. May raise psycopg errors; never commits."""
    nouns = [_decoder.decode(m.value) for m in messages if m.value is not None]
    insert_nouns(connection, "assessment", nouns, json_columns=("probability", "causes", "inputs"))
