"""The whole local stack of one home folder: which parts, in which folders, with which settings."""

import json
from collections.abc import Mapping
from pathlib import Path

from services.cli.stack.addresses import Addresses
from services.cli.stack.alertmanager import Alertmanager
from services.cli.stack.kafka import Kafka
from services.cli.stack.monitoring import alertmanager_configuration, prometheus_configuration
from services.cli.stack.part import Part
from services.cli.stack.postgres import Postgres
from services.cli.stack.prometheus import Prometheus
from services.cli.stack.roles import secret
from services.cli.stack.stage import STAGES, Stage
from services.runtime.assets import asset_path
from services.runtime.settings import Settings

DATABASE = "lianjing"
DEMO = "demo"
"""Name of the demo's home folder, inside the usual one."""
INFRASTRUCTURE = ("kafka", "postgres", "prometheus", "alertmanager")
ALL_PARTS = (*INFRASTRUCTURE, *STAGES)
_ERRANDS = ("intake", "console")


def cache_folder(home: Path) -> Path:
    """Where fetched programs are kept: the demo shares them with the home above it."""
    return (home.parent if home.name == DEMO else home) / "cache"


class Layout:
    """Builds parts from settings and addresses. Building touches nothing; preparing and starting do."""

    def __init__(self, settings: Settings, addresses: Addresses, cache: Path | None = None) -> None:
        self.home = settings.home
        self.secrets = settings.home / "secrets"
        self.addresses = addresses
        self._cache = cache or cache_folder(settings.home)
        self._given_database = settings.database_url
        self.settings = settings.with_changes(
            kafka_bootstrap=f"127.0.0.1:{addresses.kafka}" if addresses.kafka else settings.kafka_bootstrap,
            prometheus_url=f"http://127.0.0.1:{addresses.prometheus}"
            if addresses.prometheus
            else settings.prometheus_url,
            alertmanager_url=f"http://127.0.0.1:{addresses.alertmanager}"
            if addresses.alertmanager
            else settings.alertmanager_url,
            intake_port=addresses.intake,
            console_port=addresses.console,
        )

    def log(self, name: str) -> Path:
        """Log file of a part."""
        return self.home / "logs" / f"{name}.log"

    def kafka(self) -> Kafka | None:
        """Our broker, None when the settings name one elsewhere."""
        port = self.addresses.kafka
        if port is None:
            return None
        assets = asset_path("deploy/kafka")
        return Kafka(self.home / "kafka", self._cache, assets, port, self.addresses.controller, self.log("kafka"))

    def postgres(self) -> Postgres | None:
        """Our cluster, None when LIANJING_DATABASE_URL names a database."""
        port = self.addresses.postgres
        return (
            None
            if port is None
            else Postgres(self.home / "postgres", port, self.secrets / "postgres", self.log("postgres"))
        )

    def prometheus(self) -> Prometheus | None:
        """Our Prometheus, None when the settings name one elsewhere."""
        port = self.addresses.prometheus
        if port is None:
            return None
        shipped = asset_path("deploy/prometheus/prometheus.yml").read_text(encoding="utf-8")
        alertmanager = self.settings.alertmanager_url.removeprefix("http://")
        targets = {stage: f"127.0.0.1:{number}" for stage, number in self.addresses.metrics.items()}
        text = prometheus_configuration(shipped, asset_path("deploy/prometheus") / "rules", alertmanager, targets)
        return Prometheus(self.home / "prometheus", port, text, self.log("prometheus"))

    def alertmanager(self) -> Alertmanager | None:
        """Our Alertmanager, None when the settings name one elsewhere."""
        port = self.addresses.alertmanager
        if port is None:
            return None
        shipped = asset_path("deploy/alertmanager/alertmanager.yml").read_text(encoding="utf-8")
        text = alertmanager_configuration(shipped, self.settings.webhook_url)
        return Alertmanager(self.home / "alertmanager", port, text, self.log("alertmanager"))

    def infrastructure(self, wanted: frozenset[str]) -> list[Part]:
        """The parts that are not ours to write, in the order of the architecture."""
        made: list[Part | None] = [self.kafka(), self.postgres(), self.prometheus(), self.alertmanager()]
        return [part for part in made if part is not None and part.name in wanted]

    def stages(self, wanted: frozenset[str], role_addresses: Mapping[str, str]) -> list[Stage]:
        """Our services. Each logs in with its own role where it has one."""
        return [
            Stage(
                stage,
                self.home,
                self.addresses.metrics[stage],
                self._environment(stage, role_addresses),
                self.log(stage),
            )
            for stage in STAGES
            if stage in wanted
        ]

    def database_url(self) -> str:
        """Address of the database for administration: the given one, or our cluster's."""
        postgres = self.postgres()
        return self._given_database if postgres is None else postgres.url(DATABASE)

    def public_settings(self) -> dict[str, str]:
        """Settings that other commands beside the running stack need; no secrets."""
        return {
            "LIANJING_HOME": str(self.home),
            "LIANJING_KAFKA_BOOTSTRAP": self.settings.kafka_bootstrap,
            "LIANJING_PROMETHEUS_URL": self.settings.prometheus_url,
            "LIANJING_ALERTMANAGER_URL": self.settings.alertmanager_url,
            "LIANJING_INTAKE_PORT": str(self.settings.intake_port),
            "LIANJING_CONSOLE_PORT": str(self.settings.console_port),
        }

    def publish(self) -> None:
        """Leave the addresses for other commands: run/settings.json, and secrets/database_url (0600)."""
        run = self.home / "run"
        run.mkdir(parents=True, exist_ok=True)
        (run / "settings.json").write_text(json.dumps(self.public_settings(), indent=2) + "\n")
        self.secrets.mkdir(parents=True, exist_ok=True, mode=0o700)
        target = self.secrets / "database_url"
        target.touch(mode=0o600)
        target.write_text(self.database_url() + "\n")

    def _environment(self, stage: str, role_addresses: Mapping[str, str]) -> dict[str, str]:
        drop = {} if self.settings.drop_folder else {"LIANJING_DROP_FOLDER": str(self.home / "drop")}
        return {
            **self.public_settings(),
            **drop,
            "LIANJING_DATABASE_URL": role_addresses.get(f"lianjing_{stage}", self.database_url()),
            "LIANJING_METRICS_PORT": str(self.addresses.metrics[stage]),
            **({"LIANJING_ERRAND_SECRET": secret(self.secrets, "errand_secret")} if stage in _ERRANDS else {}),
        }
