"""What a mapping says: how the columns of one kind of table become nodes, stocks, series and observations."""

from datetime import date, timedelta
from decimal import Decimal

from msgspec import Struct

from schemas.feed import Feed

YEAR_WEEK = "year-week"


class DateRule(Struct, frozen=True, kw_only=True):
    """How the day of a row is read: its columns, joined by a space, by strptime ``format`` or ``year-week``; then the local ``hour`` in ``zone``.

    ``period`` day, or month: the row speaks of the whole month and is observed on its last day. With ``year-week`` week n ends on the n-th
    Saturday of the year, at latest on 31 December.
    """

    columns: tuple[str, ...]
    format: str
    zone: str
    hour: float
    period: str
    line: int


class Override(Struct, frozen=True, kw_only=True):
    """What the operator fixed for one entity of the table: node id and names (empty: as computed)."""

    id: str
    name_zh: str
    name_en: str
    line: int


class EntityRule(Struct, frozen=True, kw_only=True):
    """One node per distinct text of ``columns``; its id is ``prefix`` and an ASCII slug of that text unless fixed in ``names``."""

    prefix: str
    columns: tuple[str, ...]
    kind: str
    product: str
    name_zh: str
    lat: float
    lon: float
    admin_code: str
    names: dict[str, Override]
    line: int


class FixedNode(Struct, frozen=True, kw_only=True):
    """A node that the mapping itself names; the columns of a wide table belong to it."""

    id: str
    name_zh: str
    name_en: str
    kind: str
    product: str
    lat: float
    lon: float
    admin_code: str
    line: int


class Conversion(Struct, frozen=True, kw_only=True):
    """From ``first`` to ``last`` (local days, both included) values are multiplied by ``scale`` instead of the column's own."""

    first: date
    last: date
    scale: Decimal
    line: int


class Column(Struct, frozen=True, kw_only=True):
    """One column of values and the series it makes. ``factor`` turns a number of the table into ``unit``; ``node`` is empty for entity tables."""

    column: str
    node: str
    indicator: str
    product: str
    unit: str
    factor: Decimal
    feed: Feed
    group: str
    id: str
    name_zh: str
    name_en: str
    plausible_low: float
    plausible_high: float
    conversions: tuple[Conversion, ...]
    is_essential: bool
    line: int

    def scale_on(self, day: date) -> Decimal:
        """The multiplier of a local day."""
        for conversion in self.conversions:
            if conversion.first <= day <= conversion.last:
                return conversion.scale
        return self.factor


class StockRule(Struct, frozen=True, kw_only=True):
    """The stock that every node of the table has: use per day and normal days are numbers, or indicators whose median is taken."""

    product: str
    role: str
    unit: str
    daily_use: str
    days_normal: str
    minimum_share: float
    maximum_share: float
    line: int


class Scoring(Struct, frozen=True, kw_only=True):
    """Which indicators are the stock and the normative stock that the onset rule divides."""

    stock: str
    norm: str
    critical_share: float
    jump_share: float


class Mapping(Struct, frozen=True, kw_only=True):
    """A whole mapping. ``cadence`` is the expected distance of observations, ``tick`` that of the clock ticks of the replay."""

    file: str
    id: str
    title_zh: str
    title_en: str
    chain: str
    lane: str
    provider: str
    pattern: str
    note: str
    date: DateRule
    publication_lag: timedelta
    cadence: timedelta
    tick: timedelta
    blanks: frozenset[str]
    entity: EntityRule | None
    nodes: tuple[FixedNode, ...]
    columns: tuple[Column, ...]
    stock: StockRule | None
    scoring: Scoring | None

    def table_columns(self) -> list[tuple[str, int]]:
        """Every column of the table that is named, with the line naming it."""
        named = [(name, self.date.line) for name in self.date.columns]
        if self.entity is not None:
            named += [(name, self.entity.line) for name in self.entity.columns]
        return named + [(column.column, column.line) for column in self.columns]
