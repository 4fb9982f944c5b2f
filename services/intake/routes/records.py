"""POST /v1/records and GET /v1/records/{id}."""

import asyncio
import re

from starlette.requests import Request
from starlette.responses import Response

from schemas.feed import Feed
from schemas.provider import Provider
from schemas.topic import FEED_PARTITIONS, FEED_TOPICS
from services.intake.desk import told_of
from services.intake.json_records import read_json, read_lines
from services.intake.publisher import Publisher
from services.intake.routes.door import Door
from services.intake.routes.refusal import Refusal, answer
from services.intake.routes.rejections import find_rejection, unknown_record
from services.intake.routes.submission import submit
from services.intake.store import Store
from services.runtime.errors import UnreachableError

_LINES = {"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"}
_JSON = {"application/json", "text/json", ""}
_FORMS = {"application/x-www-form-urlencoded"}  # what curl --data says when nothing is said
_ID = re.compile(r"(production|logistics|price|hazard)-(\d{1,4})-(\d{1,18})-(\d{1,6})")


class Records:
    """Records in, and what became of each."""

    def __init__(self, door: Door, store: Store, publisher: Publisher) -> None:
        self._door = door
        self._store = store
        self._publisher = publisher

    async def post(self, request: Request) -> Response:
        """Accept one record, an array, columns or lines."""
        provider = await self._door.provider(request)
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in _LINES | _JSON | _FORMS:
            raise Refusal(
                415,
                "unsupported_type",
                f"不支持 Content-Type: {kind}；记录用 application/json 或 application/x-ndjson，文件用 POST /v1/files",
                f"Content-Type {kind} is not supported; records: application/json or application/x-ndjson, files: POST /v1/files",
            )
        body = await self._door.body(request, provider, self._door.desk.limits.json_bytes)
        read = read_lines if kind in _LINES else read_json
        return await submit(self._door, request, provider, body, lambda: read(body, "http"))

    async def get(self, request: Request) -> Response:
        """State of a record: stored, pending, or rejected and why. 404 unknown, 503 when the database is away."""
        provider = await self._door.provider(request)
        record_id = request.path_params["record_id"]
        if record_id.startswith("rej-"):
            return answer(200, await asyncio.to_thread(self._rejected, provider, record_id))
        match = _ID.fullmatch(record_id)
        if match is None or int(match[2]) >= FEED_PARTITIONS:
            raise unknown_record(record_id)
        topic = FEED_TOPICS[Feed(match[1])].name
        try:
            state = await asyncio.to_thread(self._state, record_id, topic, int(match[2]), int(match[3]))
        except UnreachableError as error:
            raise Refusal(
                503,
                "unknown_now",
                "数据库暂不可用，状态未知；记录已安全保存在消息服务中",
                "the database is away, the state is unknown now; the record is safe with the broker",
                reason=str(error),
            ).with_header("Retry-After", "10") from error
        return answer(200, state)

    def _rejected(self, provider: Provider, record_id: str) -> dict[str, object]:
        rejection = find_rejection(self._door.desk.ledger, self._store, record_id)
        if rejection is None or rejection[0].source != provider.provider:
            raise unknown_record(record_id)
        return {"id": record_id, "state": "rejected", "resent_as": rejection[1], "why": told_of(0, rejection[0])}

    def _state(self, record_id: str, topic: str, partition: int, offset: int) -> dict[str, object]:
        if offset >= self._publisher.end_of(topic, partition):
            raise unknown_record(record_id)
        if self._store.next_offset(topic, partition) <= offset:
            return {"id": record_id, "state": "pending"}
        kept = self._store.rejection_of(record_id)
        if kept is None:
            return {"id": record_id, "state": "stored"}
        return {"id": record_id, "state": "rejected", "resent_as": kept.resent_as, "why": told_of(0, kept.rejection)}
