"""POST /v1/files and POST /v1/cap."""

import asyncio
import re
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from services.intake.filing import Filing
from services.intake.routes.door import Door
from services.intake.routes.refusal import Refusal, answer
from services.intake.routes.submission import submit
from services.runtime.errors import ConfigurationError

_NAME = re.compile(r"[^/\\\x00-\x1f]{1,200}")


class Files:
    """Uploads of files and of CAP messages; the body is the file itself."""

    def __init__(self, door: Door, filing: Filing) -> None:
        self._door = door
        self._filing = filing

    async def post(self, request: Request) -> Response:
        """Take a file: ``?name=日报.xlsx`` (decides the kind), ``&mapping=…``, ``&lane=…``, ``&dry_run=1`` to send nothing and hear all faults."""
        provider = await self._door.provider(request)
        name = request.query_params.get("name", "")
        if not _NAME.fullmatch(name):
            raise Refusal(400, "bad_name", "请给出文件名 ?name=日报.csv", "give the file's name: ?name=report.csv")
        mapping, lane = request.query_params.get("mapping", ""), request.query_params.get("lane", "")
        body = await self._door.body(request, provider, self._filing.desk.limits.file_bytes, origin=f"file:{name}")
        read = partial(self._filing.read, name, body, provider.provider, mapping=mapping, lane=lane)
        try:
            if request.query_params.get("dry_run", "0") not in ("0", "", "false"):
                rehearse = partial(self._filing.rehearse, name, body, provider, provider.provider)
                return answer(200, await asyncio.to_thread(rehearse, mapping=mapping, lane=lane))
            return await submit(self._door, request, provider, body, read, kind="file")
        except ConfigurationError as error:
            zh, _, en = str(error).partition(" / ")
            raise Refusal(400, "bad_mapping", zh, en) from error

    async def post_cap(self, request: Request) -> Response:
        """Take one CAP 1.2 message; ``?lane=drill:<id>`` for exercises."""
        provider = await self._door.provider(request)
        lane = request.query_params.get("lane", "")
        body = await self._door.body(request, provider, self._filing.desk.limits.cap_bytes, origin="cap")
        read = partial(self._filing.read, "cap.xml", body, provider.provider, lane=lane)
        return await submit(self._door, request, provider, body, read, kind="cap")
