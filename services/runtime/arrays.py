"""Numpy arrays as parameters of SQL statements, and times as µs in results, without a Python step per element."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg import Connection
from psycopg.abc import Buffer
from psycopg.adapt import Dumper, Loader
from psycopg.pq import Format

EPOCH_2000_US = 946_684_800_000_000
_INT4, _INT4_ARRAY = 23, 1007
_TIMESTAMPTZ, _TIMESTAMPTZ_ARRAY = 1184, 1185


class IntArray:
    """Whole numbers as an ``int4[]`` parameter."""

    def __init__(self, values: NDArray[np.int64]) -> None:
        self.content = _array(_INT4, ">i4", values)


class TimeArray:
    """Times in µs since 1970 as a ``timestamptz[]`` parameter."""

    def __init__(self, values: NDArray[np.int64]) -> None:
        self.content = _array(_TIMESTAMPTZ, ">i8", values - EPOCH_2000_US)


class _ArrayDumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: Any) -> Buffer | None:
        content: bytes = obj.content
        return content


class _IntArrayDumper(_ArrayDumper):
    oid = _INT4_ARRAY


class _TimeArrayDumper(_ArrayDumper):
    oid = _TIMESTAMPTZ_ARRAY


class _MicrosecondLoader(Loader):
    format = Format.BINARY

    def load(self, data: Buffer) -> int:
        return int.from_bytes(bytes(data), "big", signed=True) + EPOCH_2000_US


def register(connection: Connection[Any]) -> None:
    """Teach a connection the parameters above; its binary results then give timestamptz as µs since 1970."""
    connection.adapters.register_dumper(IntArray, _IntArrayDumper)
    connection.adapters.register_dumper(TimeArray, _TimeArrayDumper)
    connection.adapters.register_loader(_TIMESTAMPTZ, _MicrosecondLoader)


def _array(element: int, kind: str, values: NDArray[np.int64]) -> bytes:
    head = np.array([1, 0, element, len(values), 1], dtype=">i4").tobytes()
    if len(values) == 0:
        return np.array([0, 0, element], dtype=">i4").tobytes()
    body = np.empty(len(values), dtype=[("length", ">i4"), ("value", kind)])
    body["length"] = np.dtype(kind).itemsize
    body["value"] = values
    return head + body.tobytes()
