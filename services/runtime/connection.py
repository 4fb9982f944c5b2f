"""How every client connects to the broker, and the administration client."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError

from services.runtime.errors import UnreachableError
from services.runtime.settings import Settings


def connection_options(settings: Settings) -> dict[str, Any]:
    """Options common to every client of the broker: address, TLS and SASL."""
    options: dict[str, Any] = {
        "bootstrap_servers": settings.kafka_bootstrap.split(","),
        "security_protocol": settings.kafka_security_protocol,
        "reconnect_backoff_max_ms": 1000,
        "bootstrap_timeout_ms": 5000,
    }
    if settings.kafka_security_protocol.startswith("SASL"):
        options |= {
            "sasl_mechanism": settings.kafka_sasl_mechanism,
            "sasl_plain_username": settings.kafka_sasl_username,
            "sasl_plain_password": settings.kafka_sasl_password,
        }
    if settings.kafka_security_protocol.endswith("SSL"):
        options |= {
            "ssl_cafile": settings.kafka_ssl_cafile or None,
            "ssl_certfile": settings.kafka_ssl_certfile or None,
            "ssl_keyfile": settings.kafka_ssl_keyfile or None,
        }
    return options


@contextmanager
def administration(settings: Settings, client_id: str = "lianjing-topics") -> Iterator[Any]:
    """An administration client of the broker, closed afterwards. Raises UnreachableError for every error of the broker."""
    try:
        client = KafkaAdminClient(**connection_options(settings), client_id=client_id, request_timeout_ms=15_000)
    except KafkaError as error:
        raise UnreachableError(f"no broker at {settings.kafka_bootstrap}: {error}") from error
    try:
        yield client
    except KafkaError as error:
        raise UnreachableError(f"the broker at {settings.kafka_bootstrap} refused: {error}") from error
    finally:
        client.close()
