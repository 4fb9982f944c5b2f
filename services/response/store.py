"""Tables and files of response: plans from the operator's folder; runs, events, tasks, timers, notifications and outbox rows in the database."""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from msgspec import structs
from psycopg import Connection

from schemas.answer import Answer
from schemas.command import Command
from schemas.lane import LIVE
from schemas.run import Run, RunState
from services.response.channel import ChannelSpec
from services.response.contact_changes.store import ContactSheets, Rewrite
from services.response.contact_sheet import parse_channels
from services.response.course import Plans
from services.response.figures import Reading
from services.response.hearing import Heard, Told, run_or_task
from services.response.office import Nodes, Office
from services.response.playbook import Playbook
from services.response.progress import Progress
from services.response.reading import parse_plans
from services.response.record import Change, Standing, Timer
from services.response.roster import Roster
from services.response.roster_reading import parse_roster
from services.response.rows.store import write
from services.response.sheet import PlanFilesError, Problem
from services.runtime.contact_files import KINDS as CHANGES
from services.runtime.contact_files import ContactChange, overlaid
from services.runtime.errors import ConfigurationError, InputError
from services.runtime.refusal import refusal_of

Episode = tuple[str, str]
"""Lane and episode."""
_MOST_DUE = 200
_OLD = timedelta(days=2)
_ID = re.compile(r"^预案\s*[:：]\s*['\"]?([\w-]+)", re.MULTILINE)

_RUN_COLUMNS = (
    "run_id", "lane", "episode", "playbook", "version", "state", "started_at", "node", "product", "level", "name_zh", "name_en",
    "phase", "response", "parent",
)  # fmt: skip
_TIMER_COLUMNS = ("timer_id", "run_id", "lane", "episode", "step", "kind", "due_at")
_STANDING = f"""
SELECT {", ".join(_RUN_COLUMNS)}, progress::text FROM run
WHERE (lane, episode) IN (SELECT * FROM unnest(%s::text[], %s::text[])) ORDER BY run_id FOR UPDATE
"""  # noqa: S608  # names of ours
_DOCUMENTS = """
SELECT DISTINCT ON (r.playbook, r.version) r.playbook, r.version, r.document::text FROM run r
JOIN unnest(%s::text[], %s::text[]) AS k (playbook, version) USING (playbook, version)
"""
_DUE = """
(SELECT lane, episode, due_at FROM timer WHERE lane = 'live' AND due_at <= %s ORDER BY due_at LIMIT %s)
UNION ALL
(SELECT t.lane, t.episode, t.due_at FROM lane_time l JOIN timer t ON t.lane = l.lane AND t.due_at <= l.at ORDER BY t.due_at LIMIT %s)
"""
_TIMERS = f"""
SELECT {", ".join(_TIMER_COLUMNS)} FROM timer WHERE run_id IN
    (SELECT run_id FROM run WHERE (lane, episode) IN (SELECT * FROM unnest(%s::text[], %s::text[])))
"""  # noqa: S608  # names of ours
_TICK = """
INSERT INTO lane_time AS l (lane, at) VALUES (%s, %s) ON CONFLICT (lane) DO UPDATE SET at = excluded.at WHERE excluded.at > l.at
"""
_OVERDUE = """
SELECT extract(epoch FROM max(late)) FROM (
    SELECT %s - min(due_at) AS late FROM timer WHERE lane = 'live'
    UNION ALL SELECT %s - min(coalesce(next_attempt_at, queued_at)) FROM notification WHERE lane = 'live' AND state = 'pending'
) AS waiting
"""


def load_plans(config: Path, more: Iterable[Path] = (), changes: Sequence[ContactChange] = ()) -> Plans:
    """Playbooks, contacts and roster of the configuration folder; files of ``more`` come on top or take the place of those of the same name
    or plan, ``changes`` of contacts, roster and channels count over their files.

    Raises ConfigurationError with every finding, by file and line.
    """
    contacts = config / "contacts" / "contacts.yaml"
    roster = config / "contacts" / "roster.yaml"
    folder = config / "playbooks"
    if not folder.is_dir() or not contacts.is_file():
        raise ConfigurationError(
            f"{config}: 应有文件夹 playbooks 和文件 contacts/contacts.yaml the folder playbooks and the file contacts/contacts.yaml are wanted"
        )
    texts = {f"playbooks/{file.name}": _text(file) for file in sorted(folder.glob("*.yaml"))}
    for file in more:
        text = _text(file)
        texts = {
            name: old for name, old in texts.items() if not _stated_id(text) or _stated_id(old) != _stated_id(text)
        }
        texts[f"playbooks/{file.name}"] = text
    people = overlaid(_text(contacts), "contacts", changes)
    playbooks, known = parse_plans(texts, ("contacts/contacts.yaml", people), load_channels(config, changes))
    duty = overlaid(_text(roster) if roster.is_file() else "", "roster", changes)
    duties = parse_roster("contacts/roster.yaml", duty, known) if duty else Roster()
    return Plans(playbooks, known, duties)


