"""``/m/{token}``: GET shows the message and a button, POST acknowledges. A GET never acts: mail scanners and previews fetch links."""

from collections.abc import Mapping
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from schemas.command import Command
from services.response.link import Claim, LinkError, read_token
from services.response.routes import page
from services.response.routes.desk import Desk
from services.response.wording import stamp
from services.runtime.errors import UnreachableError
from services.runtime.metrics import Meters

_MOST_BYTES = 2_000
_ASK = "请让值班员登记，或电话告知值班室。"
_ASK_EN = "Please have the duty officer record it, or telephone the duty room."


class Acknowledge:
    """The page of a link. ``names`` are persons by id."""

    def __init__(self, desk: Desk, key: bytes, names: Mapping[str, str], meters: Meters) -> None:
        self._desk = desk
        self._key = key
        self._names = names
        self._meters = meters

    async def get(self, request: Request) -> Response:
        """Show; nothing else."""
        try:
            claim = self._read(request)
        except LinkError as error:
            return self._no(error)
        standing = await run_in_threadpool(self._desk.shelf.look, claim.notification_id)
        self._count("shown")
        before = self._before(claim, standing)
        if before is not None:
            return _html(page.done(standing, *before, is_repeat=True))
        return _html(page.question(standing, reader=self._names.get(claim.person, ""), is_group=claim.is_group))

    async def post(self, request: Request) -> Response:
        """Acknowledge once."""
        try:
            claim = self._read(request)
        except LinkError as error:
            return self._no(error)
        body = await _body(request)
        standing = await run_in_threadpool(self._desk.shelf.look, claim.notification_id)
        before = self._before(claim, standing)
        if before is not None:
            self._count("repeated")
            return _html(page.done(standing, *before, is_repeat=True))
        name = _clean(body.get("name", "")) if claim.is_group else self._names.get(claim.person, claim.person)
        if "confirm" not in body or not name:
            hint = "请填写姓名 Please give your name" if claim.is_group else ""
            reader = self._names.get(claim.person, "")
            return _html(page.question(standing, reader=reader, is_group=claim.is_group, hint=hint), 422)
        return await self._act(claim, name, standing)

    async def _act(self, claim: Claim, name: str, standing: page.Standing | None) -> Response:
        now = self._desk.clock.now()
        command = Command(
            command_id=claim.command_id,
            lane=claim.lane,
            kind="message.acknowledge",
            actor=claim.person,
            reason="链接确认 by link",
            issued_at=now,
            arguments={"notification": claim.notification_id, "person": claim.person, "name": name},
        )
        try:
            await run_in_threadpool(self._desk.publish, command)
        except UnreachableError:
            self._count("failed")
            text = page.refusal("暂时无法记录", "Cannot be recorded just now", f"请稍后再点一次；急事{_ASK}", _ASK_EN)
            return _html(text, 503)
        self._count("acknowledged")
        return _html(page.done(standing, name, stamp(now), is_repeat=False))

    def _before(self, claim: Claim, standing: page.Standing | None) -> tuple[str, str] | None:
        """Who acknowledged before, and when."""
        if standing is not None and standing.acknowledged_by:
            return standing.acknowledged_by, standing.acknowledged_at
        command = self._desk.known(claim.command_id)
        return None if command is None else (command.arguments["name"], stamp(command.issued_at))

    def _read(self, request: Request) -> Claim:
        return read_token(self._key, request.path_params["token"], self._desk.clock.now())

    def _no(self, error: LinkError) -> Response:
        self._count("expired" if error.is_expired else "forged")
        if error.is_expired:
            return _html(page.refusal("链接已过期", "This link has expired", f"链接 72 小时有效。{_ASK}", _ASK_EN), 410)
        return _html(page.refusal("链接无效", "This link is not valid", f"链接不完整或被改动。{_ASK}", _ASK_EN), 403)

    def _count(self, outcome: str) -> None:
        self._meters.counter("lianjing_links_total", outcome).inc()


def _clean(text: str) -> str:
    return "".join(sign for sign in text if sign.isprintable()).strip()[:40]


async def _body(request: Request) -> dict[str, str]:
    raw = b""
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > _MOST_BYTES:
            return {}
    return {key: values[0] for key, values in parse_qs(raw.decode(errors="replace")).items()}


def _html(text: str, status: int = 200) -> Response:
    return HTMLResponse(text, status, headers=page.HEADERS)
