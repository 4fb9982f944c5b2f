"""The ceiling: COPY of prebuilt binary buffers into the same table, with all its indexes."""

import time
from collections.abc import Iterator

import numpy as np
import psycopg

from services.cli.bench.ingestion.rows import SERIES, START_US, STEP_US
from services.ingest.batch import Columns
from services.ingest.copyform import OBSERVATION_COLUMNS, observation_form

SIZES = (1_000, 10_000, 50_000)
_COPY = f"COPY observation ({OBSERVATION_COLUMNS}) FROM STDIN (FORMAT binary)".encode()


def copy_rate(url: str, total: int, size: int, *, lane_id: int, is_sorted: bool) -> float:
    """Rows per second into an empty table, ``size`` rows a commit. The buffers are built before the clock starts.

    ``is_sorted`` puts the rows of a commit in the order of the index, as our writer does; otherwise they stand in time order.
    """
    buffers = list(_buffers(total, size, lane_id, is_sorted=is_sorted))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("TRUNCATE observation, dirty_bucket")
        connection.execute("CHECKPOINT")
        started = time.perf_counter()
        for buffer in buffers:
            with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
                copy.write(buffer)
        return len(buffers) * size / (time.perf_counter() - started)


def _buffers(total: int, size: int, lane_id: int, *, is_sorted: bool) -> Iterator[bytes]:
    value = np.random.default_rng(4).normal(1000, 50, size).round(2)
    for first in range(0, total - size + 1, size):
        number = np.arange(first, first + size)
        step, series = np.divmod(number, SERIES)
        if is_sorted:
            order = np.lexsort((step, series))
            step, series = step[order], series[order]
        observed = START_US + step * STEP_US
        same = np.full(size, lane_id, dtype=np.int64)
        zero = np.zeros(size, dtype=np.int64)
        flags = np.zeros(size, dtype=np.bool_)
        times = (observed, observed + 60_000_000, observed + 60_000_000)
        yield b"".join(
            observation_form(Columns(same, series + 1, zero + 1, *times, value, zero, flags, zero, zero, flags))
        )
