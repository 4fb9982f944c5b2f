"""What a data provider sends: one measured value, or many in columns."""

from datetime import datetime

from msgspec import Struct


class Record(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One value as the provider states it, before validation.

    ``unit`` may be left out when it is the catalogue's own. ``issued_at`` is when the provider published this value; a later
    ``issued_at`` for the same ``observed_at`` is a correction. ``key`` is the provider's own key of the record.
    ``quality``: good, estimated, suspect or bad.
    """

    series: str
    observed_at: datetime
    value: float
    unit: str | None = None
    issued_at: datetime | None = None
    quality: str = "good"
    key: str | None = None
    detail: dict[str, str | float | int | bool | None] | None = None
    lane: str = "live"


class RecordColumns(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Many records in columns: all lists have the same length; ``unit`` may be one word for all or a list."""

    series: list[str]
    observed_at: list[datetime]
    value: list[float]
    unit: str | list[str] | None = None
    issued_at: datetime | list[datetime] | None = None
    quality: list[str] | None = None
    key: list[str] | None = None
    lane: str = "live"