def _stated_id(text: str) -> str:
    """The id of a plan as its file states it, empty where none is seen."""
    found = _ID.search(text)
    return found.group(1) if found is not None else ""


def load_channels(config: Path, changes: Sequence[ContactChange] = ()) -> dict[str, ChannelSpec]:
    """Channels of the configuration folder with ``changes`` over them; none where it has no file of them. Raises ConfigurationError with every
    finding, by file and line."""
    file = config / "contacts" / "channels.yaml"
    text = overlaid(_text(file) if file.is_file() else "", "channels", changes)
    if not text:
        return {}
    problems: list[Problem] = []
    found = parse_channels("contacts/channels.yaml", text, problems)
    if problems:
        raise PlanFilesError(problems)
    return found


class Shelf:
    """Runs as the database holds them; the playbook of each version is read once."""

    def __init__(self) -> None:
        self._playbooks: dict[tuple[str, str], Playbook] = {}

    def standing_runs(self, connection: Connection[Any], episodes: Sequence[Episode]) -> list[Standing]:
        """Every run of these episodes as it stands, ended ones too, locked until the transaction ends. May raise psycopg errors."""
        lanes, names = [lane for lane, _ in episodes], [name for _, name in episodes]
        rows = connection.execute(_STANDING, (lanes, names)).fetchall()
        self._read(connection, {(row[3], row[4]) for row in rows} - self._playbooks.keys())
        found = []
        for *columns, progress in rows:
            run = Run(**dict(zip(_RUN_COLUMNS, columns, strict=True)) | {"state": RunState(columns[5])})
            playbook = self._playbooks[run.playbook, run.version]
            found.append(Standing(run=run, playbook=playbook, progress=_progress.decode(progress)))
        return found

    def _read(self, connection: Connection[Any], wanted: set[tuple[str, str]]) -> None:
        if not wanted:
            return
        names = ([playbook for playbook, _ in wanted], [version for _, version in wanted])
        for playbook, version, document in connection.execute(_DOCUMENTS, names):
            self._playbooks[playbook, version] = msgspec.json.decode(document, type=Playbook)


class Work:
    """One batch of happenings on the database: what is concerned is locked and read, decided about in order, and written. Never commits."""

    def __init__(
        self, plans: Plans, nodes_of: Nodes, chain_of: Callable[[str], str], rewrite: Rewrite | None = None
    ) -> None:
        self.plans, self._nodes_of, self._chain_of = plans, nodes_of, chain_of
        self._sheets = ContactSheets(rewrite) if rewrite is not None else None
        self._shelf = Shelf()

    def open(self, connection: Connection[Any]) -> None:
        """Plans with all changes of contacts that were taken so far. May raise psycopg errors."""
        if self._sheets is not None:
            self.plans = self._sheets.load(connection) or self.plans

    def take(self, connection: Connection[Any], heard: Heard, now: datetime) -> list[Change]:
        """Decide about what was heard. May raise psycopg errors."""
        if heard.ticks:
            hear_ticks(connection, heard.ticks)
        if not heard.nouns:
            return []
        times = lane_times(connection)
        runs = self._runs_of(connection, heard)
        figures = [p.id for p in self.plans.playbooks if p.trigger.figure is not None]
        lanes = sorted({noun.lane for noun in heard.nouns if isinstance(noun, Reading)})
        watched = running_figures(connection, lanes, figures) if lanes else []
        office = self._open(connection, {*heard.episodes(), *(key for _, key in runs.values()), *watched})
        for noun in heard.nouns:
            said_at = min(noun.issued_at, now) if isinstance(noun, Command) else now
            at = said_at if noun.lane == LIVE else times.get(noun.lane)
            if isinstance(noun, Told):
                office.hear(noun.alert, noun.at)
            elif isinstance(noun, Command) and noun.kind in CHANGES:
                self._rewrite(connection, office, noun)
            elif isinstance(noun, Command):
                office.obey(noun, at, runs.get(run_or_task(noun), ("", ("", "")))[0])
            elif isinstance(noun, Answer):
                office.answer(noun, at)
            elif noun.lane != LIVE or noun.at > now - _OLD:
                office.read(structs.replace(noun, chain=self._chain_of(noun.lane)))
        write(connection, office.changes, office.rung, office.refused)
        return office.changes

    def _rewrite(self, connection: Connection[Any], office: Office, command: Command) -> None:
        try:
            if self._sheets is None:
                raise InputError("这里的通讯录不可更改 contacts cannot be changed here")
            self.plans = self._sheets.take(connection, command)
        except InputError as error:
            office.refused.append(refusal_of(command, str(error)))
            return
        office.use(self.plans)

    def ring(self, connection: Connection[Any], now: datetime) -> list[Change]:
        """Decide about what is due. May raise psycopg errors."""
        episodes = due_episodes(connection, now, _MOST_DUE)
        if not episodes:
            return []
        times = lane_times(connection)
        office = self._open(connection, episodes)
        office.ring_all(episodes, lambda lane: now if lane == LIVE else times[lane])
        write(connection, office.changes, office.rung)
        return office.changes

    def _open(self, connection: Connection[Any], episodes: Iterable[Episode]) -> Office:
        office = Office(self.plans, self._nodes_of)
        concerned = sorted(episodes)
        if concerned:
            office.load(self._shelf.standing_runs(connection, concerned), timers_of(connection, concerned))
        return office

    def _runs_of(self, connection: Connection[Any], heard: Heard) -> dict[str, tuple[str, Episode]]:
        """Run and episode by the task or run that a command or an answer names."""
        tasks, runs = heard.tasks(), heard.runs()
        found = episodes_of_tasks(connection, tasks) if tasks else {}
        named = episodes_of_runs(connection, runs) if runs else {}
        return found | {run: (run, episode) for run, episode in named.items()}


