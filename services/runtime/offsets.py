"""Offsets kept in the database beside the rows they produced, guarded against a zombie that lost its partition.

Table ``kafka_offset``: consumer_group, topic, partition, next_offset, epoch, owner. Taking a partition raises its epoch; a write under an older
epoch changes no row, and the writer must roll back.
"""

from typing import Any

from msgspec import Struct
from psycopg import Connection

from services.runtime.errors import LianjingError
from services.runtime.streams import Partition

_TAKE = """
INSERT INTO kafka_offset AS o (consumer_group, topic, partition, next_offset, epoch, owner)
VALUES (%s, %s, %s, 0, 1, %s)
ON CONFLICT (consumer_group, topic, partition) DO UPDATE SET epoch = o.epoch + 1, owner = excluded.owner, updated_at = now()
RETURNING next_offset, epoch
"""
_MOVE = """
UPDATE kafka_offset SET next_offset = %s, updated_at = now()
WHERE consumer_group = %s AND topic = %s AND partition = %s AND epoch = %s AND next_offset <= %s
"""


class Claim(Struct, frozen=True):
    """A partition taken by this process: where to read on, and the epoch its writes carry."""

    next_offset: int
    epoch: int


class LostPartitionError(LianjingError):
    """Another process has taken the partition since. Roll back, forget it, go on with the others."""


def take(connection: Connection[Any], group: str, partition: Partition, owner: str) -> Claim:
    """Take a partition for ``owner`` and return where to read on. The caller commits."""
    row = connection.execute(_TAKE, (group, *partition, owner)).fetchone()
    if row is None:
        raise LostPartitionError(f"{partition} of {group} could not be taken")
    return Claim(int(row[0]), int(row[1]))


def move(connection: Connection[Any], group: str, partition: Partition, epoch: int, next_offset: int) -> None:
    """Write the next offset inside the caller's transaction. Raises LostPartitionError when another process took the partition."""
    done = connection.execute(_MOVE, (next_offset, group, *partition, epoch, next_offset))
    if done.rowcount != 1:
        raise LostPartitionError(f"{partition} of {group} belongs to another process now")
