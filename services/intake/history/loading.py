"""A mapping and a table put together: everything a replay or a check needs, in one value."""

from msgspec import Struct

from schemas.chain import Chain
from services.intake.history.catalogue import chain_of
from services.intake.history.entities import Places, places_of
from services.intake.history.mapping import Mapping
from services.intake.history.mapping_reader import check_columns, read_mapping
from services.intake.history.reading import Reading, read_table
from services.intake.history.table import parse_table
from services.runtime.errors import InputError


class History(Struct, frozen=True, kw_only=True):
    """One table as read by one mapping, and the chain it makes."""

    mapping: Mapping
    file_name: str
    places: Places
    reading: Reading
    chain: Chain


def load_history(mapping_text: str, mapping_file: str, content: bytes, file_name: str) -> History:
    """Read both. Raises ConfigurationError for the mapping, InputError when the table has no usable row or its dates do not fit the mapping."""
    mapping = read_mapping(mapping_text, mapping_file)
    table = parse_table(content, file_name)
    check_columns(mapping, table.header)
    places = places_of(mapping, table)
    reading = read_table(mapping, places, table)
    if not reading.observations:
        raise InputError(_nothing(mapping, reading, file_name))
    return History(
        mapping=mapping,
        file_name=file_name,
        places=places,
        reading=reading,
        chain=chain_of(mapping, places, reading),
    )


def _nothing(mapping: Mapping, reading: Reading, file_name: str) -> str:
    first = reading.defects[0] if reading.defects else None
    given = f"{first.given!r} ({first.reason.value}), 应为 should be {first.wanted}" if first else "no row"
    return (
        f"{file_name}: 没有可用的数据 / no usable value in {reading.rows} rows; first: {given}; "
        f"{mapping.file}:{mapping.date.line} 日期格式 date format {mapping.date.format!r}"
    )
