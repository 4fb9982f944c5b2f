"""PostgreSQL's binary COPY format, written by numpy: one structured record per row, without a Python step per row."""

import numpy as np
from numpy.typing import NDArray

from services.ingest.batch import Columns, Ints

OBSERVATION_COLUMNS = "observed_at, issued_at, known_at, value, lane_id, series_id, source_id, quality"
DIRTY_COLUMNS = "lane_id, series_id, day"
_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"
_EPOCH_2000_US = 946_684_800_000_000
_EPOCH_2000_DAYS = 10_957
DAY_US = 86_400_000_000


def _record(*fields: tuple[str, str]) -> np.dtype[np.void]:
    parts: list[tuple[str, str]] = [("count", ">i2")]
    for name, kind in fields:
        parts += [(f"{name}_length", ">i4"), (name, kind)]
    return np.dtype(parts)


_OBSERVATION_FIELDS = (
    ("observed", ">i8"),
    ("issued", ">i8"),
    ("known", ">i8"),
    ("value", ">f8"),
    ("lane", ">i4"),
    ("series", ">i4"),
    ("source", ">i4"),
    ("quality", ">i2"),
)
_DIRTY_FIELDS = (("lane", ">i4"), ("series", ">i4"), ("day", ">i4"))
_OBSERVATION = _record(*_OBSERVATION_FIELDS)
_DIRTY = _record(*_DIRTY_FIELDS)


def observation_form(rows: Columns) -> tuple[bytes, memoryview, bytes]:
    """Rows for ``COPY observation (OBSERVATION_COLUMNS) FROM STDIN (FORMAT binary)``, in pieces to write one after the other."""
    form = _empty(_OBSERVATION, _OBSERVATION_FIELDS, len(rows))
    form["observed"] = rows.observed_us - _EPOCH_2000_US
    form["issued"] = rows.issued_us - _EPOCH_2000_US
    form["known"] = rows.known_us - _EPOCH_2000_US
    form["value"] = rows.value
    form["lane"] = rows.lane_id
    form["series"] = rows.series_id
    form["source"] = rows.source_id
    form["quality"] = rows.quality
    return _HEADER, form.view(np.uint8).data, _TRAILER


def dirty_form(rows: Columns) -> tuple[bytes, memoryview, bytes]:
    """The UTC days these rows touch, each once where neighbours agree, for ``COPY dirty_bucket (DIRTY_COLUMNS) …``."""
    day: Ints = rows.observed_us // DAY_US
    changes = np.ones(len(rows), dtype=np.bool_)
    changes[1:] = (
        (day[1:] != day[:-1]) | (rows.series_id[1:] != rows.series_id[:-1]) | (rows.lane_id[1:] != rows.lane_id[:-1])
    )
    form = _empty(_DIRTY, _DIRTY_FIELDS, int(changes.sum()))
    form["lane"] = rows.lane_id[changes]
    form["series"] = rows.series_id[changes]
    form["day"] = day[changes] - _EPOCH_2000_DAYS
    return _HEADER, form.view(np.uint8).data, _TRAILER


def _empty(kind: np.dtype[np.void], fields: tuple[tuple[str, str], ...], count: int) -> NDArray[np.void]:
    one = np.zeros((), dtype=kind)
    one["count"] = len(fields)
    for name, width in fields:
        one[f"{name}_length"] = np.dtype(width).itemsize
    return np.full(count, one, dtype=kind)
