"""The message of the four feed topics: rows in columns, of one lane and one partition."""

from enum import StrEnum

from msgspec import Struct


class Feed(StrEnum):
    """The four feeds. A series belongs to exactly one."""

    PRODUCTION = "production"
    LOGISTICS = "logistics"
    PRICE = "price"
    HAZARD = "hazard"


class FeedMessage(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Accepted observations, columnar: every list has one entry per row and the same length n ≥ 1.

    Values are already in the unit of the catalogue (t, h, CNY/t, …; the unit is the series', so it is not repeated).
    Times are µs since the epoch. ``known_us`` was stamped once by intake with the lane's clock.
    ``issued_us`` equals ``known_us`` where the provider gave none; then ``implied`` is true for the row and it counts as a
    revision only if value or quality differs from the latest. ``detail`` is JSON text per row (hazard notices, remarks) or
    None as a whole. ``key`` is the provider's own key per row or None as a whole.
    Identity of a row: lane, series, observed_us, issued_us. Repeats carry the same identity.
    """

    lane: str
    source: str
    series: list[str]
    observed_us: list[int]
    issued_us: list[int]
    known_us: list[int]
    value: list[float]
    quality: list[int] | None = None
    implied: list[bool] | None = None
    detail: list[str | None] | None = None
    key: list[str | None] | None = None
    v: int = 1

    def row_count(self) -> int:
        """Number of rows."""
        return len(self.series)

    def is_rectangular(self) -> bool:
        """True when every column has the same length, which intake guarantees and a reader of foreign messages checks."""
        n = len(self.series)
        if n == 0 or not n == len(self.observed_us) == len(self.issued_us) == len(self.known_us) == len(self.value):
            return False
        optional = (self.quality, self.implied, self.detail, self.key)
        return optional == _NONE or all(c is None or len(c) == n for c in optional)

    def is_readable(self) -> bool:
        """True when it is rectangular and the calendar (years 1 to 9999) can tell all its times; a reader passes over a message that is not."""
        return self.is_rectangular() and all(
            min(times) >= _FIRST_US and max(times) <= _LAST_US
            for times in (self.observed_us, self.issued_us, self.known_us)
        )


_NONE = (None, None, None, None)
_FIRST_US = -62_135_596_800_000_000
_LAST_US = 253_402_300_799_999_999
