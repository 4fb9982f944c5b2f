"""Sends what is due, each channel for itself, so that a dead host delays nobody else's message."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from psycopg import Connection

from schemas.lane import LIVE, LaneKind, kind_of
from services.response.actions.postgres_ledger import PostgresLedger
from services.response.channel import ChannelSpec
from services.response.contacts import CALL, LOG, PERSON, Contacts
from services.response.failover import Leg, choose, fate, way_of
from services.response.ledger import Attempt, Ledger, Settled
from services.response.link import Links
from services.response.marks import marked
from services.response.notice import Channel, Letter, Notice, Outcome, Verdict
from services.response.pace import wait_s
from services.response.roster import Roster
from services.response.watch import DESK, Watch
from services.runtime.clock import Clock
from services.runtime.logs import logger
from services.runtime.metrics import Meters

_BATCH = 200
_SHOW_EVERY_S = 5.0
_PATIENCE_S = 30.0
_DRAIN_S = 11.0
_RESTS = Outcome(verdict=Verdict.LIMITED, code="rests", detail="every channel that was left rests")
_log = logger("notifier")


class Plan(Struct, frozen=True, kw_only=True):
    """Who is reached how: contacts, channels as configured, the channels themselves by id, the log and the stand-in among them; who is on duty."""

    contacts: Contacts
    specs: Mapping[str, ChannelSpec]
    channels: Mapping[str, Channel]
    links: Links | None = None
    roster: Callable[[], Roster] = Roster


class Notifier:
    """Sends pending notifications. Every attempt is noted before it is made; a job per channel runs at a time, all in threads of their own.

    ``turn`` starts what may start and keeps what ended. After an outage of the database the outcomes at hand are kept first.
    """

    name = "notifier"

    def __init__(
        self,
        plan: Plan,
        clock: Clock,
        meters: Meters,
        open_ledger: Callable[[Connection[Any]], Ledger] = PostgresLedger,
    ) -> None:
        self._plan = plan
        self._clock = clock
        self._meters = meters
        self._open_ledger = open_ledger
        self._pool = ThreadPoolExecutor(max_workers=min(16, len(plan.channels)), thread_name_prefix="channel")
        self._jobs: dict[Future[list[Outcome]], list[Attempt]] = {}
        self._connection: Connection[Any] | None = None
        self._ledger: Ledger | None = None
        self._shown_at = float("-inf")

    def turn(self, connection: Connection[Any]) -> int:
        """Keep what ended, start what is due; return how many letters moved. May raise psycopg errors: then nothing of it is forgotten."""
        if self._ledger is None or self._connection is not connection:
            self._connection, self._ledger = connection, self._open_ledger(connection)
        if not self._ledger.is_alone():
            return 0
        moved = self._settle(self._ledger) + self._start(self._ledger)
        self._show(self._ledger)
        if not moved and self._jobs:
            wait(self._jobs, 0.2, FIRST_COMPLETED)
            return 1
        return moved

    def finish(self, connection: Connection[Any]) -> None:
        """Wait for what is under way and keep how it ended, so that a stop leaves nothing doubtful."""
        wait(self._jobs, _DRAIN_S)
        if self._ledger is not None and self._connection is connection:
            self._settle(self._ledger)
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _settle(self, ledger: Ledger) -> int:
        count = 0
        for job in [job for job in self._jobs if job.done()]:
            attempts, now = self._jobs[job], self._clock.now()
            error = job.exception()
            outcomes = job.result() if error is None else [_failed(error)] * len(attempts)
            settled = [
                Settled(attempt=a, outcome=o, fate=fate(a.notice, a.place, a.legs, o, now))
                for a, o in zip(attempts, outcomes, strict=True)
            ]
            ledger.settle(settled, now)
            del self._jobs[job]
            for one in settled:
                self._count(one)
            count += len(settled)
        return count

    def _start(self, ledger: Ledger) -> int:
        now = self._clock.now()
        under_way = {a.notice.notification_id for attempts in self._jobs.values() for a in attempts}
        notices = ledger.due(now, _BATCH, under_way)
        if not notices:
            return 0
        rests = ledger.rests(now)
        ready: dict[str, list[Attempt]] = {}
        nowhere: list[Notice] = []
        for notice in notices:
            way = self._way(ledger, notice)
            if not way:
                nowhere.append(notice)
                continue
            start = min(notice.leg, len(way) - 1)
            place = choose(way, start, rests.__contains__)
            if place is None:
                self._rest(ledger, notice, way, start, rests)
                continue
            attempt = self._attempt(notice, way[place], place, len(way))
            ready.setdefault(way[place].channel, []).append(attempt)
        self._end(ledger, nowhere)
        moved = sum(self._send(ledger, name, attempts, now) for name, attempts in ready.items())
        if len(notices) >= _BATCH:
            self._step_aside(ledger, ready, now)
        return moved

    def _step_aside(self, ledger: Ledger, ready: Mapping[str, Sequence[Attempt]], now: datetime) -> None:
        """Let what waits for a busy channel wait a second, so that the messages of other channels come into the next batch."""
        sent = {a.notice.notification_id for attempts in self._jobs.values() for a in attempts}
        waiting = [a.notice.notification_id for name, attempts in ready.items() for a in attempts if name != LOG]
        ledger.postpone([name for name in waiting if name not in sent], now + timedelta(seconds=1))

    def _rest(
        self, ledger: Ledger, notice: Notice, way: tuple[Leg, ...], start: int, rests: Mapping[str, datetime]
    ) -> None:
        """Every channel that is left rests: on a new way until the first is back, else the way begins anew after its pause."""
        if start == 0:
            ledger.postpone([notice.notification_id], min(rests[leg.channel] for leg in way))
            return
        now = self._clock.now()
        last = self._attempt(notice, way[-1], len(way) - 1, len(way))
        ledger.settle(
            [Settled(attempt=last, outcome=_RESTS, fate=fate(notice, last.place, last.legs, _RESTS, now))], now
        )

    def _way(self, ledger: Ledger, notice: Notice) -> tuple[Leg, ...]:
        roster = ledger.roster(notice.lane) if kind_of(notice.lane) is LaneKind.DRILL else frozenset()
        way = way_of(notice, self._plan.contacts, self._plan.specs, roster, self._watch(ledger, notice))
        return tuple(leg for leg in way if leg.channel in self._plan.channels)

    def _watch(self, ledger: Ledger, notice: Notice) -> Watch:
        """Who was on duty when the notice arose, so that its way stays the same while it is gone."""
        is_asked = notice.role == DESK and notice.channel == PERSON
        taken = ledger.watch(notice.lane, notice.queued_at) if is_asked else ()
        return Watch(roster=self._plan.roster(), taken=taken)

    def _attempt(self, notice: Notice, leg: Leg, place: int, legs: int) -> Attempt:
        is_recorded = self._plan.channels[leg.channel].is_recorded
        return Attempt(
            notice=notice, leg=leg, place=place, legs=legs, number=notice.attempts + 1, is_recorded=is_recorded
        )

    def _send(self, ledger: Ledger, name: str, attempts: list[Attempt], now: datetime) -> int:
        channel = self._plan.channels[name]
        if any(attempts_of[0].leg.channel == name for attempts_of in self._jobs.values()):
            return 0
        pause = wait_s(channel.limits, self._times(ledger, name, channel, now), now)
        if pause > 0:
            return self._hold(ledger, attempts, pause, now)
        chosen = attempts[: channel.at_once]
        letters = self._letters(ledger, chosen, now)
        ledger.begin(chosen, now)
        self._jobs[self._pool.submit(channel.send, letters)] = chosen
        return len(chosen)

    def _times(self, ledger: Ledger, name: str, channel: Channel, now: datetime) -> list[datetime]:
        if not channel.limits:
            return []
        longest = max(limit.seconds for limit in channel.limits)
        return ledger.times(name, now - timedelta(seconds=longest))

    def _hold(self, ledger: Ledger, attempts: Sequence[Attempt], pause: float, now: datetime) -> int:
        """The channel is used up for a while: what is grave and has another way takes that, the rest waits."""
        moved = [a for a in attempts if pause > _PATIENCE_S and a.notice.level in ("red", "orange") and a.legs > 1]
        full = Outcome(verdict=Verdict.LIMITED, code="own limit", detail="as many as the vendor allows were sent")
        settled = []
        for attempt in moved:
            stands = fate(attempt.notice, attempt.place, attempt.legs, full, now)
            settled.append(Settled(attempt=attempt, outcome=full, fate=stands))
        if settled:
            ledger.settle(settled, now)
        waiting = [a.notice.notification_id for a in attempts if a not in moved]
        if waiting:
            ledger.postpone(waiting, now + timedelta(seconds=pause))
        return len(settled)

    def _letters(self, ledger: Ledger, attempts: Sequence[Attempt], now: datetime) -> list[Letter]:
        is_personal = any(a.leg.meant for a in attempts)
        drilled = ledger.drilled(now) if is_personal else frozenset()
        return [self._letter(a, a.leg.meant in drilled, now) for a in attempts]

    def _letter(self, attempt: Attempt, is_drilled: bool, now: datetime) -> Letter:
        notice, leg = attempt.notice, attempt.leg
        text_zh, text_en = marked(notice.text_zh, notice.text_en, notice.lane, is_drilled=is_drilled)
        links = self._plan.links
        has_link = links is not None and leg.person and notice.channel != CALL
        return Letter(
            notification_id=notice.notification_id,
            lane=notice.lane,
            level=notice.level,
            recipient=leg.name,
            address=leg.address,
            text_zh=text_zh,
            text_en=text_en,
            created_at=notice.created_at,
            link=links.link(notice.notification_id, notice.lane, leg.person, now)
            if links is not None and has_link
            else "",
            is_repeat=notice.is_doubtful,
        )

    def _end(self, ledger: Ledger, notices: Sequence[Notice]) -> None:
        """Notices that may reach nobody: in a drill or replay that is right; for a real one it is a fault that must be heard."""
        for is_fault, state in ((True, "failed"), (False, "sent")):
            chosen = [n for n in notices if (n.lane == LIVE) is is_fault]
            if chosen:
                ledger.end([n.notification_id for n in chosen], state, "nobody to reach")
            if is_fault:
                for notice in chosen:
                    _log.error("nobody can be reached", role=notice.role, channel=notice.channel)
                    self._meters.counter("lianjing_notifications_total", notice.channel, "failed").inc()

    def _count(self, one: Settled) -> None:
        channel, outcome = one.attempt.leg.channel, one.outcome
        is_sent = outcome.verdict is Verdict.SENT
        self._meters.counter("lianjing_notifications_total", channel, "sent" if is_sent else "failed").inc()
        if channel != LOG:
            self._meters.gauge("lianjing_channel_up", channel).set(is_sent)
        if not is_sent:
            _log.warning(
                "a message was not sent",
                channel=channel,
                verdict=outcome.verdict.value,
                code=outcome.code,
                detail=outcome.detail,
                state=one.fate.state,
            )

    def _show(self, ledger: Ledger) -> None:
        if self._clock.monotonic() - self._shown_at < _SHOW_EVERY_S:
            return
        self._shown_at = self._clock.monotonic()
        oldest = ledger.oldest_waiting_s(self._clock.now())
        self._meters.gauge("lianjing_notification_oldest_waiting_seconds").set(oldest)


def _failed(error: BaseException) -> Outcome:
    """A channel that broke its promise to raise nothing: counted as no answer, so that the message goes on."""
    _log.error("a channel failed", error=type(error).__name__, why=str(error)[:200])
    return Outcome(verdict=Verdict.UNKNOWN, code=type(error).__name__)
