"""A webhook receiver behind Alertmanager that notes when each alert first came."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Key = tuple[str, str]


class Receiver:
    """Listens on a free port of this machine. ``arrived`` maps (node, product) to the monotonic time of its first firing red alert in a lane."""

    def __init__(self, lane: str = "live") -> None:
        self._lane = lane
        self.arrived: dict[Key, float] = {}
        self.calls = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, name="webhook", daemon=True).start()

    @property
    def url(self) -> str:
        """Where Alertmanager posts to."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/"

    def note(self, body: bytes, at: float) -> None:
        """Take one webhook call in."""
        self.calls += 1
        for alert in json.loads(body).get("alerts", []):
            labels = alert["labels"]
            if alert["status"] == "firing" and labels.get("level") == "red" and labels.get("lane") == self._lane:
                self.arrived.setdefault((labels.get("node", ""), labels.get("product", "")), at)

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the name http.server calls
            at = time.monotonic()
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()
            receiver.note(body, at)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # signature of the base class
            del format, args

    return Handler
