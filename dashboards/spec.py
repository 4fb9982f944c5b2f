"""What a board is, apart from Grafana: panels with their questions, in words of both languages."""

from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True)
class Words:
    """The same in Chinese and English."""

    zh: str
    en: str

    def of(self, language: str) -> str:
        """In a language, ``zh`` or ``en``."""
        return self.zh if language == "zh" else self.en


class Kind(StrEnum):
    """Kind of a panel."""

    STAT = "stat"
    TABLE = "table"
    SERIES = "timeseries"
    STATES = "state-timeline"
    GRAPH = "nodeGraph"
    BARS = "bargauge"
    TEXT = "text"


@dataclass(frozen=True)
class Place:
    """Where a panel stands on the grid of 24 columns."""

    x: int
    y: int
    w: int
    h: int


@dataclass(frozen=True)
class Sql:
    """A question to the database. ``[[中文|English]]`` inside is a column's name in the board's language.

    ``is_series``: rows of time and values instead of a table.
    """

    text: str
    is_series: bool = False


@dataclass(frozen=True)
class Metric:
    """A question to Prometheus; ``legend`` names its lines. ``is_instant``: the newest value alone."""

    expr: str
    legend: str = ""
    is_instant: bool = False


@dataclass(frozen=True)
class Column:
    """How a column is shown, by its name. ``is_level``: a level in colour and words. ``link``: where a click leads. ``fill_below``: the column down
    to which its band reaches."""

    name: Words
    unit: str = ""
    width: int = 0
    is_level: bool = False
    decimals: int | None = None
    link: str = ""
    is_hidden: bool = False
    fill_below: Words | None = None
    is_dashed: bool = False


@dataclass(frozen=True)
class Step:
    """From a value on (None: from below) in a colour."""

    value: float | None
    colour: str


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One panel. ``is_words``: its value is a text. ``description`` tells what it shows, from where, and what to do about it. Points of a line at
    most ``joins_h`` apart are joined; a longer gap stays a gap."""

    kind: Kind
    title: Words
    description: Words
    place: Place
    asks: tuple[Sql | Metric, ...] = ()
    unit: str = "locale"
    decimals: int | None = None
    steps: tuple[Step, ...] = (Step(None, "#5b6b7a"),)
    columns: tuple[Column, ...] = ()
    is_level: bool = False
    is_words: bool = False
    text: Words | None = None
    has_steps_drawn: bool = False
    joins_h: float = 36.0


@dataclass(frozen=True, kw_only=True)
class Variable:
    """A choice at the top of a board, answered by the database."""

    name: str
    label: Words
    query: str


@dataclass(frozen=True, kw_only=True)
class Board:
    """A board. ``uid`` is stable; links and alerts name it."""

    uid: str
    title: Words
    description: Words
    panels: tuple[Panel, ...]
    variables: tuple[Variable, ...] = field(default_factory=tuple)
    since: str = "now-7d"
    until: str = "now"
    refresh: str = "30s"
    is_drill: bool = False
