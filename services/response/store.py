"""Tables and files of response: plans from the operator's folder; runs, events, tasks, notifications and outbox rows in the database."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from psycopg import Connection
from psycopg.types.json import Jsonb

from schemas.run import Run, RunState
from schemas.topic import RUN, partition_of
from services.response.channel import ChannelSpec
from services.response.contact_sheet import parse_channels
from services.response.engine import Plans
from services.response.playbook import Playbook
from services.response.reading import parse_plans
from services.response.record import Change, Standing
from services.response.sheet import PlanFilesError, Problem
from services.runtime.errors import ConfigurationError
from services.runtime.projection import insert_nouns

Episode = tuple[str, str]
"""Lane and episode."""

_STANDING = """
SELECT r.run_id, r.lane, r.episode, r.playbook, r.version, r.state, r.started_at, r.node, r.product, r.level, r.name_zh, r.name_en,
    r.document, coalesce(max(e.sequence), 0), coalesce(array_agg(e.step) FILTER (WHERE e.kind = 'taken'), '{}')
FROM run r LEFT JOIN run_event e USING (run_id)
WHERE (r.lane, r.episode) IN (SELECT * FROM unnest(%s::text[], %s::text[])) GROUP BY r.run_id ORDER BY r.run_id
"""
_START = """
INSERT INTO run (run_id, lane, episode, playbook, version, state, started_at, node, product, level, name_zh, name_en, document)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""
_UPDATE = "UPDATE run SET state = %s, level = %s, ended_at = %s WHERE run_id = %s"
_CANCEL = "UPDATE task SET state = 'cancelled', ended_at = %s WHERE run_id = %s AND state IN ('open', 'overdue')"
_OUTBOX = "INSERT INTO outbox (topic, partition, key, value) VALUES (%s, %s, %s, %s)"


def load_plans(config: Path) -> Plans:
    """Playbooks and contacts of the configuration folder. Raises ConfigurationError with every finding, by file and line."""
    contacts = config / "contacts" / "contacts.yaml"
    folder = config / "playbooks"
    if not folder.is_dir() or not contacts.is_file():
        raise ConfigurationError(
            f"{config}: 应有文件夹 playbooks 和文件 contacts/contacts.yaml the folder playbooks and the file contacts/contacts.yaml are wanted"
        )
    texts = {f"playbooks/{file.name}": _text(file) for file in sorted(folder.glob("*.yaml"))}
    return Plans(*parse_plans(texts, ("contacts/contacts.yaml", _text(contacts)), load_channels(config)))


def load_channels(config: Path) -> dict[str, ChannelSpec]:
    """Channels of the configuration folder; none where it has no file of them. Raises ConfigurationError with every finding, by file and line."""
    file = config / "contacts" / "channels.yaml"
    if not file.is_file():
        return {}
    problems: list[Problem] = []
    found = parse_channels("contacts/channels.yaml", _text(file), problems)
    if problems:
        raise PlanFilesError(problems)
    return found


def standing_runs(connection: Connection[Any], episodes: Sequence[Episode]) -> dict[Episode, list[Standing]]:
    """Every run of these episodes as it stands, ended ones too. May raise psycopg errors."""
    found: dict[Episode, list[Standing]] = defaultdict(list)
    rows = connection.execute(_STANDING, ([lane for lane, _ in episodes], [episode for _, episode in episodes]))
    for *columns, document, sequence, taken in rows:
        run = Run(**dict(zip(_RUN_COLUMNS, columns, strict=True)) | {"state": RunState(columns[5])})
        playbook = msgspec.convert(document, Playbook)
        standing = Standing(run=run, playbook=playbook, sequence=sequence, taken=frozenset(taken))
        found[(run.lane, run.episode)].append(standing)
    return found


def write(connection: Connection[Any], changes: Sequence[Change]) -> None:
    """Write changes, in their order, with an outbox row each. May raise psycopg errors; never commits."""
    with connection.cursor() as cursor:
        for change in changes:
            run = change.after.run
            if change.is_new:
                document = Jsonb(msgspec.to_builtins(change.after.playbook))
                cursor.execute(_START, (*(_plain(getattr(run, c)) for c in _RUN_COLUMNS), document))
            else:
                cursor.execute(_UPDATE, (run.state.value, run.level, change.ended_at, run.run_id))
            if change.ended_at is not None:
                cursor.execute(_CANCEL, (change.ended_at, run.run_id))
            key, partition = run.run_id.encode(), partition_of(run.run_id, RUN.partitions)
            cursor.execute(_OUTBOX, (RUN.name, partition, key, msgspec.json.encode(run)))
            insert_nouns(connection, "run_event", change.events)
            insert_nouns(connection, "task", change.tasks, json_columns=("detail",))
            insert_nouns(connection, "notification", change.notifications)


_RUN_COLUMNS = (
    "run_id", "lane", "episode", "playbook", "version", "state", "started_at", "node", "product", "level", "name_zh", "name_en",
)  # fmt: skip


def _plain(value: object) -> object:
    return value.value if isinstance(value, RunState) else value


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file}: 不是可读的 UTF-8 文本 not a readable text in UTF-8 ({error})") from error
