"""All routes of response in one list, and the server that listens for them in a thread."""

import socket
import threading
from collections.abc import Mapping

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route

from services.response.routes.acknowledge import Acknowledge
from services.response.routes.desk import Desk
from services.response.routes.receipt import Receipts
from services.runtime.errors import UnreachableError
from services.runtime.metrics import Meters


def web_application(
    desk: Desk, key: bytes, names: Mapping[str, str], secrets: Mapping[str, str], meters: Meters
) -> Starlette:
    """The door as an ASGI application."""
    page, receipts = Acknowledge(desk, key, names, meters), Receipts(desk, secrets)
    return Starlette(
        routes=[
            Route("/m/{token}", page.get, methods=["GET"]),
            Route("/m/{token}", page.post, methods=["POST"]),
            Route("/v1/receipts/{channel}", receipts.post, methods=["POST"]),
        ]
    )


class Door:
    """Listens in a thread; a TLS proxy stands before it."""

    def __init__(self, application: Starlette, host: str, port: int) -> None:
        self._socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((host, port))
            self._socket.listen()  # from here on a caller waits instead of being refused
        except OSError as error:
            self._socket.close()
            raise UnreachableError(f"port {port} on {host} cannot be opened for links: {error.strerror}") from error
        config = uvicorn.Config(application, log_config=None, access_log=False, server_header=False, lifespan="off")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), name="door", daemon=True)

    @property
    def port(self) -> int:
        """The port it listens on (useful when 0 was asked for)."""
        return int(self._socket.getsockname()[1])

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def close(self) -> None:
        """Stop answering and free the port."""
        self._server.should_exit = True
        self._thread.join(5.0)
        self._socket.close()
