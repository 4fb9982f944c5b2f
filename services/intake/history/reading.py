"""From the rows of a table to observations and rejections. Pure; the order of the rows does not matter."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from msgspec import Struct

from schemas.rejection import Reason
from services.intake.history.day import day_of, observed_us
from services.intake.history.entities import Places, entity_name
from services.intake.history.mapping import Column, Mapping
from services.intake.history.table import Table, TableRow

_MICROSECOND = timedelta(microseconds=1)


class Observation(Struct, frozen=True, order=True):
    """A cell that became a value. Times in µs since the epoch; ordered by when it became known."""

    known_us: int
    series: str
    observed_us: int
    value: float
    line: int


class Defect(Struct, frozen=True, kw_only=True):
    """A cell (or a whole row, column "") that cannot be used, and why. ``known_us`` is 0 where the row's date cannot be read."""

    line: int
    column: str
    reason: Reason
    given: str
    wanted: str
    series: str
    known_us: int
    raw: str


class Reading(Struct, frozen=True, kw_only=True):
    """A table as read: observations by when they became known, defects by line, and how many cells were blank or repeated."""

    rows: int
    observations: list[Observation]
    defects: list[Defect]
    blank: int
    repeated: int

    def defect_rows(self) -> int:
        """Rows with at least one defect."""
        return len({d.line for d in self.defects})

    def reasons(self) -> dict[str, int]:
        """Defects by reason code."""
        return dict(sorted(Counter(d.reason.value for d in self.defects).items()))


def series_id(column: Column, node: str) -> str:
    """Series of a column at a node: the mapping's own id, else indicator.node.product."""
    return column.id or ".".join(part for part in (column.indicator, node, column.product) if part)


def read_table(mapping: Mapping, places: Places, table: Table) -> Reading:
    """Read every row; the result is the same whatever the order of the rows, except which of two conflicting ones stays (the upper)."""
    reader = _Reader(mapping, places)
    for row in table.rows:
        reader.take(row)
    return Reading(
        rows=len(table.rows),
        observations=sorted(reader.seen.values()),
        defects=reader.defects,
        blank=reader.blank,
        repeated=reader.repeated,
    )


class _Reader:
    def __init__(self, mapping: Mapping, places: Places) -> None:
        self._mapping = mapping
        self._places = places
        self._zone = ZoneInfo(mapping.date.zone)
        self._lag_us = mapping.publication_lag // _MICROSECOND
        self._times: dict[tuple[str, ...], tuple[date, int]] = {}
        self.seen: dict[tuple[str, int], Observation] = {}
        self.defects: list[Defect] = []
        self.blank = 0
        self.repeated = 0

    def take(self, row: TableRow) -> None:
        if not row.is_whole:
            self._reject(row, "", Reason.BAD_COLUMNS, str(len(row.cells)), "as many cells as the header", "", 0)
            return
        texts = [row.cells[c].strip() for c in self._mapping.date.columns]
        try:
            day, moment = self._when(texts)
        except (ValueError, OverflowError):
            wanted = f"a date like {self._mapping.date.format}"
            self._reject(row, self._mapping.date.columns[0], Reason.BAD_TIME, " ".join(texts), wanted, "", 0)
            return
        node = self._node(row)
        if node is None:
            self._reject(row, "", Reason.MISSING_FIELD, "", "the name of the place", "", moment + self._lag_us)
            return
        for column in self._mapping.columns:
            self._take_cell(row, column, day, moment, series_id(column, column.node or node))

    def _when(self, texts: list[str]) -> tuple[date, int]:
        key = tuple(texts)
        if key not in self._times:
            day = day_of(texts, self._mapping.date)
            self._times[key] = (day, observed_us(day, self._mapping.date, self._zone))
        return self._times[key]

    def _node(self, row: TableRow) -> str | None:
        entity = self._mapping.entity
        return "" if entity is None else self._places.node_of(entity_name(entity, row.cells))

    def _take_cell(self, row: TableRow, column: Column, day: date, moment: int, series: str) -> None:
        text = row.cells[column.column].strip()
        if text in self._mapping.blanks:
            self.blank += 1
            return
        known = moment + self._lag_us
        fault = _fault(text, column, day)
        if fault is not None:
            self._reject(row, column.column, fault[0], text, fault[1], series, known)
            return
        value = _value(text, column, day)
        earlier = self.seen.get((series, moment))
        if earlier is None:
            self.seen[(series, moment)] = Observation(known, series, moment, value, row.line)
        elif earlier.value == value:
            self.repeated += 1
        else:
            wanted = f"{earlier.value:g}, as in line {earlier.line}"
            self._reject(row, column.column, Reason.CONFLICTING_DUPLICATE, text, wanted, series, known)

    def _reject(
        self, row: TableRow, column: str, reason: Reason, given: str, wanted: str, series: str, known_us: int
    ) -> None:
        self.defects.append(
            Defect(
                line=row.line,
                column=column,
                reason=reason,
                given=given,
                wanted=wanted,
                series=series,
                known_us=known_us,
                raw=",".join(row.cells.values()),
            )
        )


def _fault(text: str, column: Column, day: date) -> tuple[Reason, str] | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return Reason.WRONG_TYPE, "a number"
    if not number.is_finite():
        return Reason.NOT_FINITE, "a finite number"
    if abs(number.adjusted()) > 300 or not column.plausible_low <= _value(text, column, day) <= column.plausible_high:
        return Reason.IMPLAUSIBLE, f"{column.plausible_low:g} to {column.plausible_high:g} {column.unit}"
    return None


def _value(text: str, column: Column, day: date) -> float:
    """Exact decimal product, then the nearest float, so that 53.7 thousand tonnes are 53700 t."""
    return float(Decimal(text) * column.scale_on(day))
