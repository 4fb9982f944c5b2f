"""GET /v1/rejections and POST /v1/rejections/{id}/resend: a provider reads its own rejections, corrects and resends them."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from schemas.rejection import Rejection
from services.intake.desk import told_of
from services.intake.json_records import Items, read_record
from services.intake.rejected import RejectionLedger
from services.intake.resending import resend_command
from services.intake.routes.door import Door
from services.intake.routes.refusal import Refusal, answer, broker_away
from services.intake.store import Store
from services.runtime.errors import UnreachableError

_MOST = 500


def unknown_record(record_id: str) -> Refusal:
    """404 for an id that is not known or not the provider's."""
    return Refusal(404, "unknown_id", f"没有编号 {record_id[:80]}", f"no record {record_id[:80]}", id=record_id[:80])


def find_rejection(ledger: RejectionLedger, store: Store, record_id: str) -> tuple[Rejection, str | None] | None:
    """A rejection and what replaced it: from the database, else from memory. None when unknown to both."""
    try:
        kept = store.rejection_of(record_id)
    except UnreachableError:
        kept = None
    if kept is not None:
        return kept.rejection, kept.resent_as
    remembered = ledger.get(record_id)
    return (remembered, None) if remembered is not None else None


class Rejections:
    """A provider's own rejections."""

    def __init__(self, door: Door, store: Store) -> None:
        self._door = door
        self._store = store

    async def get(self, request: Request) -> Response:
        """The newest rejections of the provider, newest first; ``limit`` at most 500. Without the database: those since the start and before."""
        provider = await self._door.provider(request)
        text = request.query_params.get("limit", "100")
        if not text.isdigit() or not 1 <= int(text) <= _MOST:
            raise Refusal(400, "bad_limit", f"limit 应为 1–{_MOST}", f"limit must be 1–{_MOST}", given=text[:40])
        found, is_complete = await asyncio.to_thread(self._newest, provider.provider, int(text))
        return answer(200, {"rejections": found, "complete": is_complete})

    async def resend(self, request: Request) -> Response:
        """Send a corrected record in place of a rejected one; an empty body sends the same record again (after a catalogue change)."""
        provider = await self._door.provider(request)
        record_id = request.path_params["record_id"]
        found = await asyncio.to_thread(find_rejection, self._door.desk.ledger, self._store, record_id)
        if found is None or found[0].source != provider.provider:
            raise unknown_record(record_id)
        rejection = found[0]
        body = await self._door.body(request, provider, self._door.desk.limits.json_bytes) or rejection.raw
        items: Items = read_record(body, f"resend:{rejection.rejection_id}")
        desk = self._door.desk
        try:
            outcome = await desk.handle_soon(desk.judge(provider, provider.provider), items)
            if outcome.accepted:
                actor = self._door.actor(request, provider)
                command = resend_command(rejection, outcome.ids[0], actor, desk.clock.now())
                await asyncio.wrap_future(desk.announce(command))
        except UnreachableError as error:
            raise broker_away(str(error)) from error
        return answer(200 if outcome.accepted else 422, outcome)

    def _newest(self, source: str, most: int) -> tuple[list[dict[str, object]], bool]:
        try:
            kept = [(k.rejection, k.resent_as) for k in self._store.rejections_of(source, most)]
            is_complete = True
        except UnreachableError:
            kept, is_complete = [], False
        stored = {r.rejection_id for r, _ in kept}
        fresh = [(r, None) for r in self._door.desk.ledger.of(source, most) if r.rejection_id not in stored]
        newest = sorted([*fresh, *kept], key=lambda pair: pair[0].known_at, reverse=True)[:most]
        return [_shown(r, resent_as) for r, resent_as in newest], is_complete


def _shown(rejection: Rejection, resent_as: str | None) -> dict[str, object]:
    return {
        "why": told_of(0, rejection),
        "lane": rejection.lane,
        "known_at": rejection.known_at,
        "raw": rejection.raw.decode("utf-8", "replace"),
        "resent_as": resent_as,
    }
