"""Reads from the database what a paper is made of, as it was known at the end of its period."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, LiteralString

import msgspec

from schemas.chain import Chain
from schemas.lane import LaneKind, kind_of
from schemas.level import Level
from services.console.papers.known import Known, Rejected, Risk, Run, Silence, Step, Task, Told
from services.console.reading.assessment import OLD
from services.runtime.errors import InputError

_LANE = "SELECT chain, lane_now FROM v_lane WHERE lane = %s"
_LANES = "SELECT lane FROM v_lane ORDER BY lane"
_CHAIN = "SELECT document FROM chain WHERE chain = %s AND is_current"
_OPEN = "SELECT * FROM alert_as_known(%s, %s) WHERE chain = %s AND state <> 'closed'"
_STEPS = (
    "SELECT known_at, episode, state, level, headline_zh, headline_en FROM alert "
    "WHERE lane = %s AND chain = %s AND known_at > %s AND known_at <= %s ORDER BY known_at, episode, sequence"
)
_DAYS = (
    "SELECT d AS day, a.level, count(*) AS number FROM generate_series(%s::timestamptz + interval '1 day', %s, interval '1 day') d "
    "CROSS JOIN LATERAL alert_as_known(%s, d) a WHERE a.chain = %s AND a.state <> 'closed' GROUP BY d, a.level ORDER BY d"
)
_JUDGED = "SELECT node, level, as_of FROM assessment_as_known(%s, %s) WHERE chain = %s"
_TASKS = (
    "SELECT t.title_zh, t.title_en, t.assignee, t.step, t.state, t.created_at, t.due_at, t.ended_at, t.detail, r.name_zh AS plan_zh, "
    "r.name_en AS plan_en, r.node, r.episode "
    "FROM task t JOIN run r USING (run_id) WHERE t.lane = %s AND r.node = ANY(%s) AND t.created_at <= %s "
    "AND (t.ended_at IS NULL OR t.ended_at > %s) ORDER BY t.created_at, t.task_id"
)
_RUNS = (
    "SELECT name_zh, name_en, node, episode, state, started_at, ended_at FROM run WHERE lane = %s AND node = ANY(%s) AND started_at <= %s "
    "AND (ended_at IS NULL OR ended_at > %s) ORDER BY started_at, run_id"
)
_TOLD = (
    "SELECT n.recipient, n.state, n.created_at, extract(epoch FROM n.acknowledged_at - n.sent_at) / 3600 AS hours "
    "FROM notification n JOIN run r USING (run_id) WHERE n.lane = %s AND r.node = ANY(%s) AND n.created_at > %s AND n.created_at <= %s "
    "ORDER BY n.created_at, n.notification_id"
)
_SERIES = (
    "SELECT s.series, s.name_zh, s.name_en, s.provider, s.silence_h, o.observed_at FROM v_series s LEFT JOIN LATERAL ("
    "SELECT b.observed_at FROM observation b JOIN lane l USING (lane_id) JOIN series i USING (series_id) "
    "WHERE l.lane = %s AND i.series = s.series AND b.known_at <= %s ORDER BY b.observed_at DESC LIMIT 1) o ON true "
    "WHERE s.chain = %s AND s.is_active ORDER BY s.series"
)
_REJECTED = (
    "SELECT source, reason, count(*) AS number FROM rejection WHERE lane = %s AND known_at > %s AND known_at <= %s "
    "GROUP BY source, reason ORDER BY count(*) DESC, source, reason"
)
_MARKS = {LaneKind.LIVE: "", LaneKind.DRILL: "【演练】EXERCISE", LaneKind.REPLAY: "【回放】REPLAY"}


Ask = Callable[[LiteralString, tuple[object, ...]], list[dict[str, Any]]]
"""The way to the tables: the rows of a question as dicts. It raises UnreachableError when the database is away."""


def lane_now(ask: Ask, lane: str) -> datetime:
    """What the lane's clock shows. Raises InputError for a lane that does not exist, UnreachableError without a database."""
    return _lane(ask, lane)[1]


def known(ask: Ask, lane: str, since: datetime, until: datetime, language: str = "zh") -> Known:
    """Everything a paper of the period may say; names and sentences in ``zh`` or ``en``. Raises as ``lane_now``."""
    chain_id, _ = _lane(ask, lane)
    chain = _chain(ask, chain_id)
    names = {n.id: n.name_en if language == "en" else n.name_zh for n in chain.nodes}
    nodes = list(names)
    tasks = tuple(_task(row, until, language) for row in ask(_TASKS, (lane, nodes, until, since)))
    judged = ask(_JUDGED, (lane, until, chain_id))
    series = ask(_SERIES, (lane, until, chain_id))
    return Known(
        lane=lane,
        mark=_MARKS[kind_of(lane)],
        chain=chain_id,
        chain_name=chain.name_en if language == "en" else chain.name_zh,
        since=since,
        until=until,
        names=names,
        leads={n.id: n.lead_department for n in chain.nodes if n.lead_department},
        risks=tuple(_risk(row, tasks, until, language) for row in ask(_OPEN, (lane, until, chain_id))),
        steps=tuple(
            Step(
                at=r["known_at"],
                episode=r["episode"],
                state=r["state"],
                level=Level(r["level"]),
                headline=r[f"headline_{language}"],
            )
            for r in ask(_STEPS, (lane, chain_id, since, until))
        ),
        tasks=tasks,
        runs=tuple(_run(row, until, language) for row in ask(_RUNS, (lane, nodes, until, since))),
        told=tuple(
            Told(
                recipient=r["recipient"],
                state=r["state"],
                created_at=r["created_at"],
                acknowledged_after_h=None if r["hours"] is None else float(r["hours"]),
            )
            for r in ask(_TOLD, (lane, nodes, since, until))
        ),
        silent=tuple(_silences(series, until, language)),
        series=len(series),
        rejected=tuple(
            Rejected(source=r["source"], reason=r["reason"], count=int(r["number"]))
            for r in ask(_REJECTED, (lane, since, until))
        ),
        unknown=_unknown(judged, chain, until),
        open_by_day=_days(ask(_DAYS, (since, until, lane, chain_id)), since, until),
        data_until=max((r["observed_at"] for r in series if r["observed_at"] is not None), default=None),
        judged_at=max((r["as_of"] for r in judged), default=None),
    )


