"""What a document says, apart from how it is set."""

from enum import StrEnum

from msgspec import Struct


class Tone(StrEnum):
    """How a row is marked at its edge; its words say the same, for eyes that tell no colours apart."""

    PLAIN = "plain"
    BLUE = "blue"
    YELLOW = "yellow"
    ORANGE = "orange"
    RED = "red"
    UNKNOWN = "unknown"
    DONE = "done"


class Heading(Struct, frozen=True, tag="heading"):
    """A section's name, Chinese with English beside."""

    zh: str
    en: str = ""


class Paragraph(Struct, frozen=True, tag="paragraph"):
    """A few sentences. ``is_note``: smaller and grey."""

    text: str
    is_note: bool = False


class Bullets(Struct, frozen=True, tag="bullets"):
    """A list of points; ``is_open`` sets boxes to be ticked by hand."""

    points: tuple[str, ...]
    is_open: bool = False


class Facts(Struct, frozen=True, tag="facts"):
    """Figures that matter most, each with its name: (name, value, a word below)."""

    items: tuple[tuple[str, str, str], ...]


class Table(Struct, frozen=True, tag="table"):
    """Rows under a header. ``widths`` are relative; ``tones`` mark rows and may be empty; ``empty`` is said where there is no row."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...]
    tones: tuple[Tone, ...] = ()
    empty: str = "无 none"

    def __post_init__(self) -> None:
        """Raise ValueError when a row, the widths or the tones do not fit."""
        wrong = [len(row) for row in self.rows if len(row) != len(self.header)]
        if wrong or len(self.widths) != len(self.header):
            raise ValueError(
                f"a table of {len(self.header)} columns was given rows of {wrong} and {len(self.widths)} widths"
            )
        if self.tones and len(self.tones) != len(self.rows):
            raise ValueError(
                f"{len(self.tones)} tones were given for {len(self.rows)} rows; give one for each, or none"
            )


class Picture(Struct, frozen=True, tag="picture"):
    """A drawing as SVG text, and what it shows."""

    svg: str
    caption: str


Block = Heading | Paragraph | Bullets | Facts | Table | Picture


class Document(Struct, frozen=True, kw_only=True):
    """A paper. ``mark`` stands on every page in large letters (【演练】 EXERCISE for a rehearsal); ``footer`` says from what and when it was made."""

    title: str
    subtitle: str
    footer: str
    blocks: tuple[Block, ...]
    mark: str = ""
