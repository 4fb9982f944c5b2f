"""What a worker of detection knew of one partition at one position, so that the next one can go on from there."""

from msgspec import Struct


class Table(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One array of state: ``dtype`` (as numpy names it), the shape ``row`` of a row, and the rows in C order, by zlib where ``packed``."""

    dtype: str
    row: list[int]
    data: bytes
    packed: bool = False


class Snapshot(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """State of a detector after every message of a partition before ``next_offset``, all of whose scores had been published.

    Identity: detector, topic, partition, turn, chunk; the newest counts. A snapshot is cut into ``chunks``, numbered from 0, and is whole when all
    of one (version, next_offset) are there. Two turns, 0 and 1, take each other's place, so that one is whole while the other is being written.
    Row i of every table is the state of ``series[i]`` in ``lanes[i]``. ``rows`` says what a row is: a series; a pool of like series, named in
    ``series``; a lane as a whole; or a finding of data quality in that series.
    """

    detector: str
    version: str
    topic: str
    partition: int
    next_offset: int
    turn: int
    chunk: int
    chunks: int
    lanes: list[str]
    series: list[str]
    state: dict[str, Table]
    rows: str = "series"
    v: int = 1