def _lane(ask: Ask, lane: str) -> tuple[str, datetime]:
    found = ask(_LANE, (lane,))
    if not found:
        lanes = ", ".join(r["lane"] for r in ask(_LANES, ()))
        raise InputError(f"没有通道 {lane}，现有 {lanes} / no such lane, there are those named")
    return str(found[0]["chain"]), found[0]["lane_now"]


def _chain(ask: Ask, chain: str) -> Chain:
    found = ask(_CHAIN, (chain,))
    if not found:
        raise InputError(f"链条 {chain} 尚未导入 / chain {chain} was never imported")
    return msgspec.convert(found[0]["document"], Chain)


def _unknown(judged: list[dict[str, Any]], chain: Chain, until: datetime) -> tuple[str, ...]:
    """Places whose state is 情况不明, counted as the pages count them: judged so, judged too long ago, or never though they hold a stock."""
    lost = {r["node"] for r in judged if r["level"] == Level.UNKNOWN.value or until - r["as_of"] > OLD}
    never = {stock.node for stock in chain.stocks} - {r["node"] for r in judged}
    return tuple(sorted(lost | never))


def _risk(row: Mapping[str, Any], tasks: tuple[Task, ...], until: datetime, language: str) -> Risk:
    owners = dict.fromkeys(t.assignee for t in tasks if t.episode == row["episode"] and t.ended_at is None)
    return Risk(
        episode=row["episode"],
        node=row["node"],
        product=row["product"],
        hazard=row["hazard"],
        level=Level(row["level"]),
        opened_at=row["opened_at"],
        as_of=row["as_of"],
        headline=row[f"headline_{language}"],
        reason=row[f"reason_{language}"],
        path=tuple(row["path"]),
        hours_p10=row["hours_to_minimum_p10"],
        hours_p50=row["hours_to_minimum_p50"],
        hours_p90=row["hours_to_minimum_p90"],
        owners=tuple(owners),
        is_unknown=row["is_unknown"],
        acknowledged_by=row["acknowledged_by"] if _holds(row["acknowledged_until"], until) else "",
        muted_by=row["muted_by"],
    )


def _holds(acknowledged_until: datetime | None, now: datetime) -> bool:
    return acknowledged_until is not None and acknowledged_until > now


def _task(row: Mapping[str, Any], until: datetime, language: str) -> Task:
    ended = row["ended_at"] if row["ended_at"] is not None and row["ended_at"] <= until else None
    return Task(
        title=row[f"title_{language}"],
        assignee=row["assignee"].split(": ", 1)[-1],
        plan=row[f"plan_{language}"],
        node=row["node"],
        step=row["step"],
        episode=row["episode"],
        state=row["state"] if ended is not None else "open",
        is_question=row["detail"].get("kind") == "ask",
        created_at=row["created_at"],
        due_at=row["due_at"],
        ended_at=ended,
    )


def _run(row: Mapping[str, Any], until: datetime, language: str) -> Run:
    ended = row["ended_at"] if row["ended_at"] is not None and row["ended_at"] <= until else None
    state = row["state"] if ended is not None else "running"
    return Run(
        name=row[f"name_{language}"],
        node=row["node"],
        episode=row["episode"],
        state=state,
        started_at=row["started_at"],
        ended_at=ended,
    )


def _silences(series: list[dict[str, Any]], until: datetime, language: str) -> list[Silence]:
    found = []
    for row in series:
        newest = row["observed_at"]
        if newest is None or (until - newest).total_seconds() > 3600 * float(row["silence_h"]):
            found.append(
                Silence(series=row["series"], name=row[f"name_{language}"], provider=row["provider"], newest_at=newest)
            )
    return found


def _days(
    rows: list[dict[str, Any]], since: datetime, until: datetime
) -> tuple[tuple[datetime, Mapping[str, int]], ...]:
    counts: dict[datetime, dict[str, int]] = defaultdict(dict)
    for row in rows:
        counts[row["day"]][row["level"]] = int(row["number"])
    days = (until - since).days
    ends = [since + (until - since) * (i + 1) / max(days, 1) for i in range(days)] if days else []
    return tuple((end, counts.get(end, {})) for end in ends)
