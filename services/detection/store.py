"""The tables of detection: ``score``, written from its topic; ``observation``, read where the topic no longer reaches back."""

from collections.abc import Sequence
from typing import Any

import msgspec
import psycopg
from psycopg import Connection

from schemas.score import ScoreMessage
from schemas.topic import FEED_TOPICS, partition_of
from services.detection.gap import StoredRow
from services.runtime.clock import from_us, to_us
from services.runtime.database import connect
from services.runtime.errors import UnreachableError
from services.runtime.projection import insert_nouns
from services.runtime.reading import contents
from services.runtime.streams import Message, Partition

_decoder = msgspec.json.Decoder(ScoreMessage)
_FEED_OF = {topic.name: feed for feed, topic in FEED_TOPICS.items()}
_SERIES = "SELECT series, group_name FROM series WHERE feed = %s"
_ROWS = """
SELECT o.known_at, l.lane, s.series, o.observed_at, o.issued_at, o.value, o.quality
FROM observation o JOIN lane l USING (lane_id) JOIN series s USING (series_id)
WHERE s.series = ANY(%s) AND o.known_at >= %s AND l.closed_at IS NULL
"""


def project(connection: Connection[Any], messages: Sequence[Message]) -> None:
    """Insert the scores of some messages. May raise psycopg errors; never commits."""
    scores = [score for told in contents(_decoder, messages) for score in told.scores]
    insert_nouns(connection, "score", scores)


class Database:
    """Observations kept in the database at ``url``; a connection for each question, they are rare."""

    def __init__(self, url: str) -> None:
        self._url = url

    def rows(self, partition: Partition, since_us: int) -> list[StoredRow]:
        """Those of the series of a partition, in open lanes, known at ``since_us`` or later. Raises UnreachableError."""
        topic, number = partition
        try:
            with connect(self._url, application="detection-gap", autocommit=True) as connection:
                named = connection.execute(_SERIES, (_FEED_OF[topic].value,)).fetchall()
                series = [str(name) for name, group in named if partition_of(str(group)) == number]
                found: list[Any] = connection.execute(_ROWS, (series, from_us(since_us))).fetchall()
        except psycopg.Error as error:
            raise UnreachableError(f"the database does not say what the topic lost: {error}") from error
        return [
            StoredRow(to_us(known), lane, name, to_us(observed), to_us(issued), value, quality)
            for known, lane, name, observed, issued, value, quality in found
        ]
