"""Writing nouns into their table: column names are field names, repeats change nothing."""

from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Any

import msgspec
from msgspec import Struct
from psycopg import Connection, sql
from psycopg.types.json import Jsonb


def insert_nouns(
    connection: Connection[Any], table: str, nouns: Sequence[Struct], json_columns: Iterable[str] = ()
) -> None:
    """Insert Structs of one type; rows that are already there stay as they are. Field ``v`` is left out, ``json_columns`` become jsonb.

    May raise psycopg errors; never commits.
    """
    if not nouns:
        return
    columns = [name for name in nouns[0].__struct_fields__ if name != "v"]
    as_json = frozenset(json_columns)
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({}) ON CONFLICT DO NOTHING").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL(", ").join(sql.Placeholder() * len(columns)),
    )
    with connection.cursor() as cursor:
        cursor.executemany(statement, [[_value(noun, c, c in as_json) for c in columns] for noun in nouns])


def _value(noun: Struct, column: str, is_json: bool) -> object:
    value = getattr(noun, column)
    if is_json:
        return Jsonb(msgspec.to_builtins(value))
    return value.value if isinstance(value, Enum) else value
