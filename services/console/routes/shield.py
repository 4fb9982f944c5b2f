"""What stands before every page: the headers that keep a browser safe, and the largest body taken."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
MOST_BYTES = 20 * 1024 * 1024


class _TooLargeError(Exception):
    pass


class Shield:
    """Adds the headers and refuses bodies beyond 20 MiB. Pure ASGI, so that streams pass through unbuffered."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(scope["path"], receive, send)
        try:
            await self._app(scope, exchange.receive, exchange.send)
        except _TooLargeError:
            if not exchange.is_refused:
                raise


class _Exchange:
    """One request and its answer. Once the body was found too large, what the application says is no longer listened to."""

    def __init__(self, path: str, receive: Receive, send: Send) -> None:
        self._path = path
        self._receive = receive
        self._send = send
        self._taken = 0
        self._has_begun = False
        self.is_refused = False

    async def send(self, message: Message) -> None:
        if self.is_refused:
            return
        if message["type"] == "http.response.start":
            self._has_begun = True
            _protect(MutableHeaders(scope=message), self._path)
        await self._send(message)

    async def receive(self) -> Message:
        message = await self._receive()
        self._taken += len(message.get("body", b""))
        if self._taken > MOST_BYTES:
            if not self._has_begun:
                await _refuse(self.send)
                self.is_refused = True
            raise _TooLargeError
        return message


def _protect(headers: MutableHeaders, path: str) -> None:
    for name, value in HEADERS.items():
        headers[name] = value
    if path.startswith("/static/"):
        headers["Cache-Control"] = "public, max-age=300"
    else:
        headers.setdefault("Cache-Control", "no-store")


async def _refuse(send: Send) -> None:
    body = "内容超过 20 MiB / the body is larger than 20 MiB\n".encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})
