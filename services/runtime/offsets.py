"""Offsets kept in the database beside the rows they produced, guarded against a zombie that lost its partition.

Table ``kafka_offset``: consumer_group, topic, partition, next_offset, epoch, owner. Taking a partition raises its epoch; a write under an older
epoch changes no row, and the writer must roll back.
"""

from collections.abc import Mapping, Sequence
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


_TAKE_ALL = """
INSERT INTO kafka_offset AS o (consumer_group, topic, partition, next_offset, epoch, owner)
SELECT %s::text, k.topic, k.partition, 0, 1, %s::text FROM unnest(%s::text[], %s::int[]) AS k (topic, partition) ORDER BY 2, 3
ON CONFLICT (consumer_group, topic, partition) DO UPDATE SET epoch = o.epoch + 1, owner = excluded.owner, updated_at = now()
RETURNING topic, partition, next_offset, epoch
"""
_MOVE_ALL = """
UPDATE kafka_offset o SET next_offset = k.next_offset, updated_at = now()
FROM unnest(%s::text[], %s::int[], %s::bigint[], %s::bigint[]) AS k (topic, partition, epoch, next_offset)
WHERE o.consumer_group = %s AND o.topic = k.topic AND o.partition = k.partition AND o.epoch = k.epoch AND o.next_offset <= k.next_offset
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


def take_all(
    connection: Connection[Any], group: str, partitions: Sequence[Partition], owner: str
) -> dict[Partition, Claim]:
    """Take many partitions at once; waits for a transaction that writes one of them. The caller commits."""
    topics, numbers = [t for t, _ in partitions], [p for _, p in partitions]
    rows = connection.execute(_TAKE_ALL, (group, owner, topics, numbers)).fetchall()
    return {(str(t), int(p)): Claim(int(o), int(e)) for t, p, o, e in rows}


def move_all(connection: Connection[Any], group: str, ends: Mapping[Partition, tuple[int, int]]) -> None:
    """Write (epoch, next offset) of many partitions inside the caller's transaction, all or none.

    Done first in a transaction it makes a later owner wait for it. Raises LostPartitionError when another process took one of them.
    """
    topics, numbers = [t for t, _ in ends], [p for _, p in ends]
    epochs, offsets = [e for e, _ in ends.values()], [o for _, o in ends.values()]
    done = connection.execute(_MOVE_ALL, (topics, numbers, epochs, offsets, group))
    if done.rowcount != len(ends):
        raise LostPartitionError(
            f"{len(ends) - done.rowcount} of {len(ends)} partitions of {group} belong to another process now"
        )
