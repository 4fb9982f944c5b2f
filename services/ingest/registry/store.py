"""Projections of the registry topics, of commands, of drills and of intake's rejections. They may raise psycopg errors and never commit."""

from collections.abc import Sequence
from typing import Any

import msgspec
from psycopg import Connection
from psycopg.types.json import Jsonb

from schemas.chain import Chain, Series
from schemas.command import Command
from schemas.drill import DrillEvent
from schemas.lane import Lane, kind_of
from schemas.provider import Provider
from schemas.rejection import Rejection
from schemas.report import report_series
from schemas.topic import CHAIN, COMMAND, DRILL_EVENT, LANE, PROVIDER, REJECTED
from services.ingest.tables.store import write_commands, write_rejections
from services.runtime.projection import insert_nouns
from services.runtime.reading import content, contents
from services.runtime.streams import Message

_DECODERS: dict[str, msgspec.json.Decoder[Chain | Provider | Lane | Command | DrillEvent]] = {
    CHAIN.name: msgspec.json.Decoder(Chain),
    PROVIDER.name: msgspec.json.Decoder(Provider),
    LANE.name: msgspec.json.Decoder(Lane),
    COMMAND.name: msgspec.json.Decoder(Command),
    DRILL_EVENT.name: msgspec.json.Decoder(DrillEvent),
}
_REJECTION = msgspec.json.Decoder(Rejection)
REGISTRY_TOPICS = tuple(_DECODERS)
REJECTION_TOPICS = (REJECTED.name,)
_CHAIN = """
INSERT INTO chain (chain, version, name_zh, name_en, valid_from, document, is_current) VALUES (%s, %s, %s, %s, %s, %s, true)
ON CONFLICT (chain, version) DO UPDATE SET is_current = true WHERE NOT chain.is_current
"""
_SERIES_FIELDS = (
    *("feed", "node", "product", "link_target", "indicator", "unit", "name_zh", "name_en", "provider"),
    *("cadence_h", "lateness_h", "silence_h", "plausible_low", "plausible_high", "is_essential"),
)
_SERIES_COLUMNS = ["series", "chain", "group_name", *_SERIES_FIELDS]
_SERIES = (
    f"INSERT INTO series ({', '.join(_SERIES_COLUMNS)}) VALUES ({', '.join(['%s'] * len(_SERIES_COLUMNS))}) "  # noqa: S608  # names of ours
    f"ON CONFLICT (series) DO UPDATE SET {', '.join(f'{c} = excluded.{c}' for c in _SERIES_COLUMNS[1:])}, is_active = true "
    f"WHERE (series.is_active, {', '.join(f'series.{c}' for c in _SERIES_COLUMNS[1:])}) "
    f"IS DISTINCT FROM (true, {', '.join(f'excluded.{c}' for c in _SERIES_COLUMNS[1:])})"
)
_UNLISTED = (
    f"INSERT INTO series ({', '.join(_SERIES_COLUMNS)}, is_active) VALUES ({', '.join(['%s'] * len(_SERIES_COLUMNS))}, false) "  # noqa: S608  # names of ours
    "ON CONFLICT (series) DO NOTHING"
)
"""A series that no provider reports, so that no board looks for it."""
_PROVIDER = """
INSERT INTO provider AS p (provider, name_zh, name_en, series, key_ids, rate_per_second, contact, revision)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (provider) DO UPDATE SET name_zh = excluded.name_zh, name_en = excluded.name_en, series = excluded.series,
    key_ids = excluded.key_ids, rate_per_second = excluded.rate_per_second, contact = excluded.contact, revision = excluded.revision
WHERE excluded.revision >= p.revision
"""
_LANE = """
INSERT INTO lane AS l (lane, kind, chain, opened_at, origin, wall_origin, rate, revision, closed_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (lane) DO UPDATE SET chain = excluded.chain, opened_at = excluded.opened_at, origin = excluded.origin,
    wall_origin = excluded.wall_origin, rate = excluded.rate, revision = excluded.revision, closed_at = excluded.closed_at
WHERE excluded.revision >= l.revision
"""


def project_registry(connection: Connection[Any], messages: Sequence[Message]) -> None:
    """Write chains, providers, lanes, commands and what happened in drills."""
    for message in messages:
        noun = content(_DECODERS[message.topic], message)
        if isinstance(noun, Chain):
            write_chain(connection, noun)
        elif isinstance(noun, Lane):
            write_lane(connection, noun)
        elif isinstance(noun, Provider):
            _write_provider(connection, noun)
        elif isinstance(noun, DrillEvent):
            insert_nouns(connection, "drill_event", [noun], json_columns=("detail",))
        elif noun is not None:
            _write_command(connection, noun)


def project_rejections(connection: Connection[Any], messages: Sequence[Message]) -> None:
    """Write intake's rejections."""
    write_rejections(connection, contents(_REJECTION, messages))


def write_chain(connection: Connection[Any], chain: Chain) -> None:
    """Make this version of a chain the current one, with its series; series it no longer has stay, inactive."""
    connection.execute(
        "UPDATE chain SET is_current = false WHERE chain = %s AND version <> %s AND is_current",
        (chain.id, chain.version),
    )
    document = Jsonb(msgspec.to_builtins(chain, builtin_types=()))
    row = (chain.id, chain.version, chain.name_zh, chain.name_en, chain.valid_from, document)
    connection.execute(_CHAIN, row)
    with connection.cursor() as cursor:
        cursor.executemany(_SERIES.encode(), [_series_row(chain.id, s) for s in chain.series])
        cursor.execute(_UNLISTED.encode(), _series_row(chain.id, report_series(chain)))
    names = [s.id for s in chain.series]
    connection.execute(
        "UPDATE series SET is_active = false WHERE chain = %s AND is_active AND NOT series = ANY(%s)", (chain.id, names)
    )


def write_lane(connection: Connection[Any], lane: Lane) -> None:
    """Write a lane and its clock; an older revision changes nothing."""
    times = (lane.opened_at, lane.origin, lane.wall_origin, lane.rate)
    connection.execute(_LANE, (lane.name, kind_of(lane.name).value, lane.chain, *times, lane.revision, lane.closed_at))


def _series_row(chain: str, series: Series) -> tuple[object, ...]:
    values = (getattr(series, name) for name in _SERIES_FIELDS[1:])
    return (series.id, chain, series.group, series.feed.value, *values)


def _write_provider(connection: Connection[Any], p: Provider) -> None:
    keys = [key.key_id for key in p.keys]
    connection.execute(
        _PROVIDER, (p.provider, p.name_zh, p.name_en, p.series, keys, p.rate_per_second, p.contact, p.revision)
    )


def _write_command(connection: Connection[Any], command: Command) -> None:
    write_commands(connection, [command])
    if command.kind == "rejection.resend":
        names = (command.arguments.get("record_id"), command.arguments.get("rejection_id"))
        connection.execute("UPDATE rejection SET resent_as = %s WHERE rejection_id = %s AND resent_as IS NULL", names)
