"""The table ``assessment``, written from its topic."""

from collections.abc import Sequence
from typing import Any

import msgspec
from psycopg import Connection

from schemas.assessment import Assessment
from services.runtime.projection import insert_nouns
from services.runtime.reading import contents
from services.runtime.streams import Message

_JSON = ("probability", "causes", "inputs", "stock_p10", "stock_p90")
_decoder = msgspec.json.Decoder(Assessment)


def project(connection: Connection[Any], messages: Sequence[Message]) -> None:
    """Insert the assessments of some messages. May raise psycopg errors; never commits."""
    assessments = contents(_decoder, messages)
    insert_nouns(connection, "assessment", assessments, json_columns=_JSON)
