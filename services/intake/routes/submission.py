"""One submission over HTTP: the same steps for records, files and CAP messages."""

import asyncio
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from schemas.provider import Provider
from services.intake.desk import NotAcknowledgedError, Outcome
from services.intake.json_records import Items
from services.intake.receipts import OtherBodyError, digest_of_body
from services.intake.routes.door import Door
from services.intake.routes.refusal import Refusal, answer, broker_away
from services.runtime.errors import UnreachableError

_LARGE = 64 * 1024
_MAX_KEY = 200


async def submit(
    door: Door, request: Request, provider: Provider, body: bytes, read: Callable[[], Items], *, kind: str = "http"
) -> Response:
    """Stamp, judge, publish, answer: 200 all good, 207 some rejected, 422 all rejected, 409 key used for another body, 503 broker away."""
    key = request.headers.get("idempotency-key", "")
    if len(key) > _MAX_KEY:
        raise Refusal(
            400, "bad_key", f"幂等键至多 {_MAX_KEY} 字符", f"an idempotency key has at most {_MAX_KEY} characters"
        )
    desk = door.desk
    now = desk.clock.now()
    try:
        if key:
            known = desk.receipts.answer(provider.provider, key)
            digest = digest_of_body(request.url.path.encode(), request.url.query.encode(), body)
            receipt, is_new = desk.receipts.arrive(provider.provider, key, digest, now)
            if isinstance(known, Outcome):
                door.count(kind, "repeated")
                return _reply(known, {"Idempotency-Replayed": "true"})
            if is_new:
                await asyncio.wrap_future(desk.note_receipts([receipt]))
                desk.receipts.confirm(receipt)
            now = receipt.known_at
        items = await asyncio.to_thread(read) if len(body) > _LARGE else read()
        outcome = await desk.handle_soon(desk.judge(provider, provider.provider, now), items)
    except OtherBodyError as error:
        door.count(kind, "conflict")
        zh, _, en = str(error).partition(" / ")
        raise Refusal(409, "key_used", zh, en) from error
    except NotAcknowledgedError as error:
        door.count(kind, "unavailable")
        raise broker_away(str(error), error.ids) from error
    except UnreachableError as error:
        door.count(kind, "unavailable")
        raise broker_away(str(error)) from error
    if key:
        desk.receipts.remember_answer(provider.provider, key, outcome)
    door.count(kind, "accepted" if not outcome.rejected else "partly" if outcome.accepted else "rejected")
    return _reply(outcome)


def _reply(outcome: Outcome, headers: dict[str, str] | None = None) -> Response:
    status = 200 if not outcome.rejected else 207 if outcome.accepted else 422
    return answer(status, outcome, headers)
