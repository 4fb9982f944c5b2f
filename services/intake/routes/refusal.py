"""A request that is refused as a whole: status, code and words in both languages."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response


class Refusal(Exception):  # noqa: N818  # it is an answer, not an error of ours
    """Becomes the JSON answer ``{"error": code, "message_zh": …, "message_en": …}`` with its status and headers."""

    def __init__(self, status: int, code: str, zh: str, en: str, **extra: object) -> None:
        super().__init__(code)
        self.status = status
        self.body = {"error": code, "message_zh": zh, "message_en": en} | extra
        self.headers: dict[str, str] = {}

    def with_header(self, name: str, value: str) -> "Refusal":
        """The same with a header, such as Retry-After."""
        self.headers[name] = value
        return self


def answer(status: int, body: object, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer in UTF-8."""
    return Response(msgspec.json.encode(body) + b"\n", status, headers, "application/json; charset=utf-8")


async def refused(_request: Request, error: Exception) -> Response:
    """Starlette's handler for Refusal."""
    if not isinstance(error, Refusal):
        raise error
    return answer(error.status, error.body, error.headers)


def broker_away(why: str, ids: list[str | None] | None = None) -> Refusal:
    """503: nothing is lost; what is certain is named; the same request may be sent again."""
    extra: dict[str, object] = {"ids": ids} if ids is not None else {}
    return Refusal(
        503,
        "broker_away",
        "消息服务暂不可用，请原样重发，重复无害",
        "the broker did not acknowledge every record; send the same request again, repeats are harmless",
        reason=why,
        **extra,
    ).with_header("Retry-After", "5")
