"""Shows a process to Prometheus and to its supervisor: ``/metrics`` and ``/healthz`` on one port."""

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from services.runtime.errors import UnreachableError
from services.runtime.metrics import Meters


class Exposure:
    """A small HTTP server in a thread. ``/healthz`` answers 200 when ``is_ready`` says so, else 503."""

    def __init__(self, host: str, port: int, meters: Meters, is_ready: Callable[[], bool]) -> None:
        handler = _handler(meters, is_ready)
        try:
            self._server = ThreadingHTTPServer((host, port), handler)
        except OSError as error:
            raise UnreachableError(f"port {port} on {host} cannot be opened for metrics: {error.strerror}") from error
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, name="exposure", daemon=True)

    @property
    def port(self) -> int:
        """The port it listens on (useful when 0 was asked for)."""
        return int(self._server.server_address[1])

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def close(self) -> None:
        """Stop answering and free the port."""
        self._server.shutdown()
        self._server.server_close()


def _handler(meters: Meters, is_ready: Callable[[], bool]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the name http.server calls
            if self.path == "/metrics":
                self._answer(200, CONTENT_TYPE_LATEST, generate_latest(meters.registry))
            elif self.path == "/healthz":
                ready = is_ready()
                self._answer(200 if ready else 503, "text/plain; charset=utf-8", b"ok\n" if ready else b"starting\n")
            else:
                self._answer(404, "text/plain; charset=utf-8", b"not found\n")

        def _answer(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # signature of the base class
            del format, args

    return Handler
