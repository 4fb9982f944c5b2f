"""Places calls and hands them on: rows of ``call``, the voice message or the task behind each, in one transaction."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection

from schemas.lane import LaneKind, kind_of
from services.response.actions.call_rows import (
    call_row,
    gravest_levels,
    new_items,
    oldest_ringing_s,
    ringing_calls,
    roster_of,
    set_state,
    set_task,
)
from services.response.actions.watch_rows import watch_taken
from services.response.calling import STEP, Call, CallState, Item, Next, Ringing, call, decide_call
from services.response.channel import ChannelKind, ChannelSpec
from services.response.contacts import CALL, Contact, Contacts, Person
from services.response.delivery import is_only_sender
from services.response.record import Notification, Task, digest
from services.response.roster import Roster
from services.response.watch import DESK, Watch
from services.runtime.clock import Clock
from services.runtime.logs import logger
from services.runtime.metrics import Meters
from services.runtime.projection import insert_nouns

_EVERY_S = 1.0
_FRESH = timedelta(hours=24)
_log = logger("caller")


class Caller:
    """Looks every second for items to call about and for calls that nobody answered. Killed at any moment it repeats nothing: ids are computed."""

    name = "caller"

    def __init__(
        self,
        contacts: Contacts,
        specs: Mapping[str, ChannelSpec],
        clock: Clock,
        meters: Meters,
        roster: Callable[[], Roster] = Roster,
    ) -> None:
        self._contacts = contacts
        self._roster = roster
        self._has_voice = any(spec.kind is ChannelKind.VOICE and not spec.is_drill for spec in specs.values())
        self._clock = clock
        self._meters = meters
        self._at = float("-inf")

    def turn(self, connection: Connection[Any]) -> int:
        """One look; returns how many calls changed. May raise psycopg errors."""
        if self._clock.monotonic() - self._at < _EVERY_S:
            return 0
        self._at = self._clock.monotonic()
        now = self._clock.now()
        with connection.transaction():
            if not is_only_sender(connection, self.name):
                return 0
            changed = self._begin(connection, now) + self._go_on(connection, now)
            oldest = oldest_ringing_s(connection, now)
        self._meters.gauge("lianjing_call_oldest_unanswered_seconds").set(oldest)
        return changed

    def finish(self, connection: Connection[Any]) -> None:
        """Nothing is under way between two turns."""

    def _begin(self, connection: Connection[Any], now: datetime) -> int:
        called = sorted(role for role, contact in self._contacts.items() if contact.is_called)
        if not called:
            return 0
        items = new_items(connection, called, now - _FRESH)
        return sum(self._place(connection, item, 1, now) for item in items)

    def _go_on(self, connection: Connection[Any], now: datetime) -> int:
        calls = ringing_calls(connection)
        gravest = gravest_levels(connection) if calls else {}
        count = 0
        for one in calls:
            item = one.item
            step = decide_call(one, gravest[(item.lane, item.episode, item.role)], now)
            count += step is not Next.WAIT
            if step is Next.END:
                set_state(connection, one.call_id, CallState.ENDED, now)
            elif step is Next.TASK:
                self._task_for(connection, one, now)
            elif step is Next.DEPUTY:
                self._hand_on(connection, one, now)
        return count

    def _hand_on(self, connection: Connection[Any], one: Ringing, now: datetime) -> None:
        set_state(connection, one.call_id, CallState.UNANSWERED, now)
        self._meters.counter("lianjing_calls_total", "unanswered").inc()
        self._place(connection, one.item, one.number + 1, now)

    def _place(self, connection: Connection[Any], item: Item, number: int, now: datetime) -> int:
        people = self._people(connection, item)
        if not people:
            return 0
        made = call(item, people, number, now)
        call_row(connection, made)
        if self._has_voice or kind_of(item.lane) is LaneKind.DRILL:
            insert_nouns(connection, "notification", [_voice(made)])
        else:
            self._task(connection, made.call_id, item, made.person, now)
        self._meters.counter("lianjing_calls_total", "placed").inc()
        _log.info("call placed", call=made.call_id, role=item.role, person=made.person.id, number=number)
        return 1

    def _people(self, connection: Connection[Any], item: Item) -> tuple[Person, ...]:
        """Who is called, in turn: the order of the moment the item arose, so that everybody comes once before anybody comes again."""
        contact = self._contacts.get(item.role)
        taken = watch_taken(connection, item.lane, item.queued_at) if item.role == DESK else ()
        watch = Watch(roster=self._roster(), taken=taken)
        people = watch.in_turn(contact.people if contact is not None else (), item.role, item.created_at)
        if kind_of(item.lane) is LaneKind.DRILL:
            roster = roster_of(connection, item.lane)
            people = tuple(person for person in people if person.id in roster)
        return people

    def _task_for(self, connection: Connection[Any], one: Ringing, now: datetime) -> None:
        people = self._people(connection, one.item)
        if people:
            self._task(connection, one.call_id, one.item, people[(one.number - 1) % len(people)], now)

    def _task(self, connection: Connection[Any], call_id: str, item: Item, person: Person, now: datetime) -> None:
        """Work for the duty desk: call him by hand and record who answered; the desk is told."""
        task = _hand_call(call_id, item, person, now)
        insert_nouns(connection, "task", [task], json_columns=("detail",))
        set_task(connection, call_id, task.task_id)
        insert_nouns(connection, "notification", _told(task, item, self._contacts.get(DESK)))


def _voice(made: Call) -> Notification:
    item = made.item
    return Notification(
        notification_id=made.call_id,
        run_id=item.run_id,
        lane=item.lane,
        step=STEP,
        channel=CALL,
        recipient=made.person.name,
        text_zh=item.text_zh,
        text_en=item.text_en,
        created_at=item.lane_time(made.placed_at),
        role=item.role,
        level=item.level,
        person=made.person.id,
    )


def _hand_call(call_id: str, item: Item, person: Person, now: datetime) -> Task:
    head_zh, head_en = item.text_zh.splitlines()[0], item.text_en.splitlines()[0]
    at = item.lane_time(now)
    return Task(
        task_id=digest("call-task", call_id),
        run_id=item.run_id,
        lane=item.lane,
        step=STEP,
        title_zh=f"电话叫应 {person.name}，记录谁在何时接听：{head_zh}",
        title_en=f"call {person.name} and record who answered, and when: {head_en}",
        assignee=f"{DESK}: 值班员",
        state="open",
        created_at=at,
        due_at=at + timedelta(minutes=5),
        detail={"kind": "call", "call": call_id, "person": person.id, "level": item.level},
    )


def _told(task: Task, item: Item, desk: Contact | None) -> Sequence[Notification]:
    call_id = task.detail["call"]
    head_zh, *rest_zh = item.text_zh.splitlines()
    text_zh = "\n".join((head_zh, f"请办：{task.title_zh.split('：')[0]}（5 分钟内；登记号 {call_id}）", *rest_zh))
    text_en = f"{item.text_en.splitlines()[0]}\nDo: {task.title_en.split(':')[0]} (within 5 minutes; {call_id})"
    return [
        Notification(
            notification_id=digest("call-told", call_id, channel),
            run_id=item.run_id,
            lane=item.lane,
            step=STEP,
            channel=channel,
            recipient=f"{desk.name_zh} {desk.office}" if desk is not None else DESK,
            text_zh=text_zh,
            text_en=text_en,
            created_at=task.created_at,
            role=DESK,
            level=item.level,
        )
        for channel in (desk.channels if desk is not None else ("log",))
    ]
