"""``POST /v1/receipts/{channel}``: what became of a message, told by its gateway and signed as our messages to it are (docs/messages.md)."""

import hmac
from collections.abc import Mapping

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from schemas.command import Command
from schemas.lane import LIVE
from services.response.actions.webhook import FRESH_S, signature
from services.response.record import digest
from services.response.routes.desk import Desk
from services.runtime.errors import UnreachableError

EVENTS = ("delivered", "read", "answered", "unanswered", "failed")
_MOST_BYTES = 10_000


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """``id`` is that of the message or call; ``by`` who answered, ``reason`` why it failed."""

    id: str
    event: str
    by: str = ""
    reason: str = ""


class Receipts:
    """Receipts of gateways. ``secrets`` are those of the webhook channels by id; no other channel may send any."""

    def __init__(self, desk: Desk, secrets: Mapping[str, str]) -> None:
        self._desk = desk
        self._secrets = secrets

    async def post(self, request: Request) -> Response:
        """202 once the command stands in its topic; 401 for a wrong or old signature, 400 for a wrong body, 503 while the broker is away."""
        channel = request.path_params["channel"]
        body = await _body(request)
        if not self._is_genuine(channel, request, body):
            return _answer(401, "signature")
        try:
            receipt = msgspec.json.decode(body, type=Receipt)
        except msgspec.DecodeError as error:
            return _answer(400, str(error))
        if receipt.event not in EVENTS or not 1 <= len(receipt.id) <= 80:
            return _answer(400, f"event: one of {', '.join(EVENTS)}")
        try:
            await run_in_threadpool(self._desk.publish, self._command(channel, receipt))
        except UnreachableError:
            return _answer(503, "try again")
        return _answer(202, "")

    def _is_genuine(self, channel: str, request: Request, body: bytes) -> bool:
        secret, stamp = self._secrets.get(channel), request.headers.get("X-Lianjing-Timestamp", "")
        if not secret or not stamp.isascii() or not stamp.isdigit() or len(stamp) > 12:
            return False
        if abs(self._desk.clock.now().timestamp() - int(stamp)) > FRESH_S:
            return False
        given = request.headers.get("X-Lianjing-Signature", "")
        return hmac.compare_digest(given.encode(), signature(secret, stamp, body).encode())

    def _command(self, channel: str, receipt: Receipt) -> Command:
        return Command(
            command_id=digest("receipt", channel, receipt.id, receipt.event),
            lane=LIVE,
            kind="message.receipt",
            actor=f"@{channel}",
            reason=receipt.reason[:200],
            issued_at=self._desk.clock.now(),
            arguments={
                "notification": receipt.id,
                "event": receipt.event,
                "channel": channel,
                "name": receipt.by[:40],
            },
        )


async def _body(request: Request) -> bytes:
    raw = b""
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > _MOST_BYTES:
            return b""
    return raw


def _answer(status: int, reason: str) -> Response:
    return JSONResponse({"accepted": status == 202, **({"reason": reason} if reason else {})}, status)
