"""A file of any kind becomes items: what it is is told by its content first, by its name second."""

from collections.abc import Mapping as Table

from msgspec import Struct, structs

from schemas.chain import Series
from schemas.lane import LIVE
from schemas.rejection import Reason
from services.intake.candidate import finding
from services.intake.cap.records import CapReader
from services.intake.catalogue import Catalogue
from services.intake.json_records import Items, read_json, read_lines
from services.intake.table.csv_table import read_csv
from services.intake.table.excel_table import read_excel
from services.intake.table.grid import FileFault, Grid
from services.intake.table.mapping import FIELDS, Mapping, chosen, names_of
from services.intake.table.records import read_grid

_EXCEL = (b"PK\x03\x04", b"PK\x05\x06", bytes.fromhex("d0cf11e0a1b11ae1"))
_OTHER = (".pdf", ".doc", ".docx", ".zip", ".rar", ".7z", ".jpg", ".png", ".et", ".ods")


class Documents(Struct, frozen=True):
    """Everything needed to read a file of any kind: the operator's mappings, and the reader of CAP messages."""

    mappings: list[Mapping]
    cap: CapReader

    def read(
        self, file: str, body: bytes, provider: str, catalogue: Catalogue, *, mapping: str = "", lane: str = ""
    ) -> Items:
        """Items of a file. Raises ConfigurationError for a mapping that does not exist, nothing else."""
        if is_xml(file, body):
            return self.cap.read(body, f"file:{file}", catalogue.series, catalogue.places, lane or LIVE)
        found = chosen(self.mappings, provider, file, mapping)
        if lane:
            found = structs.replace(found, lane=lane)
        return read_table(file, body, found, catalogue.series)


def is_xml(file: str, body: bytes) -> bool:
    """True for a file that should be a CAP message."""
    return file.lower().endswith((".xml", ".cap")) or body[:200].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(
        (b"<?xml", b"<alert")
    )


def read_table(file: str, body: bytes, mapping: Mapping, series: Table[str, Series]) -> Items:
    """Read CSV, Excel or JSON records of a file. Never raises: what cannot be read is a finding on the whole file."""
    origin = f"file:{file}"
    lower = file.lower()
    if lower.endswith((".ndjson", ".jsonl")):
        return read_lines(body, origin)
    if lower.endswith(".json"):
        return read_json(body, origin)
    try:
        grids = _grids(lower, body)
    except FileFault as fault:
        return [
            finding(fault.reason, fault.field, fault.given, fault.wanted, origin=origin, raw=body, lane=mapping.lane)
        ]
    names = names_of(mapping, series)
    read = [items for grid in grids if (items := read_grid(grid, mapping, names, file)) is not None]
    if not read:
        words = "、".join(FIELDS[f][-1] for f in ("observed_at", "series", "value"))
        wanted = (
            f"表头含 {words}，或日期与序列名称 / "
            "a heading with series, observed_at and value, or a date and names of series"
        )
        return [finding(Reason.MISSING_FIELD, "", _first(grids), wanted, origin=origin, raw=body, lane=mapping.lane)]
    items = [item for sheet in read for item in sheet]
    if items:
        return items
    wanted = "至少一行数据 / at least one row of data"
    return [finding(Reason.MISSING_FIELD, "", "无数据行 no rows", wanted, origin=origin, raw=body, lane=mapping.lane)]


def _grids(name: str, body: bytes) -> list[Grid]:
    if name.endswith(_OTHER):
        raise FileFault(
            Reason.MALFORMED, name, ".csv、.xlsx、.json、.ndjson 或 CAP .xml / .csv, .xlsx, .json, .ndjson or CAP .xml"
        )
    if body.startswith(_EXCEL) or name.endswith((".xlsx", ".xlsm", ".xls")):
        return read_excel(body)
    return [read_csv(body)]


def _first(grids: list[Grid]) -> str:
    return "; ".join(",".join(str(c) for c in row if c is not None) for g in grids for row in g.rows[:2])
