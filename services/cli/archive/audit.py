"""What a person does on the command line leaves a Command on its topic."""

import getpass
import uuid
from datetime import UTC, datetime

import msgspec

from schemas.command import Command
from schemas.lane import LIVE
from schemas.topic import COMMAND
from services.runtime.kafka import KafkaStreamProducer
from services.runtime.settings import Settings


def note(
    settings: Settings, kind: str, arguments: dict[str, str], reason: str, *, lane: str = LIVE, actor: str | None = None
) -> Command:
    """Publish a command, by the login's own name unless an actor is given, and wait for its acknowledgement. Raises UnreachableError."""
    command = Command(
        command_id=uuid.uuid4().hex,
        lane=lane,
        kind=kind,
        actor=actor or getpass.getuser(),
        reason=reason,
        issued_at=datetime.now(UTC),
        arguments=arguments,
    )
    producer = KafkaStreamProducer(settings, client_id="lianjing-audit")
    try:
        producer.send(COMMAND.name, msgspec.json.encode(command), key=command.command_id.encode(), partition=0)
        producer.flush(10.0)
    finally:
        producer.close()
    return command
