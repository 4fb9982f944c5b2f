"""Providers as the topic holds them, for the command line: read, changed, published with an audited command."""

import getpass
import secrets
from datetime import UTC, datetime

import msgspec

from schemas.command import Command
from schemas.lane import LIVE
from schemas.provider import Provider
from schemas.topic import PROVIDER
from services.intake.publisher import Publisher
from services.runtime.errors import InputError
from services.runtime.kafka import KafkaStreamConsumer, KafkaStreamProducer
from services.runtime.registry import Registry
from services.runtime.settings import Settings


class ProviderShelf:
    """All providers of now. Open it with ``with``. Raises UnreachableError when the broker is away."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.registry = Registry(KafkaStreamConsumer(settings, client_id="provider"))

    def __enter__(self) -> "ProviderShelf":
        """Read the topics."""
        self.registry.open()
        self.registry.load()
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection."""
        self.registry.close()

    def get(self, name: str) -> Provider:
        """One provider. Raises InputError when unknown."""
        found = self.registry.providers.get(name)
        if found is None:
            known = ", ".join(sorted(self.registry.providers)) or "–"
            raise InputError(f"没有报送单位 {name!r}，已有 / no provider {name!r}; known: {known}")
        return found

    def publish(self, provider: Provider, deed: str, reason: str) -> Provider:
        """Publish the next revision and the command ``provider.<deed>``. Raises UnreachableError."""
        before = self.registry.providers.get(provider.provider)
        changed = msgspec.structs.replace(provider, revision=before.revision + 1 if before else 1)
        producer = KafkaStreamProducer(self._settings, client_id="provider")
        try:
            command = Command(
                command_id=secrets.token_hex(12),
                lane=LIVE,
                kind=f"provider.{deed}",
                actor=getpass.getuser(),
                reason=reason,
                issued_at=datetime.now(UTC),
                arguments={"provider": provider.provider},
            )
            Publisher(producer, dict).command(command)
            value = msgspec.json.encode(changed)
            producer.send(PROVIDER.name, value, key=provider.provider.encode(), partition=0).offset(30.0)
        finally:
            producer.close()
        return changed
