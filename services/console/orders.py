"""What people decide or report leaves here: audited first, then a Command on its topic."""

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
        """Audit, publish with acks=all, return the id. ``command_id`` makes a repeat harmless.

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
        self._ledger.write(_note(command))
        try:
            delivery = self._producer.send(
                COMMAND.name, msgspec.json.encode(command), key=command.command_id.encode(), partition=0
            )
            delivery.offset(_WAIT_S)
        except UnreachableError as error:
            raise OrderLostError(str(error)) from error
        return command.command_id


def _note(command: Command) -> Note:
    detail = {**command.arguments, "command_id": command.command_id, "reason": command.reason}
    return Note(actor=command.actor, action="command", subject=command.kind, lane=command.lane, detail=detail)
