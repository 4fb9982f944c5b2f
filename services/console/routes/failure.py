"""What a visitor gets instead of an answer: a page that says why and what to do, or the same as JSON for programs."""

from collections.abc import Sequence
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from services.console.delivery import IntakeAwayError
from services.console.errors import RefusedError, SignInError
from services.console.orders import OrderLostError
from services.console.page import render
from services.console.routes.guard import API
from services.runtime.errors import InputError, UnreachableError
from services.runtime.logs import logger

_log = logger("console")
_WORDS = {
    400: ("请求有误", "The request is wrong"),
    401: ("请先登录", "Sign in first"),
    403: ("没有权限", "Not allowed"),
    404: ("找不到", "Not found"),
    405: ("不能这样访问", "Not possible here"),
    409: ("已被改动", "Changed meanwhile"),
    413: ("内容过大", "Too large"),
    422: ("填写有误", "Not filled in rightly"),
    429: ("请稍后再试", "Too many attempts"),
    500: ("程序出错", "Something went wrong"),
    503: ("暂时不可用", "Not available just now"),
}


def handle_failures(app: FastAPI) -> None:
    """Let each error become an answer."""
    app.add_exception_handler(RefusedError, _refused)
    app.add_exception_handler(UnreachableError, _unreachable)
    app.add_exception_handler(InputError, _senseless)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _plain)
    app.add_exception_handler(Exception, _unforeseen)


def failure(request: Request, status: int, zh: str, en: str, *, polls: bool = False) -> Response:
    """The refusal as a page, as a part of one, or as JSON. ``polls``: the page looks by itself whether it can be served again."""
    if request.url.path.startswith(API):
        headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
        return JSONResponse({"error": {"status": status, "zh": zh, "en": en}}, status, headers=headers)
    title_zh, title_en = _WORDS.get(status, _WORDS[400])
    template = "_failure.html" if request.headers.get("HX-Request") else "failure.html"
    values = {"status": status, "title_zh": title_zh, "title_en": title_en, "zh": zh, "en": en, "polls": polls}
    return HTMLResponse(render(request, template, **values), status)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, RefusedError)  # it is registered for this
    is_page = not request.url.path.startswith(API)
    if isinstance(error, SignInError) and is_page:
        if request.headers.get("HX-Request"):
            return Response(status_code=401, headers={"HX-Redirect": "/login"})
        back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        if request.method == "GET":
            return RedirectResponse(f"/login?next={quote(back[:400], safe='')}", 303)
    return failure(request, error.status, error.zh, error.en)


async def _unreachable(request: Request, error: Exception) -> Response:
    _log.warning("a part is away", path=request.url.path, why=str(error))
    if isinstance(error, OrderLostError):
        zh, en = (
            "消息总线没有回应，命令没有发出，请稍后再提交一次",
            "the broker did not answer: nothing was ordered, submit it again",
        )
        return failure(request, 503, zh, en)
    if isinstance(error, IntakeAwayError):
        zh, en = (
            "数据接入没有回应，是否已收下不能确定；请稍后原样再报，重复无害",
            "intake did not answer and may or may not have taken it: send the same again later, repeats are harmless",
        )
        return failure(request, 503, zh, en)
    zh, en = "数据库不可用，恢复后本页自动刷新", "the database is not available; this page comes back by itself"
    return failure(request, 503, zh, en, polls=request.method == "GET")


async def _senseless(request: Request, error: Exception) -> Response:
    zh, _, en = str(error).partition(" / ")
    return failure(request, 422, zh, en or zh)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # it is registered for this
    said = "; ".join(_finding(found.get("loc", ()), str(found.get("msg", ""))) for found in error.errors()[:5])
    return failure(request, 422, f"填写有误：{said}", f"not filled in rightly: {said}")


async def _plain(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # it is registered for this
    zh, en = _WORDS.get(error.status_code, _WORDS[400])
    return failure(request, error.status_code, zh, en)


async def _unforeseen(request: Request, error: Exception) -> Response:
    _log.error("a page failed", path=request.url.path, kind=type(error).__name__)
    return failure(
        request, 500, "程序出错，已记录；请告知管理员", "something went wrong and was logged; tell the administrator"
    )


def _finding(place: Sequence[object], message: str) -> str:
    return f"{'.'.join(str(step) for step in place[1:])}: {message}"
