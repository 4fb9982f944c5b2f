"""The table ``score``, written from its topic."""

from collections.abc import Sequence
from typing import Any

import msgspec
from psycopg import Connection

from schemas.score import ScoreMessage
from services.runtime.projection import insert_nouns
from services.runtime.reading import contents
from services.runtime.streams import Message

_decoder = msgspec.json.Decoder(ScoreMessage)


def project(connection: Connection[Any], messages: Sequence[Message]) -> None:
    """Insert the scores of some messages. May raise psycopg errors; never commits."""
    scores = [score for told in contents(_decoder, messages) for score in told.scores]
    insert_nouns(connection, "score", scores)
