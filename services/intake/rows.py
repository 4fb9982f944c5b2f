"""Rows on their way to a feed topic: many accepted values of one lane and one source, in columns."""

from collections.abc import Sequence

from msgspec import Struct, structs

_OPTIONAL = ("quality", "implied", "detail", "key")


class Rows(Struct, frozen=True, kw_only=True):
    """Values already in the unit of the catalogue; times in µs since the epoch; every list has one entry per row.

    Any mix of series. ``quality`` None means all good, ``implied`` None that every row states its own issued_at.
    ``detail`` is JSON text per row. ``known_us`` is stamped by intake with the lane's clock; players give their own.
    """

    lane: str
    series: list[str]
    observed_us: list[int]
    issued_us: list[int]
    known_us: list[int]
    value: list[float]
    quality: list[int] | None = None
    implied: list[bool] | None = None
    detail: list[str | None] | None = None
    key: list[str | None] | None = None
    source: str = "player"

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.series)

    def picked(self, indices: Sequence[int]) -> "Rows":
        """Only these rows, in this order.

        >>> Rows(lane="live", series=["a", "b"], observed_us=[1, 2], issued_us=[1, 2], known_us=[3, 3], value=[7.0, 8.0]).picked([1]).value
        [8.0]
        """
        if len(indices) == len(self.series) and all(i == j for i, j in enumerate(indices)):
            return self
        optional = {name: _pick(getattr(self, name), indices) for name in _OPTIONAL}
        return structs.replace(
            self,
            series=[self.series[i] for i in indices],
            observed_us=[self.observed_us[i] for i in indices],
            issued_us=[self.issued_us[i] for i in indices],
            known_us=[self.known_us[i] for i in indices],
            value=[self.value[i] for i in indices],
            **optional,
        )

    def lengths(self) -> set[int]:
        """Lengths of all columns; one number when the rows are rectangular."""
        columns = (self.series, self.observed_us, self.issued_us, self.known_us, self.value)
        optional = (getattr(self, name) for name in _OPTIONAL)
        return {len(c) for c in columns} | {len(c) for c in optional if c is not None}


def joined(parts: Sequence[Rows]) -> Rows:
    """Rows of one lane and one source put one after the other; the caller has sorted them so. At least one part."""
    if len(parts) == 1:
        return parts[0]
    optional: dict[str, list[object] | None] = {}
    for name, blank in (("quality", 0), ("implied", False), ("detail", None), ("key", None)):
        optional[name] = _joined_column(parts, name, blank)
    return structs.replace(
        parts[0],
        series=[s for p in parts for s in p.series],
        observed_us=[t for p in parts for t in p.observed_us],
        issued_us=[t for p in parts for t in p.issued_us],
        known_us=[t for p in parts for t in p.known_us],
        value=[v for p in parts for v in p.value],
        **optional,
    )


def _joined_column(parts: Sequence[Rows], name: str, blank: object) -> list[object] | None:
    columns = [getattr(p, name) for p in parts]
    if all(c is None for c in columns):
        return None
    return [v for p, c in zip(parts, columns, strict=True) for v in (c if c is not None else [blank] * len(p))]


def _pick(column: list[object] | None, indices: Sequence[int]) -> list[object] | None:
    return None if column is None else [column[i] for i in indices]
