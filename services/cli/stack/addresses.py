"""Where everything listens: the settings' addresses, or free ports beside a running stack."""

import os
from dataclasses import dataclass
from urllib.parse import urlsplit

from services.cli.stack.ports import free_ports, is_free, require_free
from services.cli.stack.stage import STAGES
from services.cli.stack.state import StackState
from services.runtime.settings import Settings

CONTROLLER_PORT = 19093
POSTGRES_PORT = 15432
FIRST_METRICS_PORT = 18100
_LOCAL = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True)
class Address:
    """One port on this machine: which part wants it, and the setting that moves it."""

    part: str
    port: int
    setting: str


@dataclass(frozen=True)
class Addresses:
    """All ports of a stack. A part that is elsewhere (its setting names another host) has no port here."""

    kafka: int | None
    controller: int
    postgres: int | None
    prometheus: int | None
    alertmanager: int | None
    intake: int
    console: int
    metrics: dict[str, int]

    def listed(self) -> list[Address]:
        """Every port with its part and setting."""
        found = [
            Address("Kafka", self.kafka or 0, "LIANJING_KAFKA_BOOTSTRAP"),
            Address("Kafka controller", self.controller if self.kafka else 0, "--free-ports"),
            Address("PostgreSQL", self.postgres or 0, "--free-ports"),
            Address("Prometheus", self.prometheus or 0, "LIANJING_PROMETHEUS_URL"),
            Address("Alertmanager", self.alertmanager or 0, "LIANJING_ALERTMANAGER_URL"),
            Address("intake HTTP", self.intake, "LIANJING_INTAKE_PORT"),
            Address("console HTTP", self.console, "LIANJING_CONSOLE_PORT"),
        ]
        found += [Address(f"{stage} metrics", port, "--free-ports") for stage, port in self.metrics.items()]
        return [address for address in found if address.port]

    def require_free(self, *, wanted: frozenset[str]) -> None:
        """Raise PortTakenError for the first taken port of a wanted part (``kafka``, ``intake`` …)."""
        for address in self.listed():
            if address.part.split()[0].lower().replace("postgresql", "postgres") in wanted:
                require_free(address.port, address.part, address.setting)

    def is_all_free(self) -> bool:
        """Whether every port is free now."""
        return all(is_free(address.port) for address in self.listed())


def declared_settings() -> Settings:
    """Settings as the environment states them, without what an earlier ``up`` left behind in the home folder."""
    home = Settings.from_environment().home
    nowhere = {**os.environ, "LIANJING_HOME": os.devnull}
    return Settings.from_environment(nowhere).with_changes(home=home.absolute())


def from_settings(settings: Settings) -> Addresses:
    """Ports as the settings say."""
    return Addresses(
        kafka=local_port(f"kafka://{settings.kafka_bootstrap.split(',')[0]}"),
        controller=CONTROLLER_PORT,
        postgres=None if settings.database_url else POSTGRES_PORT,
        prometheus=local_port(settings.prometheus_url),
        alertmanager=local_port(settings.alertmanager_url),
        intake=settings.intake_port,
        console=settings.console_port,
        metrics={stage: FIRST_METRICS_PORT + number for number, stage in enumerate(STAGES)},
    )


def from_state(places: Addresses, state: StackState) -> Addresses:
    """Ports of a running stack, as its state file says; parts that it does not name keep theirs."""
    ports = {
        part.name: urlsplit(part.address if "//" in part.address else f"//{part.address}").port for part in state.parts
    }
    return Addresses(
        kafka=ports.get("kafka", places.kafka),
        controller=places.controller,
        postgres=ports.get("postgres", places.postgres),
        prometheus=ports.get("prometheus", places.prometheus),
        alertmanager=ports.get("alertmanager", places.alertmanager),
        intake=int(state.settings.get("LIANJING_INTAKE_PORT", places.intake)),
        console=int(state.settings.get("LIANJING_CONSOLE_PORT", places.console)),
        metrics={stage: ports.get(stage) or port for stage, port in places.metrics.items()},
    )


def on_free_ports(like: Addresses) -> Addresses:
    """The same parts on ports that are free now."""
    ports = free_ports(7 + len(STAGES))
    return Addresses(
        kafka=ports[0] if like.kafka else None,
        controller=ports[1],
        postgres=ports[2] if like.postgres else None,
        prometheus=ports[3] if like.prometheus else None,
        alertmanager=ports[4] if like.alertmanager else None,
        intake=ports[5],
        console=ports[6],
        metrics=dict(zip(STAGES, ports[7:], strict=True)),
    )


def local_port(url: str) -> int | None:
    """The port when the address is on this machine, else None.

    >>> local_port("http://127.0.0.1:19090"), local_port("http://monitor.example:9090")
    (19090, None)
    """
    parts = urlsplit(url)
    return parts.port if parts.hostname in _LOCAL else None
