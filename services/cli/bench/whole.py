"""A whole stack of its own for a bench: ``lianjing up`` on free ports in a temporary home, as an operator would run it."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx
import msgspec
from prometheus_client.parser import text_string_to_metric_families

from schemas.chain import Chain
from schemas.lane import LIVE, Lane
from schemas.provider import Provider
from schemas.topic import LANE, PROVIDER
from services.intake.keys import make_key
from services.runtime.chain.publication import publish_chain
from services.runtime.errors import UnreachableError
from services.runtime.kafka import KafkaStreamProducer
from services.runtime.settings import Settings

_STOP_S = 60.0
_ENOUGH_REQUESTS = 5_000.0


class WholeStack:
    """A context: inside, everything is ready; afterwards all is stopped and the home folder is gone."""

    def __init__(self, home: Path, webhook: str, without: str = "") -> None:
        self._home = home
        self._webhook = webhook
        self._without = without
        self._process: subprocess.Popen[str] | None = None
        self._settings = Settings()

    def __enter__(self) -> "WholeStack":
        cache = Settings.from_environment().home / "cache"
        self._home.chmod(0o755)
        (self._home / "faust").mkdir(exist_ok=True)
        if cache.is_dir():
            (self._home / "cache").symlink_to(cache)
        environment = {k: v for k, v in os.environ.items() if not k.startswith("LIANJING_")}
        environment |= {"LIANJING_HOME": str(self._home), "LIANJING_WEBHOOK_URL": self._webhook}
        start = "from services.cli.main import main; main()"
        options = ["--free-ports", "--json", "--logs", "none", "--without", self._without]
        command = [sys.executable, "-c", start, "up", *options]
        said = self._home / "up.log"
        with said.open("w", encoding="utf-8") as words:
            self._process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=words, text=True)
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            self._end()
            last = said.read_text(encoding="utf-8")[-1500:]
            raise UnreachableError(f"the stack did not start; its logs are in {self._home / 'logs'}\n{last}")
        told: dict[str, Any] = json.loads(line)
        self._settings = Settings.from_environment({"LIANJING_HOME": str(self._home), **told["settings"]})
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._end()
        if error is None:
            shutil.rmtree(self._home, ignore_errors=True)

    @property
    def intake_url(self) -> str:
        """Address of the HTTP door."""
        return f"http://127.0.0.1:{self._settings.intake_port}"

    def introduce(self, chain: Chain, now: datetime) -> str:
        """Publish a chain, let the live lane use it, add a provider for it; return the provider's key."""
        key, text = make_key("bench", now)
        provider = Provider(
            provider="bench",
            name_zh="基准",
            name_en="bench",
            series=["*"],
            keys=[key],
            rate_per_second=_ENOUGH_REQUESTS,
        )
        live = Lane(
            name=LIVE, chain=chain.id, opened_at=now, origin=now, wall_origin=now, revision=int(now.timestamp()) + 1
        )
        producer = KafkaStreamProducer(self._settings, client_id="bench")
        try:
            publish_chain(producer, chain)
            producer.send(PROVIDER.name, msgspec.json.encode(provider), key=b"bench", partition=0)
            producer.send(LANE.name, msgspec.json.encode(live), key=LIVE.encode(), partition=0)
            producer.flush(20.0)
        finally:
            producer.close()
        self._wait_for_key(text)
        return text

    def _wait_for_key(self, key: str) -> None:
        """Until intake knows the provider. Raises UnreachableError after half a minute."""
        deadline = time.monotonic() + 30.0
        headers = {"Authorization": f"Bearer {key}"}
        while time.monotonic() < deadline:
            answer = httpx.get(f"{self.intake_url}/v1/series", headers=headers, timeout=10.0, trust_env=False)
            if answer.status_code == 200:
                return
            time.sleep(0.2)
        raise UnreachableError("intake does not know the bench's key after half a minute")

    def normal_places(self) -> int:
        """How many (node, product) of generated chains risk shows as normal."""
        state = json.loads((self._home / "run" / "stack.json").read_text(encoding="utf-8"))
        address = next(p["address"] for p in state["parts"] if p["name"] == "risk")
        text = httpx.get(address, timeout=10.0, trust_env=False).text
        return sum(
            1
            for family in text_string_to_metric_families(text)
            if family.name == "lianjing_node_level"
            for sample in family.samples
            if sample.value == 0 and sample.labels.get("chain", "").startswith("generated")
        )

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5.0)
        if process.stdout is not None:
            process.stdout.close()