def timers_of(connection: Connection[Any], episodes: Sequence[Episode]) -> list[Timer]:
    """Everything that is due some time in these episodes. Call it once their runs are locked."""
    names = ([lane for lane, _ in episodes], [name for _, name in episodes])
    return [Timer(**dict(zip(_TIMER_COLUMNS, row, strict=True))) for row in connection.execute(_TIMERS, names)]


def due_episodes(connection: Connection[Any], now: datetime, most: int) -> list[Episode]:
    """Episodes with something due by their lane's clock, the longest due first."""
    rows = sorted(connection.execute(_DUE, (now, most, most)), key=lambda row: row[2])
    return list(dict.fromkeys((str(lane), str(episode)) for lane, episode, _ in rows))


def next_live_due(connection: Connection[Any]) -> datetime | None:
    """When the next timer of the live lane is due."""
    row = connection.execute("SELECT min(due_at) FROM timer WHERE lane = 'live'").fetchone()
    return row[0] if row is not None else None


def lane_times(connection: Connection[Any]) -> dict[str, datetime]:
    """Newest tick heard of each lane but the live one."""
    return {str(lane): at for lane, at in connection.execute("SELECT lane, at FROM lane_time")}


def hear_ticks(connection: Connection[Any], ticks: dict[str, datetime]) -> None:
    """The clocks of these lanes went on."""
    with connection.cursor() as cursor:
        cursor.executemany(_TICK, sorted(ticks.items()))


def episodes_of_tasks(connection: Connection[Any], tasks: Sequence[str]) -> dict[str, tuple[str, Episode]]:
    """Run and episode of each task."""
    rows = connection.execute(
        "SELECT t.task_id, r.run_id, r.lane, r.episode FROM task t JOIN run r USING (run_id) WHERE t.task_id = ANY(%s)",
        (list(tasks),),
    )
    return {task: (run, (lane, episode)) for task, run, lane, episode in rows}


def episodes_of_runs(connection: Connection[Any], runs: Sequence[str]) -> dict[str, Episode]:
    """Episode of each run."""
    rows = connection.execute("SELECT run_id, lane, episode FROM run WHERE run_id = ANY(%s)", (list(runs),))
    return {run: (lane, episode) for run, lane, episode in rows}


def running_figures(connection: Connection[Any], lanes: Sequence[str], playbooks: Sequence[str]) -> list[Episode]:
    """Episodes of running runs of these plans."""
    rows = connection.execute(
        "SELECT DISTINCT lane, episode FROM run WHERE lane = ANY(%s) AND playbook = ANY(%s) AND state = 'running'",
        (list(lanes), list(playbooks)),
    )
    return [(lane, episode) for lane, episode in rows]


def most_late_s(connection: Connection[Any], now: datetime) -> float:
    """How long, in seconds, the longest waiting timer is due or notification is pending in the live lane; 0 when nothing is late."""
    row = connection.execute(_OVERDUE, (now, now)).fetchone()
    return max(0.0, float(row[0])) if row is not None and row[0] is not None else 0.0


_progress = msgspec.json.Decoder(Progress)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file}: 不是可读的 UTF-8 文本 not a readable text in UTF-8 ({error})") from error
