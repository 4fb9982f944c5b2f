"""Apache Kafka in KRaft mode: one process that is broker and controller, for one machine."""

import re
import socket
import struct
import subprocess
import uuid
from base64 import urlsafe_b64encode
from contextlib import closing
from pathlib import Path

from services.cli.stack.errors import PartFailedError
from services.cli.stack.jars import jar_folder, kafka_version, resolve
from services.cli.stack.java import find_java
from services.cli.stack.part import Found, Part, Tell, tell_nobody
from services.cli.stack.process import Launch

HEAP_MB = 512
_API_VERSIONS = struct.pack(">ihhih", 10, 18, 0, 1, -1)
"""Size, key 18 (ApiVersions), version 0, correlation 1, no client id: the cheapest question that a started broker answers."""


class Kafka(Part):
    """The broker. ``cache`` keeps the jars between homes; ``assets`` holds pom.xml and log4j2.properties.

    On 127.0.0.1 only and without passwords: for more than one machine use compose, which has SASL and ACLs.
    """

    name = "kafka"
    title = "Kafka"

    def __init__(
        self, folder: Path, cache: Path, assets: Path, port: int, controller_port: int, log: Path | None = None
    ) -> None:
        super().__init__(folder, log)
        self.port = port
        self._controller_port = controller_port
        self._cache = cache
        self._assets = assets

    @property
    def bootstrap(self) -> str:
        """Address for clients."""
        return f"127.0.0.1:{self.port}"

    def address(self) -> str:
        """Address for people: the same."""
        return self.bootstrap

    def find(self) -> Found:
        """Java and the jars. Not yet fetched jars are no error: the first start fetches them."""
        java, version = find_java()
        folder = jar_folder(self._cache, self._assets / "pom.xml")
        note = "" if folder.is_dir() else "首次启动时下载 / fetched at the first start"
        return Found(
            str(folder),
            kafka_version(self._assets / "pom.xml"),
            f"Java {version} {java}" + (f"; {note}" if note else ""),
        )

    def prepare(self, tell: Tell = tell_nobody) -> None:
        """Fetch the jars and format the data folder once; write the settings each time."""
        jars = resolve(self._cache, self._assets / "pom.xml", tell)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._settings.write_text(self.properties())
        if not (self._data / "meta.properties").exists():
            tell("初始化 Kafka 数据目录", "formatting Kafka's data folder")
            self._format(jars)

    def properties(self) -> str:
        """The text of server.properties."""
        return server_properties(self._data, self.port, self._controller_port)

    def launch(self) -> Launch:
        """Java with 512 MB of heap."""
        java, _ = find_java()
        jars = jar_folder(self._cache, self._assets / "pom.xml")
        memory = [
            f"-Xms{HEAP_MB // 2}m",
            f"-Xmx{HEAP_MB}m",
            "-XX:+UseG1GC",
            "-XX:MaxGCPauseMillis=20",
            "-XX:TieredStopAtLevel=1",
            "-XX:+ExitOnOutOfMemoryError",
        ]
        logging = [f"-Dlog4j2.configurationFile={self._assets / 'log4j2.properties'}"]
        argv = [
            str(java),
            *memory,
            "-Djava.awt.headless=true",
            *logging,
            "-cp",
            f"{jars}/*",
            "kafka.Kafka",
            str(self._settings),
        ]
        return Launch(tuple(argv), self.folder)

    def is_ready(self) -> bool:
        """Whether the broker answers a request: it does so only once it has loaded its log and joined its own quorum."""
        try:
            with closing(socket.create_connection(("127.0.0.1", self.port), timeout=1)) as connection:
                connection.settimeout(1)
                connection.sendall(_API_VERSIONS)
                answer = connection.recv(10)
        except OSError:
            return False
        return len(answer) == 10 and struct.unpack(">iih", answer)[2] == 0

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    @property
    def _settings(self) -> Path:
        return self.folder / "server.properties"

    def _format(self, jars: Path) -> None:
        java, _ = find_java()
        cluster = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        logging = f"-Dlog4j2.configurationFile={self._assets / 'log4j2.properties'}"
        brief = ["-Xmx128m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]
        tool = [str(java), *brief, logging, "-cp", f"{jars}/*", "kafka.tools.StorageTool"]
        command = [*tool, "format", "--standalone", f"--cluster-id={cluster}", "-c", str(self._settings)]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            said = re.sub(r"\n+", "\n", result.stdout + result.stderr)[-800:]
            raise PartFailedError(
                "Kafka 数据目录初始化失败", f"Kafka's data folder could not be formatted\n{said}", str(self._data)
            )


def server_properties(data: Path, port: int, controller_port: int) -> str:
    """Settings of the one node. Topics are made by code only; record timestamps are the broker's own."""
    settings = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "PLAINTEXT",
        "controller.listener.names": "CONTROLLER",
        "controller.quorum.bootstrap.servers": f"127.0.0.1:{controller_port}",
        "log.dirs": str(data),
        "auto.create.topics.enable": "false",
        "log.message.timestamp.type": "LogAppendTime",
        "message.max.bytes": "4194304",
        "num.network.threads": "2",
        "num.io.threads": "4",
        "default.replication.factor": "1",
        "min.insync.replicas": "1",
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "8",
        "offsets.retention.minutes": "43200",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "4",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        "share.coordinator.state.topic.num.partitions": "4",
        "group.initial.rebalance.delay.ms": "0",
        # A killed broker is let in again only when its old session is over (default 9 s).
        "broker.heartbeat.interval.ms": "500",
        "broker.session.timeout.ms": "4000",
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())
