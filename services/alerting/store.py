"""The tables ``alert`` and ``outcome``, written from their topics."""

from collections.abc import Sequence
from typing import Any

import msgspec
from psycopg import Connection

from schemas.alert import Alert
from schemas.outcome import Outcome
from schemas.topic import OUTCOME
from services.runtime.projection import insert_nouns
from services.runtime.reading import contents
from services.runtime.streams import Message

_alerts = msgspec.json.Decoder(Alert)
_outcomes = msgspec.json.Decoder(Outcome)


def project(connection: Connection[Any], messages: Sequence[Message]) -> None:
    """Insert the steps and entries of some messages. May raise psycopg errors; never commits."""
    steps = contents(_alerts, [m for m in messages if m.topic != OUTCOME.name])
    insert_nouns(connection, "alert", steps, json_columns=("probability", "basis"))
    entries = contents(_outcomes, [m for m in messages if m.topic == OUTCOME.name])
    insert_nouns(connection, "outcome", entries, json_columns=("foretold_probability",))
