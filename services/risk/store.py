"""The tables ``assessment`` and ``answer``, written from their topics."""

from collections.abc import Sequence
from typing import Any

import msgspec
from psycopg import Connection

from schemas.answer import Answer
from schemas.assessment import Assessment
from schemas.topic import ANSWER
from services.runtime.projection import insert_nouns
from services.runtime.reading import contents
from services.runtime.streams import Message

_JSON = ("probability", "causes", "inputs", "stock_p10", "stock_p50", "stock_p90")
_assessment = msgspec.json.Decoder(Assessment)
_answer = msgspec.json.Decoder(Answer)


def project(connection: Connection[Any], messages: Sequence[Message]) -> None:
    """Insert the assessments and answers of some messages. May raise psycopg errors; never commits."""
    answers = contents(_answer, [m for m in messages if m.topic == ANSWER.name])
    assessments = contents(_assessment, [m for m in messages if m.topic != ANSWER.name])
    insert_nouns(connection, "assessment", assessments, json_columns=_JSON)
    insert_nouns(connection, "answer", answers, json_columns=("body",))
