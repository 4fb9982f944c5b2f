"""What people decide or report leaves here: audited first, then a Command on its topic."""

import threading
import uuid
from collections.abc import Mapping
from typing import Protocol

import msgspec

from schemas.command import Command
from schemas.topic import COMMAND
from services.console.access.audit import Note
from services.console.access.order_kind import may_order
from services.console.access.person import Person
from services.console.errors import ForbiddenError
from services.runtime.clock import Clock
from services.runtime.errors import UnreachableError
from services.runtime.streams import Producer

_WAIT_S = 5.0
_REMEMBERED = 4096


class OrderLostError(UnreachableError):
    """The broker did not take a command: nothing was ordered, the person has to try again."""


class Ledger(Protocol):
    """Where what is done is written down."""

    def write(self, note: Note) -> None:
        """Append to the audit log. Raises UnreachableError; then nothing may be done."""
        ...


class Orders:
    """Sends commands. The twin for tests is this class over ``MemoryProducer``: ``MemoryBroker.messages("lianjing.command")`` shows what was sent."""

    def __init__(self, producer: Producer, ledger: Ledger, clock: Clock) -> None:
        self._producer = producer
        self._ledger = ledger
        self._clock = clock
        self._guard = threading.Lock()
        self._sent: dict[str, None] = {}

    def send(
        self,
        person: Person,
        kind: str,
        arguments: Mapping[str, str],
        reason: str,
        *,
        lane: str = "live",
        command_id: str | None = None,
    ) -> str:
        """Audit, publish with acks=all, return the id. ``command_id`` makes a repeat harmless: here it is sent once.

        Raises ForbiddenError for a kind the person has no right to, UnreachableError when the audit log, OrderLostError when the broker could not be
        reached.
        """
        if not may_order(person, kind):
            raise ForbiddenError(f"您的角色不能下达 {kind[:40]}", f"your roles may not order {kind[:40]}")
        command = Command(
            command_id=command_id or uuid.uuid4().hex,
            lane=lane,
            kind=kind,
            actor=person.name,
            reason=reason,
            issued_at=self._clock.now(),
            arguments=dict(arguments),
        )
        if not self._is_first(command.command_id):
            return command.command_id
        is_sent = False
        try:
            self._ledger.write(_note(command, person.address))
            self._publish(command)
            is_sent = True
        finally:
            if not is_sent:
                self._forget(command.command_id)
        return command.command_id

    def _publish(self, command: Command) -> None:
        try:
            delivery = self._producer.send(
                COMMAND.name, msgspec.json.encode(command), key=command.command_id.encode(), partition=0
            )
            delivery.offset(_WAIT_S)
        except UnreachableError as error:
            raise OrderLostError(str(error)) from error

    def _is_first(self, command_id: str) -> bool:
        with self._guard:
            if command_id in self._sent:
                return False
            if len(self._sent) >= _REMEMBERED:
                del self._sent[next(iter(self._sent))]
            self._sent[command_id] = None
            return True

    def _forget(self, command_id: str) -> None:
        with self._guard:
            self._sent.pop(command_id, None)


def _note(command: Command, address: str) -> Note:
    detail = {**command.arguments, "command_id": command.command_id, "reason": command.reason}
    return Note(
        actor=command.actor,
        action="command",
        subject=command.kind,
        lane=command.lane,
        address=address,
        detail=detail,
    )
