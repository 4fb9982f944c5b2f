"""What the tests of messages share: fake vendors that speak TLS, letters and notices about a red item."""

import json
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from services.response.notice import Letter, Notice

NOON = datetime(2026, 1, 10, 4, 0, tzinfo=UTC)


class Vendor:
    """An HTTPS server that keeps every request and answers by a script; without one with ``answer``. ``ports`` of a closed one refuse."""

    def __init__(self, certificate: Path) -> None:
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.script: list[tuple[int, dict[str, Any]]] = []
        self.answer: Callable[[str, dict[str, str], bytes], tuple[int, dict[str, Any]]] = lambda *_: (200, {})
        self.headers: dict[str, str] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate / "server.pem", certificate / "server.key")
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Its address."""
        return f"https://localhost:{self._server.server_address[1]}"

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """The JSON bodies that came."""
        return [json.loads(body) for _, _, body in self.requests if body]

    def close(self) -> None:
        """Stop; from now on it refuses connections."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(vendor: Vendor) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            vendor.requests.append((self.path, headers, body))
            status, answer = vendor.script.pop(0) if vendor.script else vendor.answer(self.path, headers, body)
            raw = json.dumps(answer).encode()
            self.send_response(status)
            for name, value in vendor.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        do_GET = do_POST  # noqa: N815  # the name http.server calls

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # signature of the base class
            del format, args

    return Handler


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``ca.pem`` and a server's certificate for localhost signed by it."""
    folder = tmp_path_factory.mktemp("tls")
    new = ["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    (folder / "san").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    for command in (
        [*new, "-x509", "-days", "2", "-subj", "/CN=test CA", "-keyout", "ca.key", "-out", "ca.pem"],
        [*new, "-subj", "/CN=localhost", "-keyout", "server.key", "-out", "server.csr"],
        ["openssl", "x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
         "-days", "2", "-extfile", "san", "-out", "server.pem"],
    ):  # fmt: skip
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture
def open_vendor(certificate: Path) -> Iterator[Callable[[], Vendor]]:
    """Makes fake vendors."""
    opened: list[Vendor] = []

    def make() -> Vendor:
        opened.append(Vendor(certificate))
        return opened[-1]

    yield make
    for vendor in opened:
        vendor.close()


@pytest.fixture
def vendor(open_vendor: Callable[[], Vendor]) -> Vendor:
    """One fake vendor."""
    return open_vendor()


TEXT_ZH = "\n".join(
    (
        "【系统研判·红色】哈尔乌素电厂 动力煤 断供风险",
        "剩余：约 31 小时到最低库存（01-11 19:00），约 3.1 天用尽；热量可用 4.2 天（实物 4.4 天）",
        "把握：断供概率 3 天内 68%，14 天内 93%；八成情形在 22 小时至 2.5 天后",
        "原因：传导 大秦铁路 → 秦皇岛港 → 电厂。铁路减运 40%",
        "请办：核实电厂库存并报链长（01-10 15:00 前）",
        "预案：电厂保供",
    )
)
TEXT_EN = "[system proposal: red] Haerwusu plant: steam_coal runs short\nLeft: about 31 h\nDo: verify (by 01-10 15:00)"


@pytest.fixture
def make_letter() -> Callable[..., Letter]:
    """Letters about a red item."""

    def make(**changes: Any) -> Letter:
        stated: dict[str, Any] = {
            "notification_id": "note-0123456789abcdef", "lane": "live", "level": "red", "recipient": "张三", "address": "zhang@example.org",
            "text_zh": TEXT_ZH, "text_en": TEXT_EN, "created_at": NOON, "link": "https://lianjing.example.org/m/abc.def",
        }  # fmt: skip
        return Letter(**stated | changes)

    return make


@pytest.fixture
def make_notice() -> Callable[..., Notice]:
    """Notices about a red item to the role ``chief``."""

    def make(name: str = "note-1", **changes: Any) -> Notice:
        stated: dict[str, Any] = {
            "notification_id": name, "lane": "live", "channel": "person", "recipient": "链长 链长办", "role": "chief", "level": "red",
            "text_zh": TEXT_ZH, "text_en": TEXT_EN, "created_at": NOON, "queued_at": NOON,
        }  # fmt: skip
        return Notice(**stated | changes)

    return make
